"""One stage in a process of its own, measured from outside.

The measuring process imports nothing heavy: a child starts with the peak memory of its parent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.home import CHECKOUT

# Nothing is pulled and no Dagster installation is told of a benchmark.
NOT_OURS = ("DAGSTER_HOME", "PATENT_API_URL", "INVESTMENT_DB_URL")


@dataclass(frozen=True)
class Cost:
    """Wall-clock and processor seconds (its children's too); `peak_mb`: resident MiB of the largest process."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    answer: dict[str, Any]


class StageFailed(Exception):
    """A stage ended with an error: there is nothing to measure."""


def measure(stage: str, home: Path) -> Cost:
    """Run a stage of `tests.bench.stages` on `home`. Raises `StageFailed` with the end of its log."""
    log = home / "bench.log"
    environment = {k: v for k, v in os.environ.items() if k not in NOT_OURS} | {"FENGHUANG_HOME": str(home)}
    command = [sys.executable, "-m", "tests.bench.stages", stage, str(home)]
    with log.open("wb") as errors:
        began = time.perf_counter()
        child = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=errors)
        assert child.stdout is not None
        printed = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode != 0:
        end = (printed + log.read_bytes()).decode(errors="replace").strip().splitlines()[-30:]
        raise StageFailed(f"{stage} ended with exit code {child.returncode}:\n" + "\n".join(end))
    lines = printed.decode().strip().splitlines()
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, json.loads(lines[-1]))
