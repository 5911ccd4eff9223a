"""A second home on another disk: what cannot be made again, copied while nights go on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.home import Home
from pipelines.release.access import close_to_others
from pipelines.release.files import point, sync, sync_tree
from pipelines.release.store import MANIFEST, list_releases

Say = Callable[[str], None]


class CannotRestore(Exception):
    """The message says what stands in the way."""


@dataclass(frozen=True)
class Copied:
    """`releases` and `files` were copied now; `current`: the release that the copy points to, None before the first."""

    releases: int
    files: int
    current: str | None


def back_up(home: Home, to: Home, say: Say) -> Copied:
    """Bring `to` up to date: releases, arrival records, the bytes of deliveries, and last the pointer.

    Takes no lock, nights may go on: should the release that is current be pruned before it is copied, the copy points
    to the newest that was. Each thing is copied before what it stands on (nothing in an archive is ever removed or
    rewritten), so a copy that ends well holds every delivery of its releases; one that is killed still points to the
    release before. What is there already is not copied again; what the home has pruned stays in the copy.
    """
    to.releases.mkdir(parents=True, exist_ok=True)
    copied, current = _copy_releases(home, to, say)
    files = 0
    # Arrival records are written after the bytes they name: copied before them.
    for folder in ("deliveries", "objects"):
        files += _copy_missing(home.archive / folder, to.archive / folder, say)
    to.raw.mkdir(exist_ok=True, parents=True)
    close_to_others(to)
    if current is not None:
        point(to.current, f"{to.releases.name}/{current}")
    return Copied(copied, files, current or _pointed_to(to))


def restore(copy: Home, home: Home, say: Say) -> Copied:
    """The copy's archive, releases and pointer into an empty `home`. Raises `CannotRestore`."""
    if not list_releases(copy) and not copy.archive.is_dir():
        raise CannotRestore(f"{copy.root}: 不是备份 no back-up of an installation: neither releases nor an archive")
    for folder in (home.archive, home.releases):
        if folder.is_dir() and any(folder.iterdir()):
            raise CannotRestore(f"{folder}: 非空 not empty; set FENGHUANG_HOME to an empty folder and restore there")
    return back_up(copy, home, say)


def _copy_releases(home: Home, to: Home, say: Say) -> tuple[int, str | None]:
    """How many were copied, and which the copy is to point to; begins with what is wanted most and pruned last."""
    copied = 0
    while True:
        current = _pointed_to(home)
        newest_first = (release.release_id for release in list_releases(home))
        names = sorted(newest_first, key=lambda name: name != current)
        for done, name in enumerate(names, start=1):
            say(f"版本 release {done}/{len(names)}")
            copied += _copy_release(home.releases / name, to.releases / name)
        if current is None or not names:
            return copied, None
        # Every one may have been pruned meanwhile; there are others then.
        if there := next((name for name in names if (to.releases / name / MANIFEST).is_file()), None):
            return copied, there


def _pointed_to(home: Home) -> str | None:
    return home.current.resolve().name if home.current.is_symlink() else None


def _copy_release(source: Path, target: Path) -> bool:
    """Whole or not at all; False where it is there already, or was pruned while it was copied."""
    if target.is_dir():
        return False
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(source, part)
        # Pruning takes the manifest first: while it is there, nothing had gone.
        whole = (source / MANIFEST).is_file()
    except (FileNotFoundError, shutil.Error):
        if (source / MANIFEST).is_file():
            raise
        whole = False
    if not whole:
        shutil.rmtree(part, ignore_errors=True)
        return False
    sync_tree(part)
    part.rename(target)
    sync(target.parent)
    return True


def _copy_missing(source: Path, target: Path, say: Say) -> int:
    """Files of `source` that `target` lacks; each appears under its name when it is whole."""
    copied = 0
    for path in _files(source):
        goal = target / path.relative_to(source)
        if goal.exists():
            continue
        goal.parent.mkdir(parents=True, exist_ok=True)
        part = goal.with_name(f".{goal.name}.part")
        shutil.copy2(path, part)
        sync(part)
        part.replace(goal)
        copied += 1
        say(f"{source.name}: {copied}")
    for folder in sorted({p.parent for p in _files(target)}) if copied else ():
        sync(folder)
    return copied


def _files(folder: Path) -> Iterable[Path]:
    """Whole files below `folder`; what is still being written begins with a dot."""
    for directory, _, names in os.walk(folder):
        yield from (Path(directory) / name for name in sorted(names) if not name.startswith("."))
