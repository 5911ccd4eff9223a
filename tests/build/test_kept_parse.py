"""What dbt parsed for one home serves every other of the same checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pipelines.build.dbt_project import PARTIAL_PARSE, WORK_FILE_VARIABLE, project_arguments, start_from_kept_parse

ALL_AGAIN = "Starting full parse"


def _parse(target: Path) -> str:
    """What dbt says of a parse as a night runs it: in the folder of its work file."""
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "parse", *project_arguments(target)],
        cwd=target.parent,
        env={**os.environ, WORK_FILE_VARIABLE: "build.duckdb"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_another_home_parses_only_what_changed(tmp_path: Path) -> None:
    first, second = (tmp_path / home / "target" for home in ("first", "second"))
    start_from_kept_parse(first, tmp_path / "not there yet.msgpack")
    assert ALL_AGAIN in _parse(first)
    start_from_kept_parse(second, first / PARTIAL_PARSE)
    assert ALL_AGAIN not in _parse(second)
