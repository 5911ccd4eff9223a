"""The exports of a published release, written once more into a folder of one's own and held against its manifest."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.export.public import ExportBroken
from pipelines.export.write import Say, write_exports
from pipelines.home import Home
from pipelines.release.files import file_digest
from pipelines.release.store import Release


@dataclass(frozen=True)
class Written:
    """One file, by its path below the folder. `is_same`: the bytes that were published; None where none were."""

    path: str
    size: int
    is_same: bool | None

    @property
    def form(self) -> str:
        return self.path.partition("/")[0]


def export_again(home: Home, release: Release, to: Path, formats: Sequence[str], say: Say) -> list[Written]:
    """Write `formats` of `release` into the new or empty folder `to`, whole or not at all.

    Raises `ExportBroken` where `to` holds anything, lies within the releases.
    """
    to = to.resolve()
    if to.is_relative_to(home.releases.resolve()):
        raise ExportBroken(f"{to}: 发布版本不可更改 releases are never written to; name a folder elsewhere")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ExportBroken(f"{to}: 文件夹非空 not an empty folder; name a new one")
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{to.name}.", dir=to.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        write_exports(release.public_tables, made, release.content_hash, formats, say)
        written = [_held_against(release, made, path) for path in sorted(made.rglob("*")) if path.is_file()]
        made.rename(to)
    return written


def _held_against(release: Release, folder: Path, path: Path) -> Written:
    name = path.relative_to(folder).as_posix()
    published = release.manifest["files"].get(name)
    is_same = None if published is None else published["sha256"] == file_digest(path)
    return Written(name, path.stat().st_size, is_same)
