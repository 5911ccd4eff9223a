"""A release computed once more: the deliveries it was made from, from the archive's bytes to its tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence, Set
from datetime import datetime
from pathlib import Path

from pipelines.build import work_file
from pipelines.build.dbt_project import WITHOUT_TESTS, WORK_FILE_VARIABLE, project_arguments, start_from_kept_parse
from pipelines.gate.suites import load_suites
from pipelines.home import Home
from pipelines.intake.archive import Arrival
from pipelines.intake.run import Delivery, known_deliveries
from pipelines.release.inputs import Input, deliveries_of
from pipelines.release.store import TABLES_FILE, Release
from pipelines.release.tables import copy_tables


class DbtFailed(Exception):
    """dbt did not build; the message is its own."""


def _input(arrival: Arrival) -> Input:
    received_s = int(datetime.fromisoformat(arrival.received_at).timestamp())
    return Input(arrival.source, arrival.file_name, arrival.sha256, received_s)


def rebuild(home: Home, release: Release, folder: Path, say: Callable[[str], None]) -> Path:
    """The tables of `release` made again in `folder`, by the code and the plan in force; see `build_from`.

    Nothing that was made of a delivery before is believed: every file is parsed and judged anew. `folder` keeps the
    work file too (`build.duckdb`).
    """
    return build_from(
        _from_bytes(home, folder), {delivery.input for delivery in deliveries_of(release.tables)}, folder, say
    )


def deliveries_from(home: Home, inputs: Set[Input]) -> list[Delivery]:
    """What became of `inputs` as if nothing else had ever arrived. Raises `FileNotFoundError` where one never did."""
    arrived: set[Input] = set()

    def wanted(arrival: Arrival) -> bool:
        this = _input(arrival)
        arrived.add(this)
        return this in inputs

    deliveries = known_deliveries(home, wanted)
    if gone := sorted(inputs - arrived):
        raise FileNotFoundError(f"存档缺少 the archive lacks {len(gone)} deliveries, the first {gone[0]}")
    return deliveries


def build_from(
    home: Home, inputs: Set[Input], folder: Path, say: Callable[[str], None], marts: Sequence[str] = ()
) -> Path:
    """The tables that `inputs` give by the code and the plan in force, made in `folder` as a DuckDB file like the
    released one, without check results; of the marts only `marts`, where given.

    Raises `DbtFailed`; `FileNotFoundError` where the archive lacks bytes of `inputs`.
    """
    say("重读存档 reading the archive")
    path = work_file.create(deliveries_from(home, inputs), folder)
    (folder / TABLES_FILE).unlink(missing_ok=True)
    say("重新构建 building again")
    only = ["--select", *(f"+{mart}" for mart in marts)] if marts else []
    target = (folder / "target").resolve()
    start_from_kept_parse(target)
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--quiet", *WITHOUT_TESTS, *only, *project_arguments(target)],
        cwd=path.parent,
        env={**os.environ, WORK_FILE_VARIABLE: path.name},
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
