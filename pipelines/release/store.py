"""Where releases lie: listing them, the pointer to the current one, the lock, and what earlier runs left over."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipelines.home import Home
from pipelines.release.access import close_to_others, set_release_modes
from pipelines.release.files import point, sync, sync_tree
from pipelines.retention import KEEP_RELEASES, KEEP_RUN_LOGS

MANIFEST = "manifest.json"
TABLES_FILE = "internal.duckdb"
PUBLIC_FILE = "public.duckdb"
RELEASE_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
VALUES = "marts.indicator_value"
# Between following the pointer and opening a file a reader holds nothing; DuckDB follows links before it opens.
GRACE_S = 10.0
RUN_LOG = "run.log"


@dataclass(frozen=True)
class Release:
    """One published release: its folder and what its manifest says."""

    release_id: str
    path: Path
    manifest: dict[str, Any]
    is_current: bool

    @property
    def tables(self) -> Path:
        return self.path / TABLES_FILE

    @property
    def public_tables(self) -> Path:
        """Raises `NoPublicPart` for a release from before there was one."""
        path = self.path / PUBLIC_FILE
        if not path.is_file():
            raise NoPublicPart(
                f"{self.release_id}: 没有公开部分 has no {PUBLIC_FILE}; run fenghuang nightly, or name another"
            )
        return path

    @property
    def content_hash(self) -> str:
        return str(self.manifest["content_hash"])

    @property
    def latest_period(self) -> str | None:
        period: str | None = self.manifest["latest_period"]
        return period

    @property
    def deliveries(self) -> int:
        """Files the release knows of, refused ones too."""
        return len(self.manifest["inputs"])

    @property
    def values(self) -> int:
        """Published indicator values."""
        return int(self.manifest["tables"][VALUES]["rows"])

    @property
    def checks(self) -> int:
        return len(self.manifest["checks"])


class NoPublicPart(Exception):
    """A release that holds nothing for the public; the message says what to do."""


class Busy(Exception):
    """Another nightly run holds the lock."""


def list_releases(home: Home) -> list[Release]:
    """Every whole release, newest first."""
    if not home.releases.is_dir():
        return []
    current = home.current.resolve() if home.current.is_symlink() else None
    folders = sorted((p for p in home.releases.iterdir() if RELEASE_ID.fullmatch(p.name)), reverse=True)
    found = []
    for folder in folders:
        # Without a manifest it is no release; one may be pruned while we look.
        with suppress(FileNotFoundError):
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            found.append(Release(folder.name, folder, manifest, folder.resolve() == current))
    return found


def current_release(home: Home) -> Release | None:
    """The release that readers are sent to, or None before the first."""
    return next((release for release in list_releases(home) if release.is_current), None)


def put_in_place(home: Home, assembled: Path, release_id: str) -> Path:
    """Turn an assembled folder into a release and point readers to it: two renames, each whole or not at all."""
    set_release_modes(assembled)
    sync_tree(assembled)
    release = assembled.rename(home.releases / release_id)
    sync(home.releases)
    point(home.current, f"{home.releases.name}/{release_id}")
    return release


class NoSuchRelease(Exception):
    """A release that is not there; the message names those that are."""


def find_release(home: Home, name: str) -> Release:
    """The release whose id begins with `name`. Raises `NoSuchRelease`, also where several do."""
    found = [release for release in list_releases(home) if release.release_id.startswith(name)]
    if len(found) != 1:
        listed = ", ".join(release.release_id for release in found or list_releases(home)) or "none yet"
        raise NoSuchRelease(f"{name}: 没有唯一的版本 no single release of this name; there are {listed}")
    return found[0]


def release_as_of(home: Home, last: str) -> Release:
    """The newest release published up to the end of the day `last` (`YYYYMMDD`, UTC). Raises `NoSuchRelease`."""
    known = list_releases(home)
    found = next((release for release in known if release.release_id[:8] <= last), None)
    if found is None:
        first = known[-1].release_id if known else "none yet"
        raise NoSuchRelease(f"{last}: 此日之前没有发布 nothing was published by then; the first release is {first}")
    return found


def roll_back(home: Home, name: str | None = None) -> Release:
    """Point readers to another release (`name`, or the one published before the current), by one atomic rename.

    Only for the holder of the lock. Raises `NoSuchRelease`.
    """
    if name is None:
        releases = list_releases(home)
        place = next((n for n, release in enumerate(releases) if release.is_current), len(releases))
        if place + 1 >= len(releases):
            raise NoSuchRelease("没有更早的版本 there is no release before the current one")
        target = releases[place + 1]
    else:
        target = find_release(home, name)
    point(home.current, f"{home.releases.name}/{target.release_id}")
    return find_release(home, target.release_id)


def prune(home: Home, keep: int = KEEP_RELEASES) -> list[str]:
    """Remove the oldest releases beyond `keep`, never the current one. A reader that has one open keeps it.

    Where the pointer has just moved, waits until whoever followed it before has opened what they found there.
    """
    doomed = [release for release in list_releases(home)[keep:] if not release.is_current]
    if doomed and home.current.is_symlink():
        time.sleep(max(0.0, home.current.lstat().st_mtime + GRACE_S - time.time()))
    for release in doomed:
        # The manifest goes first: a release half removed is no release.
        (release.path / MANIFEST).unlink()
        shutil.rmtree(release.path)
    return [release.release_id for release in doomed]


def clean_up(home: Home) -> None:
    """Remove what killed runs left: half-assembled releases, old work files; the newest logs stay.

    Only for the holder of the lock.
    """
    for folder in (home.releases, home.work):
        folder.mkdir(parents=True, exist_ok=True)
    close_to_others(home)
    for leftover in home.releases.iterdir():
        if not (leftover / MANIFEST).is_file() or not RELEASE_ID.fullmatch(leftover.name):
            shutil.rmtree(leftover)
    runs = sorted(
        (path for path in home.work.iterdir() if (path / RUN_LOG).is_file() and not path.is_symlink()),
        key=lambda path: (path / RUN_LOG).stat().st_mtime_ns,
        reverse=True,
    )
    for run in runs[KEEP_RUN_LOGS:]:
        shutil.rmtree(run)
    for run in runs[:KEEP_RUN_LOGS]:
        for heavy in (*run.glob("build.duckdb*"), run / "data_docs", run / "dbt_target"):
            if heavy.is_dir():
                shutil.rmtree(heavy)
            else:
                heavy.unlink(missing_ok=True)


@contextmanager
def nightly_lock(home: Home, wait_s: float, say: Callable[[str], None]) -> Iterator[None]:
    """One nightly run a home. Waits up to `wait_s` seconds and says so; raises `Busy` after that.

    The operating system frees the lock of a killed run.
    """
    home.warehouse.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.warehouse / "nightly.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        bound = f"{wait_s:.0f}"
        say(f"另一个夜间任务正在运行，最多等待 {bound} 秒 · another nightly run is busy, waiting up to {bound} s")
        try:
            lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise Busy(
                f"等了 {bound} 秒，另一个夜间任务仍在运行；请稍后再试 · "
                f"another nightly run was still busy after {bound} s; try again later"
            ) from error
    try:
        yield
    finally:
        lock.release()
