"""A release being put together, and what a part of it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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
    """What `write` adds to a draft. `name`: its asset, below `release`; `about`: what it is; `makes`: what of the
    release's folder it writes, nothing where it only adds to the tables; `reads`: the parts it is made from, the tables
    where there is none."""

    name: str
    write: Write
    about: str
    makes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
