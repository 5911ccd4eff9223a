"""`python -m tests.bench.stages STAGE HOME`: one stage, or the floor it is held against, on the folder HOME.

The last line on stdout is a JSON object: what the stage did, or `not_run` and why. The stages of a night work as
`pipelines.nightly` makes them work; a floor reads or computes the same with as little as possible around it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import Any

from pipelines.home import CHECKOUT, Home
from tests.bench.measure import cpu_seconds

Answer = dict[str, Any]
READERS = 50
SLOWEST = 10
# Characters of a Spark log that are shown where its night failed.
SPARK_LOG = 4000
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
    return {"dbt_tests": len(outcome.results), **_slowest(target)}


def _slowest(target: Path) -> Answer:
    """Seconds by kind of node, as dbt counts them, and the models that took most of them."""
    ran = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    kinds: dict[str, float] = {}
    models: dict[str, float] = {}
    for result in ran:
        kind, name = result["unique_id"].split(".")[0], result["unique_id"].split(".")[2]
        kinds[kind] = kinds.get(kind, 0.0) + result["execution_time"]
        if kind == "model":
            models[name] = result["execution_time"]
    most = sorted(models, key=lambda name: -models[name])[:SLOWEST]
    return {"nodes_s": kinds, "slowest_models": {name: models[name] for name in most}}


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
    """The release with all its parts; `parts`: seconds of each, of the tables before them, and of what comes after."""
    from pipelines.gate.model import read_results
    from pipelines.gate.suites import load_suites
    from pipelines.release.parts import PARTS
    from pipelines.release.publish import publish as publish_release

    keys = {suite.table: suite.key for suite in load_suites()}
    checks = read_results(home.work / "checks.json")
    ended: dict[str, float] = {}

    def timed(part: Any) -> Callable[[Any], None]:
        def write(draft: Any) -> None:
            ended.setdefault("tables", time.perf_counter())
            part.write(draft)
            ended[part.name] = time.perf_counter()

        return write

    at = time.perf_counter()
    parts = [timed(part) for part in PARTS]
    release = publish_release(home, _built(home), home.work / "data_docs", keys, checks, "bench", parts=parts)
    ended["digests, manifest"] = time.perf_counter()
    seconds = {}
    for name, when in ended.items():
        seconds[name], at = when - at, when
    return {"values": release.values, "parts": seconds}


def nightly(home: Home) -> Answer:
    """A whole night, as the command runs it."""
    from pipelines.nightly import render, run_nightly

    result = run_nightly(home)
    # A gate that stays shut ends the night later than anything else but the release: still worth its figures.
    if not result.ok and result.stage != "gate":
        raise RuntimeError(render(result))
    return {"refused": "" if result.ok else f"{result.stage}: {result.headline}"}


def nightly_spark(home: Home) -> Answer:
    """A whole night that builds on Spark, on the loopback cluster that is started for it and stopped after it."""
    return _nightly_spark(home, {})


def nightly_spark_local(home: Home) -> Answer:
    """The same on a Thrift server that computes within itself, with the memory of a whole cluster."""
    return _nightly_spark(home, {"spark.master": "local[*]", "spark.driver.memory": "3g"})


def _nightly_spark(home: Home, settings: dict[str, str]) -> Answer:
    if reason := _no_spark():
        return {"not_run": reason}
    from pipelines.spark import cluster

    cluster.start(home.spark, lambda message: print(message, file=sys.stderr), settings)
    try:
        began = time.perf_counter()
        _fenghuang("nightly", "--engine", "spark")
        return {"night_s": time.perf_counter() - began, "spark_cpu_s": cpu_seconds(os.getpid())}
    except RuntimeError:
        print((home.spark / "logs" / "thrift.log").read_text(encoding="utf-8")[-SPARK_LOG:], file=sys.stderr)
        raise
    finally:
        cluster.stop(home.spark)


def _no_spark() -> str:
    """Why nothing can be built on Spark here; empty where it can."""
    if importlib.util.find_spec("pipelines.spark") is None:
        return "this state of the code does not know Spark"
    from pipelines.spark.cluster import missing

    return missing() or ""


def _fenghuang(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "pipelines.cli", *arguments], stdout=sys.stderr, check=False)
    if done.returncode:
        raise RuntimeError(f"fenghuang {' '.join(arguments)} ended with exit code {done.returncode}")


# --------------------------------------------------------------------------------------------------------- readers


def scoreboard(home: Home) -> Answer:
    """`fenghuang scoreboard` in a new process, which is what a leader waits for."""
    from pipelines.cli import app

    with redirect_stdout(sys.stderr):
        app(["scoreboard"], standalone_mode=False)
    return {}


def one_reader(home: Home) -> Answer:
    return _readers(home, 1)


def many_readers(home: Home) -> Answer:
    return _readers(home, READERS)


def _readers(home: Home, readers: int) -> Answer:
    from pipelines.release.store import TABLES_FILE
    from tests.bench.readers import ask_together, summary

    began = time.perf_counter()
    seconds = ask_together(home.current.resolve() / TABLES_FILE, readers)
    asked = sum(len(own) for own in seconds.values())
    return {"readers": readers, "queries": summary(seconds), "per_second": asked / (time.perf_counter() - began)}


# ----------------------------------------------------------------------------------------------------------- floors


def readers(home: Home) -> Answer:
    """Every file of the inbox through the bare reader of its kind, one after the other. Nothing is checked."""
    return {"unreadable": sum(map(_unreadable, _files(home.inbox)))}


def readers_on_every_core(home: Home) -> Answer:
    """The same on as many processes as there are cores, the largest files first."""
    from multiprocessing import get_context

    paths = sorted(_files(home.inbox), key=lambda path: path.stat().st_size, reverse=True)
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        return {"unreadable": sum(pool.imap_unordered(_unreadable, paths))}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _unreadable(path: Path) -> bool:
    """Read a file by calamine, Polars or sqlite3; true where it could not be."""
    import sqlite3

    import fastexcel
    import polars as pl

    try:
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
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, UnicodeError):
        # Some deliveries of the demo county are spoiled on purpose.
        return True
    return False


def bureau_script(home: Home) -> Answer:
    """One year of files by pandas and openpyxl (`bureau.py`): the last year of the inbox, and what the script made of
    the county's tax per mu in its last month, beside the release's figure."""
    import duckdb

    from pipelines.release.store import TABLES_FILE
    from tests.bench.bureau import county

    year = max(int(path.stem[-4:]) for path in (home.inbox / "register").iterdir() if path.stem[-4:].isdigit())
    began = time.perf_counter()
    table, read, left_out = county(home.inbox, [year])
    answer: Answer = {"year": year, "read": read, "left_out": left_out, "script_s": time.perf_counter() - began}
    known = table.dropna(subset="tax_per_mu")
    if home.current.is_symlink() and len(known):
        theirs = known.iloc[-1]
        with duckdb.connect(str(home.current.resolve() / TABLES_FILE), read_only=True) as connection:
            found = connection.execute(
                "select value from marts.indicator_value where indicator_id = 'tax_per_mu_above_scale' "
                "and breakdown = 'county' and period = $1",
                [theirs["period"]],
            ).fetchone()
        answer |= {"period": theirs["period"], "script": float(theirs["tax_per_mu"]), "release": found and found[0]}
    return answer


def scan(home: Home) -> Answer:
    """How fast the bytes that stages begin with can be read at all: files as they are (from the page cache, read once
    before), and the archive's Parquet decoded whole on every core. Bytes and seconds of each."""
    import pyarrow.parquet as pq

    rows = [path for path in _files(home.archive / "judged") if path.name == "rows.parquet"]
    groups = {"inbox": _files(home.inbox), "judged": _files(home.archive / "judged"), "work file": [_built(home)]}
    answer: Answer = {"bytes": {}, "read_s": {}}
    for name, paths in groups.items():
        _read(paths)
        began = time.perf_counter()
        answer["bytes"][name] = _read(paths)
        answer["read_s"][name] = time.perf_counter() - began
    began = time.perf_counter()
    decoded = 0
    for path in rows:
        for batch in pq.ParquetFile(path).iter_batches(use_threads=True):
            decoded += batch.num_rows
    return answer | {"decode_s": time.perf_counter() - began, "decoded_rows": decoded}


def _read(paths: Iterable[Path]) -> int:
    total = 0
    for path in paths:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(1 << 20):
                total += len(chunk)
    return total


def parse_project(home: Home) -> Answer:
    """dbt reads its project for the first time, and its tests are compiled once; the nights after find both done."""
    from pipelines.build.dbt_project import parsed_manifest

    _dbt(home, ["parse"])
    parsed_manifest()
    return {}


def dbt_alone(home: Home) -> Answer:
    """`dbt build` of what a night builds, nothing else, on a project that was parsed before."""
    from pipelines.build.dbt_project import NIGHTLY_BUILD

    _run_folder(home).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_raw(home), _built(home))
    _dbt(home, list(NIGHTLY_BUILD))
    return {}


# What `handwritten.sql` computes, as models.
BY_HAND = ("enterprise_month", *(f"int_indicator_{kind}" for kind in ("ratio", "change", "patent", "project")))


def build_same(home: Home) -> Answer:
    """What the hand-written script computes, by dbt: those models and what they are made from, without tests."""
    from pipelines.build.dbt_project import WITHOUT_TESTS

    same = home.work / "same" / _built(home).name
    same.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_raw(home), same)
    _dbt(home, [*WITHOUT_TESTS, "--select", *(f"+{model}" for model in BY_HAND)], same)
    return {}


def _dbt(home: Home, command: list[str], work_file: Path | None = None) -> None:
    from pipelines.build.dbt_project import WORK_FILE_VARIABLE, project_arguments

    work_file = work_file or _built(home)
    # As a night does (`start_from_kept_parse`): what is parsed by one stage serves the next.
    work_file.parent.mkdir(parents=True, exist_ok=True)
    os.chdir(work_file.parent)
    os.environ[WORK_FILE_VARIABLE] = work_file.name
    from dbt.cli.main import dbtRunner

    with redirect_stdout(sys.stderr):
        done = dbtRunner().invoke([*command, *project_arguments(home.work / "dbt_target")])
    if not done.success:
        raise RuntimeError(f"dbt {command[0]} failed: {done.exception or 'see the log'}")


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
    for stage in (
        intake,
        work_file,
        parse_project,
        dbt_alone,
        build_same,
        build,
        gate,
        publish,
        nightly,
        nightly_spark,
        nightly_spark_local,
        scoreboard,
        one_reader,
        many_readers,
        readers,
        readers_on_every_core,
        bureau_script,
        scan,
        handwritten,
        compare,
    )
}

if __name__ == "__main__":
    print(json.dumps(STAGES[sys.argv[1]](Home(Path(sys.argv[2])))))
