"""Writing so that it survives a power cut: bytes first, then the name, then the folder."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SYNCED_AT_ONCE = 16


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Flush one file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Flush every file below `folder`, then every folder, innermost first.

    Many at a time, so that the disk takes them together: a release has thousands of small pages.
    """
    walked = list(os.walk(folder, topdown=False))
    with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
        # `list`: an error of any of them is raised here, before a folder is flushed.
        list(pool.map(sync, (Path(directory) / name for directory, _, names in walked for name in names)))
    for directory, _, _ in walked:
        sync(Path(directory))


def write_file(path: Path, content: bytes) -> None:
    """Write `path` so that it is there whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)
    sync(path.parent)


def point(link: Path, target: str) -> None:
    """Make `link` a symlink to the relative `target`, by atomic rename: there is never no link."""
    part = link.with_name(f".{link.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    part.replace(link)
    sync(link.parent)
