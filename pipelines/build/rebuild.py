"""A release computed once more: the deliveries it names, from the archive's bytes to its tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pipelines.build import work_file
from pipelines.build.dbt_project import WORK_FILE_VARIABLE, project_arguments
from pipelines.gate.suites import load_suites
from pipelines.home import Home
from pipelines.intake.run import known_deliveries
from pipelines.release.store import TABLES_FILE, Release
from pipelines.release.tables import copy_tables

# Checks say nothing about what the tables hold.
WITHOUT_TESTS = ("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


class DbtFailed(Exception):
    """dbt did not build; the message is its own."""


def rebuild(home: Home, release: Release, folder: Path, say: Callable[[str], None]) -> Path:
    """The tables of `release` made again in `folder`, as a DuckDB file like the released one, without check results.

    Nothing that was made of a delivery before is believed: every file is parsed and judged anew. `folder` keeps the
    work file too (`build.duckdb`). Raises `DbtFailed`; `FileNotFoundError` where the archive lacks bytes that the
    release was made from.
    """
    named = {(i["source"], i["file_name"], i["sha256"]) for i in release.manifest["inputs"]}
    say("重读存档 reading the archive")
    deliveries = known_deliveries(_from_bytes(home, folder), lambda a: (a.source, a.file_name, a.sha256) in named)
    if gone := sorted(named - {(d.source, d.file_name, d.sha256) for d in deliveries}):
        raise FileNotFoundError(f"存档缺少 the archive lacks {len(gone)} deliveries, the first {gone[0]}")
    path = work_file.create(deliveries, folder)
    say("重新构建 building again")
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--quiet", *WITHOUT_TESTS, *project_arguments(folder / "target")],
        env={**os.environ, WORK_FILE_VARIABLE: str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DbtFailed((done.stdout + done.stderr).strip())
    say("比较 comparing")
    copy_tables(path, folder / TABLES_FILE, {suite.table: suite.key for suite in load_suites()}, [])
    return folder / TABLES_FILE


def _from_bytes(home: Home, folder: Path) -> Home:
    """A home whose archive holds the bytes and arrivals of `home`, and nothing that was made of them."""
    bare = Home(folder / "bare")
    bare.archive.mkdir(parents=True)
    for kept in ("objects", "deliveries"):
        (bare.archive / kept).symlink_to((home.archive / kept).resolve())
    return bare
