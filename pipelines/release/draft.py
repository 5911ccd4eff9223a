"""A release being put together, and what a part of it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name

from pipelines.home import Home
from pipelines.release.store import TABLES_FILE, Release


@dataclass(frozen=True)
class Draft:
    """`folder` holds `internal.duckdb` with its tables and whatever earlier parts wrote; `work_file` is the night's
    build, read only; `before` the release that readers are sent to now, None at the first.

    No part may write what depends on the clock, the run or the order of arrival: equal inputs give equal bytes.
    """

    home: Home
    folder: Path
    work_file: Path
    before: Release | None
    content_hash: str

    @property
    def tables(self) -> Path:
        return self.folder / TABLES_FILE


Write = Callable[[Draft], None]


@dataclass(frozen=True)
class Part:
    """A part of a release. `name`: its asset, below `release`; `writer`: the `Write` that adds it to a draft, as
    `module:function`; `about`: what it is; `makes`: what of the release's folder it writes, by first letters of its
    paths, nothing where it only adds to the tables; `reads`: the parts it is made from, the tables where there is none.
    """

    name: str
    writer: str
    about: str
    makes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    def write(self, draft: Draft) -> None:
        resolve_name(self.writer)(draft)
