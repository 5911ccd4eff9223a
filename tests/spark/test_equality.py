"""Every table on both engines: the same, from a clean sample and from a spoiled county, also when a worker is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.build import work_file
from pipelines.build.dbt_project import Engine
from pipelines.build.dbt_runner import DbtProcess, read_outcome
from pipelines.build.rebuild import build_from
from pipelines.demo import write_demo
from pipelines.gate.suites import load_suites
from pipelines.home import Home
from pipelines.intake.run import take_in
from pipelines.release.inputs import Input
from pipelines.release.store import current_release
from pipelines.release.tables import CHECK_RESULT, CHECK_RESULT_KEY, PUBLISHED_SCHEMAS
from pipelines.spark import cluster
from pipelines.spark.night import SparkNight
from tests.nights import Nightly
from tests.spark.comparing import differences

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark_is_here")]

KEYS = {suite.table: suite.key for suite in load_suites()}
# Lost while this model is computed, the widest and largest of all.
WHEN_LOST = "model.fenghuang.enterprise_month"


def tables(path: Path) -> set[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        found = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    return {name for (name,) in found if name.partition(".")[0] in PUBLISHED_SCHEMAS}


def test_a_night_on_spark_is_the_same_release(published_home, tmp_path):
    home = Home(tmp_path / "home")
    shutil.copytree(published_home.archive, home.archive)
    code, screen = Nightly(home).run("--engine", "spark")
    assert code == 0, screen

    here, there = current_release(home), current_release(published_home)
    assert here.content_hash == there.content_hash
    assert here.checks == there.checks
    assert tables(here.tables) == tables(there.tables)
    assert KEYS.keys() <= tables(here.tables)
    assert differences(here.tables, there.tables, KEYS | {CHECK_RESULT: CHECK_RESULT_KEY}) == []

    # nothing of Spark stays behind
    assert cluster.known(home.spark) is None
    assert not (home.spark / "scratch").exists()
    assert not (home.work / "now" / "spark").exists()


def test_a_spoiled_county_with_a_worker_lost_in_the_middle(tmp_path):
    home = Home(tmp_path / "home")
    write_demo(home.inbox, home.demo_truth, enterprises=40, years=(2020, 2021), defects=0.05, seed=11)
    deliveries = take_in(home).deliveries
    assert any(d.status == "refused" for d in deliveries)
    assert any(d.rows_quarantined for d in deliveries)
    inputs = {Input(d.source, d.file_name, d.sha256, seconds(d.received_at)) for d in deliveries}
    expected = build_from(home, inputs, tmp_path / "duckdb", print)

    run = home.work / "run"
    made = work_file.create(deliveries, run)
    spark = SparkNight(home, run, print)
    try:
        spark.begin()
        started = cluster.known(home.spark)
        spark.register(deliveries, made)
        dbt = DbtProcess(made, run / "dbt", run / "cache", run / "log", Engine.SPARK, spark.variables)
        try:
            lost = False
            for line in dbt.go().stdout:
                event = json.loads(line)
                node = event["data"].get("node_info", {}).get("unique_id")
                if event["info"]["name"] == "LogStartLine" and node == WHEN_LOST:
                    os.killpg(started.process("worker-1").pid, signal.SIGKILL)
                    lost = True
            code = dbt.process.wait()
        finally:
            dbt.close()
        assert lost
        outcome = read_outcome(run / "dbt", made)
        assert (code, outcome.broken, outcome.unbuilt) == (0, [], []), (run / "log").read_text()
        assert not started.process("worker-1").is_alive
        assert "Lost executor" in (home.spark / "logs" / "thrift.log").read_text()
    finally:
        spark.close()
    compared = {table: key for table, key in KEYS.items() if table in tables(made)}
    assert compared.keys() == tables(made)
    assert differences(made, expected, compared) == []


def seconds(received_at: str) -> int:
    return int(datetime.fromisoformat(received_at).astimezone(UTC).timestamp())
