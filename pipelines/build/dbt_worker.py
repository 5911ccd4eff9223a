"""`python -m pipelines.build.dbt_worker TARGET CACHE ENGINE`: the one dbt invocation of a night, in its own process.

Importing dbt and reading its project take seconds, so the process starts while intake runs and waits, project
parsed, for the word `go` on stdin; then dbt builds models and seeds, and their data tests run on the finished file:
where ENGINE is `spark`, what was built there is fetched into it first.
Events go to stdout as JSON, artifacts to the folder TARGET. What was parsed is kept in the file CACHE, so that the next
night, of whichever county, parses only what changed.

Exit codes: 0 built, 1 something failed, 2 dbt itself failed.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipelines.build.dbt_project import (
    PARTIAL_PARSE,
    WITHOUT_TESTS,
    WORK_FILE_VARIABLE,
    Engine,
    parsed_manifest,
    project_arguments,
    start_from_kept_parse,
)
from pipelines.build.parent import lines_from_parent
from pipelines.memory import collect_seldom


def main(target: Path, cache: Path, engine: Engine) -> int:
    told = lines_from_parent()
    collect_seldom()
    from dbt.cli.main import dbtRunner

    from pipelines import forecast

    arguments = [*project_arguments(target), "--target", engine, "--log-format", "json"]
    start_from_kept_parse(target, cache)
    work_file = Path(os.environ[WORK_FILE_VARIABLE])
    os.chdir(work_file.parent)
    os.environ[WORK_FILE_VARIABLE] = work_file.name
    if engine == Engine.SPARK:
        from pipelines.spark import adapter

        adapter.install()
    parsed = dbtRunner().invoke(["parse", "--quiet", "--no-write-json", *arguments])
    if not parsed.success:
        return 2 if parsed.exception else 1
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_name(f".parse-{os.getpid()}")
    shutil.copyfile(target / PARTIAL_PARSE, part)
    part.replace(cache)

    forecast.load()
    if told() != b"go":
        return 2
    built = dbtRunner(manifest=parsed.result).invoke([*WITHOUT_TESTS, *arguments])  # type: ignore[arg-type]
    if built.exception:
        print(built.exception, file=sys.stderr)
        return 2
    compiled = _nodes(parsed_manifest())
    if engine == Engine.SPARK:
        adapter.fetch_built(target, compiled)
    return 0 if _tested(target, compiled, engine) and built.success else 1


def _tested(target: Path, compiled: Mapping[str, Mapping[str, Any]], engine: Engine) -> bool:
    """Run the data tests, as many as can; did none fail?"""
    from pipelines.build.data_tests import run_data_tests

    nodes = _nodes(target / "manifest.json")
    open_file = _finished_file if engine == Engine.DUCKDB else _fetched_file
    with open_file() as connection:
        return run_data_tests(nodes, compiled, connection, target, partial(print, flush=True))


def _nodes(manifest: Path) -> Mapping[str, Mapping[str, Any]]:
    nodes: Mapping[str, Mapping[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    return nodes


def _finished_file() -> duckdb.DuckDBPyConnection:
    """What dbt built, for reading, with the settings of its profile."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import get_adapter_by_type

    profile = get_adapter_by_type("duckdb").config.credentials
    # dbt may still hold the file for writing.
    DuckDBConnectionManager.close_all_connections()
    connection = duckdb.connect(profile.path, read_only=True, config=profile.config_options)
    for name, value in profile.settings.items():
        connection.execute(f"set {name} = '{value}'")  # the profile's; SET takes no parameters
    return connection


def _fetched_file() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(os.environ[WORK_FILE_VARIABLE], read_only=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), Engine(sys.argv[3])))
