"""What a check is, how it ended, and when the gate opens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SAMPLE_ROWS = 5

CheckKey = tuple[str, str]
"""(published table, check name)."""


@dataclass(frozen=True)
class CheckResult:
    """How one check ended.

    `crashed` means the check itself raised, so it says nothing about the data; `passed` is then false.
    `severity` is `critical` (stops the release) or `warning` (published, and said). `sample` holds at most
    `SAMPLE_ROWS` offending rows.
    """

    name: str
    table: str
    passed: bool
    observed: str
    expected: str
    crashed: bool = False
    severity: str = "critical"
    origin: str = "expectation"
    sample: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> CheckKey:
        return (self.table, self.name)


@dataclass(frozen=True)
class Problem:
    """One reason why nothing may be published."""

    kind: str  # "failed", "crashed", "unrun"
    table: str
    name: str
    observed: str = ""
    expected: str = ""
    sample: list[dict[str, Any]] = field(default_factory=list)

    def headline(self) -> str:
        what = {"failed": "未通过 failed", "crashed": "检查出错 crashed", "unrun": "未执行 did not run"}[self.kind]
        return f"{self.table} · {self.name}: {what}" + (f" ({self.observed})" if self.observed else "")


def problems(expected: Iterable[CheckKey], results: Sequence[CheckResult]) -> list[Problem]:
    """Everything that keeps the gate shut: critical checks that failed, and any check that crashed or did not
    run. A check that ran twice, or that nobody expected, means the count cannot be trusted and is an error.

    First cause first: crashed, then failed, then unrun, for a check may not have run because another failed.
    """
    expected = list(expected)
    by_key = {result.key: result for result in results}
    if len(by_key) != len(results):
        raise ValueError("a check reported twice; the gate cannot count")
    if strangers := sorted(set(by_key) - set(expected)):
        raise ValueError(f"checks reported that nobody expected: {strangers}")
    found = [_problem("crashed", r) for r in results if r.crashed]
    found += [_problem("failed", r) for r in results if not r.passed and not r.crashed and r.severity == "critical"]
    found += [Problem("unrun", table, name) for table, name in expected if (table, name) not in by_key]
    return found


def _problem(kind: str, result: CheckResult) -> Problem:
    return Problem(kind, result.table, result.name, result.observed, result.expected, result.sample)


def write_results(path: Path, results: Sequence[CheckResult]) -> None:
    text = json.dumps([asdict(r) for r in results], ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text, encoding="utf-8")


def read_results(path: Path) -> list[CheckResult]:
    return [CheckResult(**record) for record in json.loads(path.read_text(encoding="utf-8"))]
