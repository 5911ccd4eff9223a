"""`python -m tests.bench.stages STAGE HOME`: one stage, or the floor it is held against, on the folder HOME.

The last line on stdout is a JSON object: what the stage did. The stages of a night work as `pipelines.nightly` makes
them work; a floor reads or computes the same with as little as possible around it.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import Any

from pipelines.home import CHECKOUT, Home

Answer = dict[str, Any]
FIGURES = (
    "value",
    "numerator",
    "denominator",
    "coverage",
    "coverage_weighted",
    "estimated_share",
    "rolling12_value",
    "n_enterprises",
)


def _run_folder(home: Home) -> Path:
    """One path for every build: dbt reads its whole project again when the path of the database changes."""
    return home.work / "now"


def _built(home: Home) -> Path:
    return _run_folder(home) / "build.duckdb"


def _raw(home: Home) -> Path:
    """A work file with `raw` and `audit` only, copied before every build."""
    return home.work / "raw.duckdb"


# ------------------------------------------------------------------------------------------------ stages of a night


def intake(home: Home) -> Answer:
    from pipelines.intake.run import take_in

    report = take_in(home)
    if report.failures:
        raise RuntimeError("\n".join(report.failures))
    home.work.mkdir(parents=True, exist_ok=True)
    (home.work / "deliveries.pickle").write_bytes(pickle.dumps(report.deliveries))
    rows = sum(d.rows_read or 0 for d in report.deliveries)
    return {"files": len(report.deliveries), "parsed": report.parsed, "rows": rows}


def work_file(home: Home) -> Answer:
    from pipelines.build.work_file import create

    deliveries = pickle.loads((home.work / "deliveries.pickle").read_bytes())
    shutil.move(create(deliveries, _run_folder(home)), _raw(home))
    return {"mb": _raw(home).stat().st_size / 1e6}


def build(home: Home) -> Answer:
    """dbt as the nightly job runs it: the worker of its own, the project parsed on an earlier night."""
    from pipelines.build.dbt_project import PARTIAL_PARSE
    from pipelines.build.dbt_runner import DbtProcess, read_outcome
    from pipelines.gate.model import problems

    work_file(home)
    shutil.copyfile(_raw(home), _built(home))
    target, cache = home.work / "build_target", home.work / "dbt_cache.msgpack"
    shutil.copyfile(home.work / "dbt_target" / PARTIAL_PARSE, cache)
    with closing(DbtProcess(_built(home), target, cache, home.work / "build.log")) as dbt:
        stdout = dbt.go().stdout
        assert stdout is not None
        for _ in stdout:
            pass
        code = dbt.process.wait()
    outcome = read_outcome(target, _built(home))
    found = [problem.headline() for problem in problems(outcome.expected, outcome.results)]
    if code or outcome.broken or outcome.unbuilt or found:
        raise RuntimeError(f"dbt exit code {code}: {outcome.broken} {outcome.unbuilt} {found[:5]}")
    return {"dbt_tests": len(outcome.results)}


def gate(home: Home) -> Answer:
    from pipelines.gate.model import write_results
    from pipelines.gate.process import GateWorker

    docs = home.work / "data_docs"
    with closing(GateWorker(home.work / "gate.log")) as worker:
        results = worker.check(_built(home), docs)
        worker.wait_for_docs()
    write_results(home.work / "checks.json", results)
    return {"checks": len(results), "failed": [r.name for r in results if not r.passed]}


def publish(home: Home) -> Answer:
    from pipelines.gate.model import read_results
    from pipelines.gate.suites import load_suites
    from pipelines.release.publish import publish as publish_release

    keys = {suite.table: suite.key for suite in load_suites()}
    checks = read_results(home.work / "checks.json")
    release = publish_release(home, _built(home), home.work / "data_docs", keys, checks, "bench")
    return {"values": release.values}


def nightly(home: Home) -> Answer:
    from pipelines.nightly import render, run_nightly

    result = run_nightly(home)
    # A gate that stays shut ends the night later than anything else but the release: still worth its figures.
    if not result.ok and result.stage != "gate":
        raise RuntimeError(render(result))
    return {"refused": "" if result.ok else f"{result.stage}: {result.headline}"}


# ----------------------------------------------------------------------------------------------------------- floors


def readers(home: Home) -> Answer:
    """Every file of the inbox through the bare reader of its kind: calamine, Polars, sqlite3. Nothing is checked."""
    import sqlite3

    import fastexcel
    import polars as pl

    def read(path: Path) -> None:
        if path.suffix == ".xlsx":
            book = fastexcel.read_excel(path)
            book.load_sheet(0, header_row=None, skip_rows=0, dtypes="string").to_arrow()
        elif path.suffix == ".csv":
            encoding = "gb18030" if path.parent.name in ("industry", "rd") else "utf-8"
            pl.read_csv(path, infer_schema=False, encoding=encoding)
        elif path.suffix == ".jsonl":
            pl.read_ndjson(path, infer_schema_length=None)
        else:
            with closing(sqlite3.connect(path)) as connection:
                for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
                    connection.execute(f'select * from "{table}"').fetchall()

    unreadable = 0
    for path in sorted(path for path in home.inbox.rglob("*") if path.is_file()):
        try:
            read(path)
        except (fastexcel.FastExcelError, pl.exceptions.PolarsError, UnicodeError):
            # Some deliveries of the demo county are spoiled on purpose.
            unreadable += 1
    return {"unreadable": unreadable}


def dbt_alone(home: Home) -> Answer:
    """`dbt build` of what a night builds, nothing else. What it parsed the time before is there the second time."""
    from pipelines.build.dbt_project import NIGHTLY_BUILD, WORK_FILE_VARIABLE, project_arguments

    _run_folder(home).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_raw(home), _built(home))
    os.environ[WORK_FILE_VARIABLE] = str(_built(home))
    from dbt.cli.main import dbtRunner

    with redirect_stdout(sys.stderr):
        done = dbtRunner().invoke([*NIGHTLY_BUILD, *project_arguments(home.work / "dbt_target")])
    if not done.success:
        raise RuntimeError(f"dbt build failed: {done.exception or 'see the log'}")
    return {}


def handwritten(home: Home) -> Answer:
    """The same two marts by one SQL script (`handwritten.sql`), with the settings of the dbt profile."""
    import duckdb

    path = home.work / "handwritten.duckdb"
    shutil.copyfile(_raw(home), path)
    script = Path(__file__).with_name("handwritten.sql").read_text(encoding="utf-8")
    with duckdb.connect(str(path), config={"temp_directory": f"{path}.tmp"}) as connection:
        connection.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
        connection.execute("set variable seeds = $1", [str(CHECKOUT / "dbt_project" / "seeds")])
        connection.execute(script)
    return {}


def compare(home: Home) -> Answer:
    """The hand-written answer against dbt's: rows that differ in key, in a null, or by more than 1e-9 in a figure."""
    import duckdb

    same = " and ".join(
        f"(h.{c} is null) = (d.{c} is null) and coalesce(abs(h.{c} - d.{c}) <= 1e-9 * greatest(1, abs(d.{c})), true)"
        for c in FIGURES
    )
    with duckdb.connect(str(home.work / "handwritten.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{_built(home)}' as dbt (read_only)")
        rows, alike = connection.execute(f"""
            select count(*), count(*) filter (where h.indicator_id = d.indicator_id and {same})
            from by_hand.indicator_value as h
            full join (
                select * from dbt.marts.indicator_value
                where indicator_id in (select indicator_id from by_hand.indicator_value)
            ) as d using (indicator_id, period, breakdown, breakdown_code)
        """).fetchall()[0]
        missing = connection.execute("""
            select distinct indicator_id from dbt.marts.indicator_value
            anti join by_hand.indicator_value using (indicator_id) order by indicator_id
        """).fetchall()
        by_hand, by_dbt = connection.execute(
            "select (select count(*) from by_hand.enterprise_month), (select count(*) from dbt.marts.enterprise_month)"
        ).fetchall()[0]
    return {
        "rows": rows,
        "different": rows - alike,
        "not_by_hand": [indicator for (indicator,) in missing],
        "months_by_hand": by_hand,
        "months_by_dbt": by_dbt,
    }


STAGES: dict[str, Callable[[Home], Answer]] = {
    stage.__name__: stage
    for stage in (intake, readers, work_file, dbt_alone, build, handwritten, compare, gate, publish, nightly)
}

if __name__ == "__main__":
    print(json.dumps(STAGES[sys.argv[1]](Home(Path(sys.argv[2])))))
