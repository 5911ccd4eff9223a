"""The measurements as data: one JSON file, each stage with when it was measured and by which state of the code.

`sizes`: name → `enterprises`, `months`, `files`, `rows`, `disk` (bytes by what they are), `stages`: key → record.
`growth`: name of a point → the same. A record holds `s`, `cpu_s`, `peak_mib`, `load`, `answer` of a stage; or
`not_run`, why there are none. `machine`: what all of it ran on. No path and no name of a machine.
"""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.home import CHECKOUT
from tests.bench.measure import Cost

FILE = CHECKOUT / "docs" / "performance" / "measurements.json"
PACKAGES = ("duckdb", "polars", "dbt-core", "dagster", "great-expectations", "pandas", "openpyxl")
DIGITS = 4

Record = dict[str, Any]


class Store:
    """What was measured, kept on disk after every stage: stopped anywhere, nothing measured is lost."""

    def __init__(self, path: Path | None) -> None:
        """`path` None: nothing is kept."""
        self.path = path
        self.data: dict[str, Any] = {"machine": {}, "sizes": {}, "growth": {}}
        if path and path.is_file():
            self.data = json.loads(path.read_text(encoding="utf-8"))

    def subject(self, group: str, name: str, **facts: Any) -> dict[str, Any]:
        """The entry of a size or a point, its `facts` renewed."""
        entry: dict[str, Any] = self.data[group].setdefault(name, {"stages": {}})
        entry |= facts
        return entry

    def keep(self) -> None:
        self.data["machine"] = machine()
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(text(self.data), encoding="utf-8")


def record(cost: Cost | str, code: str) -> Record:
    """A measured stage; of a text, one that was not run, and why."""
    now = {"on": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "code": code}
    if isinstance(cost, str):
        return {"not_run": cost, **now}
    return {
        "s": cost.seconds,
        "cpu_s": cost.cpu_seconds,
        "peak_mib": cost.peak_mb,
        "load": cost.load,
        "answer": cost.answer,
        **now,
    }


def machine() -> dict[str, Any]:
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gib": pages / 1024**3,
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def text(data: Any) -> str:
    """JSON with figures in four significant digits, so that a document is written again from what was read."""
    return json.dumps(_rounded(data), ensure_ascii=False, indent=1) + "\n"


def _rounded(data: Any) -> Any:
    if isinstance(data, float):
        return float(f"{data:.{DIGITS}g}")
    if isinstance(data, dict):
        return {key: _rounded(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_rounded(value) for value in data]
    return data
