"""The worker process: what it answers, and that no answer is never taken for a good one."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from gate_toys import expectation, write_suite

from pipelines.gate.model import SAMPLE_ROWS
from pipelines.gate.process import GateDied, GateWorker


def test_passed_failed_and_crashed_are_three_things(worker: GateWorker, toy_work_file: Path, tmp_path: Path) -> None:
    suites = write_suite(
        tmp_path / "suites",
        expectation("rows", "expect_table_row_count_to_equal", value=120),
        expectation("small", "expect_column_values_to_be_between", column="share", min_value=0, max_value=0.5),
        expectation(
            "late", unexpected_rows_query="select code, period from {batch} where period > '2021-11' order by 1, 2"
        ),
        expectation("typo", unexpected_rows_query="select shore from {batch}"),
        expectation("no_such_column", "expect_column_values_to_not_be_null", column="nope"),
        expectation("soft", unexpected_rows_query="select code from {batch}", severity="warning"),
    )
    results = worker.check(toy_work_file, tmp_path / "docs", suites)
    assert [(r.name, r.passed, r.crashed, r.severity) for r in results] == [
        ("rows", True, False, "critical"),
        ("small", False, False, "critical"),
        ("late", False, False, "critical"),
        ("typo", False, True, "critical"),
        ("no_such_column", False, True, "critical"),
        ("soft", False, False, "warning"),
    ]
    by_name = {r.name: r for r in results}
    assert by_name["rows"].observed == "120"
    assert by_name["small"].observed == "60 of 120 rows"
    assert len(by_name["small"].sample) == SAMPLE_ROWS
    assert set(by_name["small"].sample[0]) == {"code", "period", "share"}
    assert by_name["late"].observed == "10 rows"
    assert by_name["late"].sample[0] == {"code": "c0", "period": "2021-12"}
    assert by_name["late"].expected == "承诺 late promise late"
    assert "shore" in by_name["typo"].observed

    worker.wait_for_docs()
    page = next((tmp_path / "docs" / "validations").rglob("*.html")).read_text(encoding="utf-8")
    assert "承诺 late promise late" in page
    assert (tmp_path / "docs" / "index.html").is_file()


def test_a_suite_about_a_missing_table_crashes(worker: GateWorker, toy_work_file: Path, tmp_path: Path) -> None:
    suites = write_suite(
        tmp_path / "suites", expectation("rows", "expect_table_row_count_to_equal", value=1), name="absent"
    )
    (result,) = worker.check(toy_work_file, tmp_path / "docs", suites)
    assert result.crashed
    assert "does not exist" in result.observed


def test_a_killed_worker_is_no_answer(worker: GateWorker, toy_work_file: Path, tmp_path: Path) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(GateDied, match="signal 9"):
        worker.check(toy_work_file, tmp_path / "docs", write_suite(tmp_path / "suites", expectation("x")))


def test_a_hung_worker_is_ended(worker: GateWorker, toy_work_file: Path, tmp_path: Path) -> None:
    forever = "select count(*) as n from range(100000000000) as a(i), {batch} having sum(i) < 0"
    suites = write_suite(tmp_path / "suites", expectation("forever", unexpected_rows_query=forever))
    with pytest.raises(GateDied, match="no answer within 8 s"):
        worker.check(toy_work_file, tmp_path / "docs", suites, timeout_s=8)
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


def test_a_broken_work_file_is_no_answer(worker: GateWorker, tmp_path: Path) -> None:
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"not a database" * 1000)
    suites = write_suite(tmp_path / "suites", expectation("rows", "expect_table_row_count_to_equal", value=1))
    with pytest.raises(GateDied):
        worker.check(broken, tmp_path / "docs", suites)


def test_the_worker_ends_when_its_parent_goes(tmp_path: Path) -> None:
    worker = GateWorker(tmp_path / "gate.log")
    assert worker._process.stdin is not None
    worker._process.stdin.close()
    deadline = time.monotonic() + 60
    while worker._process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert worker._process.returncode == 2
    worker.close()
