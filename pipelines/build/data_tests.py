"""dbt's data tests without dbt's runner: its compiled queries, its rule of what fails, one DuckDB connection.

dbt renders contexts, opens a cursor and writes a dozen events for each test, some 25 ms of which its query takes one.
Each test stays a check of its own: a result in `run_results.json` and an event on stdout, both as dbt writes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

RUN_RESULTS = "run_results.json"
# dbt's names for how a node ended.
BUILT, PASSED, WARNED, FAILED, CRASHED = "success", "pass", "warn", "fail", "error"

Nodes = Mapping[str, Mapping[str, Any]]


def run_data_tests(
    nodes: Nodes, compiled: Nodes, connection: duckdb.DuckDBPyConnection, target: Path, tell: Callable[[str], None]
) -> bool:
    """Run every data test of `nodes` (those of the build's manifest) whose tables were built, by the query of the same
    test in `compiled`; did none fail?

    Reads which were built from `run_results.json` in the folder `target` and adds the results to it; `tell` hears one
    event a test. A test without a query, or about a table that was not built, has no result: the gate counts.
    """
    artifact = target / RUN_RESULTS
    ran = json.loads(artifact.read_text(encoding="utf-8"))
    built = {result["unique_id"] for result in ran["results"] if result["status"] == BUILT}
    results = []
    for unique_id, query in _queries(nodes, compiled, built):
        result = _result(unique_id, nodes[unique_id]["config"], query, connection)
        results.append(result)
        tell(json.dumps(_event(result, ran["metadata"]["invocation_id"]), ensure_ascii=False))
    ran["results"] += results
    artifact.write_text(json.dumps(ran), encoding="utf-8")
    return all(result["status"] in (PASSED, WARNED) for result in results)


def _queries(nodes: Nodes, compiled: Nodes, built: set[str]) -> Iterator[tuple[str, str]]:
    for unique_id, node in sorted(nodes.items()):
        if node["resource_type"] == "test" and (query := compiled.get(unique_id, {}).get("compiled_code")):
            reads = node["depends_on"]["nodes"]
            if all(other in built or other.startswith("source.") for other in reads):
                yield unique_id, query


def _result(
    unique_id: str, config: Mapping[str, Any], query: str, connection: duckdb.DuckDBPyConnection
) -> dict[str, Any]:
    """As dbt's materialization `test` counts and its `TestRunner` judges."""
    count = config["fail_calc"]
    limit = f"limit {config['limit']}" if config["limit"] is not None else ""
    began = datetime.now(UTC)
    message: str | None = None
    try:
        ((failures, warns, fails),) = connection.execute(
            f"select {count}, {count} {config['warn_if']}, {count} {config['error_if']} "  # noqa: S608 - dbt's own
            f"from (\n{query}\n{limit}\n) as dbt_internal_test"
        ).fetchall()
    except duckdb.Error as error:
        status, failures, message = CRASHED, None, str(error)
    else:
        is_error = config["severity"].upper() == "ERROR"
        status = FAILED if is_error and fails else WARNED if warns else PASSED
        if status != PASSED:
            rule = config["error_if" if status == FAILED else "warn_if"]
            message = f"Got {failures} results, configured to {status} if {rule}"
    ended = datetime.now(UTC)
    return {
        "unique_id": unique_id,
        "status": status,
        "failures": failures,
        "message": message,
        "compiled": True,
        "compiled_code": query,
        "timing": [{"name": "execute", "started_at": began.isoformat(), "completed_at": ended.isoformat()}],
        "execution_time": (ended - began).total_seconds(),
        "adapter_response": {},
        "thread_id": "data_tests",
        "relation_name": None,
        "batch_results": None,
    }


def _event(result: Mapping[str, Any], invocation_id: str) -> dict[str, Any]:
    """dbt's `LogTestResult`, as far as it is read."""
    status, unique_id = result["status"], result["unique_id"]
    (timing,) = result["timing"]
    level = {PASSED: "info", WARNED: "warn"}.get(status, "error")
    message = f"{status.upper()} {result['failures'] or ''} {unique_id} {result['message'] or ''}".strip()
    return {
        "info": {"name": "LogTestResult", "level": level, "msg": message, "invocation_id": invocation_id},
        "data": {
            "status": status,
            "num_failures": result["failures"],
            "execution_time": result["execution_time"],
            "node_info": {
                "unique_id": unique_id,
                "node_status": status,
                "node_started_at": timing["started_at"],
                "node_finished_at": timing["completed_at"],
            },
        },
    }
