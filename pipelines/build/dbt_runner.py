"""One dbt invocation a night: started early, told to build, and read afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb

from pipelines.build.dbt_project import WORK_FILE_VARIABLE, Engine
from pipelines.gate.model import SAMPLE_ROWS, CheckKey, CheckResult

# dbt's names for how a test ended; `skipped` and whatever else comes is no answer.
_PASSED, _WARNED, _FAILED, _CRASHED = "pass", "warn", "fail", "error"
_MESSAGE_CHARACTERS = 500


class DbtProcess:
    """The dbt worker: imports and parses at once, builds when told, ends when closed."""

    def __init__(
        self,
        work_file: Path,
        target: Path,
        cache: Path,
        log: Path,
        engine: Engine = Engine.DUCKDB,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """`variables`: of the environment, what `engine` needs."""
        self.target = target
        self._log: IO[bytes] = log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.build.dbt_worker", str(target), str(cache), engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, WORK_FILE_VARIABLE: str(work_file), **(variables or {})},
        )

    def go(self) -> subprocess.Popen[bytes]:
        """Let it build; its events are on the stdout of the process."""
        assert self.process.stdin is not None
        # Where it ended already its events and its exit code say why.
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(b"go\n")
            self.process.stdin.flush()
        return self.process

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self._log):
            if stream is not None and not stream.closed:
                stream.close()
        if self.process.stdin is not None and not self.process.stdin.closed:
            # A pipe nobody reads any more may still hold the word.
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()


@dataclass(frozen=True)
class DbtOutcome:
    """What dbt's artifacts say about one invocation.

    `expected`: every enabled data test of the manifest. `results`: those that ran.
    `broken`: models and seeds that raised, in the order they ended: (name, message).
    `unbuilt`: models and seeds that were not built at all, names.
    """

    expected: list[CheckKey]
    results: list[CheckResult]
    broken: list[tuple[str, str]]
    unbuilt: list[str]


def read_outcome(target: Path, work_file: Path) -> DbtOutcome:
    """Read `manifest.json` and `run_results.json`; offending rows are fetched from `work_file`.

    Raises FileNotFoundError where dbt ended before it wrote them.
    """
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    ran = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    by_id = {result["unique_id"]: result for result in ran}
    checks = dict(_checks(manifest))
    results = [
        _result(key, manifest, by_id[unique_id], work_file)
        for unique_id, key in checks.items()
        if unique_id in by_id and by_id[unique_id]["status"] in (_PASSED, _WARNED, _FAILED, _CRASHED)
    ]
    built = {
        unique_id: node["name"]
        for unique_id, node in sorted(manifest["nodes"].items())
        if node["resource_type"] in ("model", "seed", "snapshot") and node["config"]["materialized"] != "ephemeral"
    }
    return DbtOutcome(
        expected=list(checks.values()),
        results=results,
        broken=[
            (built[r["unique_id"]], str(r["message"]).strip())
            for r in ran
            if r["unique_id"] in built and r["status"] == _CRASHED
        ],
        unbuilt=[
            name
            for unique_id, name in built.items()
            if by_id.get(unique_id, {"status": ""})["status"] not in ("success", _CRASHED)
        ],
    )


def _checks(manifest: dict[str, Any]) -> Iterator[tuple[str, CheckKey]]:
    """(unique id, check key) of every data test, in a fixed order."""
    for unique_id, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] == "test":
            yield unique_id, (_table(manifest, node), node["name"])


def subject(manifest: dict[str, Any], test: dict[str, Any]) -> str | None:
    """Unique id of what a test is about: the node it is attached to; else the first mart it reads, or the first."""
    if attached := test.get("attached_node"):
        return str(attached)
    reads: list[str] = test["depends_on"]["nodes"]
    marts = [
        unique_id
        for unique_id in reads
        if unique_id in manifest["nodes"] and _schema(manifest["nodes"][unique_id]) == "marts"
    ]
    return next(iter([*marts, *reads]), None)


def _table(manifest: dict[str, Any], test: dict[str, Any]) -> str:
    """`schema.table` the test is about."""
    about = subject(manifest, test)
    node = manifest["nodes"].get(about) or manifest["sources"].get(about)
    return f"{_schema(node)}.{node.get('alias') or node['identifier']}" if node else "-"


def _schema(node: dict[str, Any]) -> str:
    """As it is published, whatever the engine calls it."""
    return str(node["source_name"] if node["resource_type"] == "source" else node["config"]["schema"])


def _result(key: CheckKey, manifest: dict[str, Any], ran: dict[str, Any], work_file: Path) -> CheckResult:
    status, (table, name) = ran["status"], key
    observed = f"{ran['failures'] or 0} rows" if ran["failures"] is not None else status
    if status == _CRASHED:
        observed = str(ran["message"]).strip()[:_MESSAGE_CHARACTERS]
    return CheckResult(
        name=name,
        table=table,
        passed=status == _PASSED,
        crashed=status == _CRASHED,
        severity="warning" if status == _WARNED else "critical",
        observed=observed,
        expected=manifest["nodes"][ran["unique_id"]].get("description") or name,
        origin="dbt",
        sample=_sample(work_file, ran["compiled_code"]) if status in (_FAILED, _WARNED) else [],
    )


def _sample(work_file: Path, query: str) -> list[dict[str, Any]]:
    """The first offending rows of a failed data test."""
    with duckdb.connect(str(work_file), read_only=True) as con:
        found = con.sql(query).limit(SAMPLE_ROWS)
        return [
            {
                column: cell if cell is None or isinstance(cell, str | int | float | bool) else str(cell)
                for column, cell in zip(found.columns, row, strict=True)
            }
            for row in found.fetchall()
        ]
