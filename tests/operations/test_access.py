"""Internal is for owner and group, public for everybody: modes of a release, and a real stranger who tries."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.home import Home
from pipelines.release.access import PUBLIC
from pipelines.release.store import PUBLIC_FILE, clean_up
from tests.release.test_store import publish_one

NOBODY = 65534
NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)


def public_parts(folder: Path) -> None:
    for name in sorted(PUBLIC):
        if name == PUBLIC_FILE:
            duckdb.connect(str(folder / name)).close()
        elif "." in name:
            (folder / name).write_text(name)
        else:
            (folder / name / "deeper").mkdir(parents=True)
            (folder / name / "deeper" / "page.html").write_text(name)
    (folder / "internal" / "passports").mkdir(parents=True)
    (folder / "internal" / "passports" / "index.html").write_text("rows")
    (folder / "an_unknown_part.csv").write_text("nobody said that this is public")


@pytest.fixture
def home() -> Iterator[Home]:
    """Not below pytest's own folder, which keeps strangers out by itself."""
    folder = Path(tempfile.mkdtemp(prefix="fenghuang-access-"))
    folder.chmod(0o755)
    home = Home(folder)
    (home.inbox / "tax").mkdir(parents=True)
    (home.inbox / "tax" / "delivery.xlsx").write_text("rows")
    home.dagster.mkdir(parents=True)
    (home.dagster / "runs.db").write_text("sample rows of checks")
    clean_up(home)
    publish_one(home, "run1", at=NOW, parts=(lambda draft: public_parts(draft.folder),))
    yield home
    shutil.rmtree(folder)


def modes(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): f"{p.stat().st_mode & 0o7777:o}" for p in folder.rglob("*")}


def test_modes_of_a_release(home: Home) -> None:
    found = modes(home.current.resolve())
    for name, mode in found.items():
        path = home.current.resolve() / name
        is_public = name.split("/")[0] in PUBLIC
        assert mode == (("755" if is_public else "750") if path.is_dir() else ("444" if is_public else "440")), name
    for name in ("internal.duckdb", "manifest.json", "an_unknown_part.csv", "data_docs/index.html"):
        assert found[name] == "440"
    assert {name.split("/")[0] for name in found} > PUBLIC
    assert f"{home.current.resolve().stat().st_mode & 0o7777:o}" == "755"


def test_what_is_not_released_is_closed_to_others(home: Home) -> None:
    for folder in (home.raw, home.work, home.dagster):
        assert folder.stat().st_mode & 0o007 == 0, folder


def test_a_tighter_folder_stays_as_the_administrator_made_it(home: Home) -> None:
    home.raw.chmod(0o2770)
    clean_up(home)
    assert home.raw.stat().st_mode & 0o7777 == 0o2770


def test_a_stranger_reads_the_public_part_and_nothing_else(home: Home) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user to try")
    public = [home.current / "public.duckdb", home.current / "passports" / "deeper" / "page.html"]
    internal = [
        home.current / "internal.duckdb",
        home.current / "manifest.json",
        home.current / "internal" / "passports" / "index.html",
        home.current / "data_docs" / "index.html",
        home.inbox / "tax" / "delivery.xlsx",
        home.work / "run1" / "run.log",
        home.dagster / "runs.db",
    ]
    assert all(path.is_file() for path in (*public, *internal))

    def read(group: int) -> set[Path]:
        """Those of the files that a user of `group` can read."""
        done = {
            path: subprocess.run(["cat", str(path)], user=NOBODY, group=group, extra_groups=[], capture_output=True)
            for path in (*public, *internal)
        }
        assert all(run.returncode == 0 or b"Permission denied" in run.stderr for run in done.values())
        return {path for path, run in done.items() if run.returncode == 0}

    assert read(NOBODY) == set(public)
    assert read(os.getegid()) == {*public, *internal}, "analysts belong to the files' group"
