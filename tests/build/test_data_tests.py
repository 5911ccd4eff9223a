"""Data tests run without dbt's runner: each with a result and an event of its own, judged as dbt judges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.build.data_tests import RUN_RESULTS, run_data_tests

RULE = {"severity": "ERROR", "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0", "limit": None}
NEGATIVE = "select n from numbers where n < 0"
SMALL = "select n from numbers where n < 3 -- the first three"


def node(query: str | None, reads: str = "model.numbers", **rule: Any) -> dict[str, Any]:
    compiled = {} if query is None else {"compiled_code": query}
    return {"resource_type": "test", "config": RULE | rule, "depends_on": {"nodes": [reads]}, **compiled}


def run(folder: Path, **tests: dict[str, Any]) -> tuple[bool, dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Did none fail; results by test; events."""
    built = {"unique_id": "model.numbers", "status": "success"}
    broken = {"unique_id": "model.broken", "status": "error"}
    (folder / RUN_RESULTS).write_text(json.dumps({"metadata": {"invocation_id": "i"}, "results": [built, broken]}))
    events: list[str] = []
    with duckdb.connect() as connection:
        connection.execute("create table numbers as select n from range(10) as r(n)")
        passed = run_data_tests(tests, tests, connection, folder, events.append)
    ran = json.loads((folder / RUN_RESULTS).read_text())["results"]
    assert ran[:2] == [built, broken], "what dbt wrote stays"
    return passed, {result["unique_id"]: result for result in ran[2:]}, [json.loads(event) for event in events]


@pytest.mark.parametrize(
    ("test", "status", "failures"),
    [
        (node(NEGATIVE), "pass", 0),
        (node(SMALL), "fail", 3),
        (node(SMALL, severity="warn"), "warn", 3),
        (node(SMALL, error_if="> 3"), "warn", 3),
        (node(SMALL, error_if="> 3", warn_if="> 3"), "pass", 3),
        (node(SMALL, limit=2), "fail", 2),
        (node(SMALL, fail_calc="max(n)"), "fail", 2),
        (node("select nonsense from numbers"), "error", None),
    ],
)
def test_how_a_test_ends(tmp_path: Path, test: dict[str, Any], status: str, failures: int | None) -> None:
    passed, results, events = run(tmp_path, one=test)
    assert (results["one"]["status"], results["one"]["failures"]) == (status, failures)
    assert passed == (status in ("pass", "warn"))
    (event,) = events
    assert event["info"]["name"] == "LogTestResult"
    assert event["data"]["node_info"]["unique_id"] == "one"
    assert event["data"]["node_info"]["node_status"] == status
    assert event["data"]["num_failures"] == failures


def test_one_that_crashes_leaves_the_others(tmp_path: Path) -> None:
    passed, results, _ = run(tmp_path, a=node("select nonsense from numbers"), b=node(NEGATIVE))
    assert not passed
    assert "nonsense" in results["a"]["message"]
    assert results["b"]["status"] == "pass"


def test_what_cannot_be_asked_has_no_result(tmp_path: Path) -> None:
    """A table that was not built, and a test whose query nobody knows: the gate misses them."""
    _, results, events = run(tmp_path, a=node(NEGATIVE, reads="model.broken"), b=node(None), c=node(NEGATIVE))
    assert list(results) == ["c"]
    assert len(events) == 1


def test_sources_are_there_before_the_build(tmp_path: Path) -> None:
    _, results, _ = run(tmp_path, a=node(NEGATIVE, reads="source.raw.numbers"))
    assert results["a"]["status"] == "pass"
