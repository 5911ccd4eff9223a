"""One stage in a process of its own, measured from outside.

The measuring process imports nothing heavy: a child starts with the peak memory of its parent.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.home import CHECKOUT

# Nothing is pulled and no Dagster installation is told of a benchmark.
NOT_OURS = ("DAGSTER_HOME", "PATENT_API_URL", "INVESTMENT_DB_URL")
# Looking at the pages of a large process costs the machine some milliseconds each time.
SAMPLE_S = 0.5
BETWEEN_LOOKS = 50  # times as long as a look takes


@dataclass(frozen=True)
class Cost:
    """Wall-clock and processor seconds (its children's too); `peak_mb`: MiB resident in all its processes together,
    sampled, memory they share counted once; `load`: of the machine just before, the stage itself not in it."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    load: float
    answer: dict[str, Any]


class StageFailed(Exception):
    """A stage ended with an error: there is nothing to measure."""


def measure(
    stage: str, home: Path, *, timeout_s: float | None = None, variables: Mapping[str, str] | None = None
) -> Cost:
    """Run a stage of `tests.bench.stages` on `home`. Raises `StageFailed` with the end of its log, or where it took
    longer than `timeout_s`: then all its processes are ended."""
    log = home / "bench.log"
    environment = {k: v for k, v in os.environ.items() if k not in NOT_OURS}
    environment |= {"FENGHUANG_HOME": str(home)} | dict(variables or {})
    command = [sys.executable, "-m", "tests.bench.stages", stage, str(home)]
    load = os.getloadavg()[0]
    late = threading.Event()
    with log.open("wb") as errors:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )

        def end() -> None:
            late.set()
            os.killpg(child.pid, signal.SIGKILL)

        assert child.stdout is not None
        watch = _Watch(child.pid)
        timer = threading.Timer(timeout_s, end) if timeout_s else None
        if timer:
            timer.start()
        try:
            printed = child.stdout.read()
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        finally:
            seconds = time.perf_counter() - began
            if timer:
                timer.cancel()
            watch.stop()
            child.stdout.close()
    if late.is_set():
        raise StageFailed(f"ended after {timeout_s:.0f} s, which is what it may take")
    if child.returncode != 0:
        tail = (printed + log.read_bytes()).decode(errors="replace").strip().splitlines()[-30:]
        # It is kept with the measurements: no path of this machine.
        told = "\n".join(tail).replace(f"{home}/", "").replace(f"{CHECKOUT}/", "")
        raise StageFailed(f"{stage} ended with exit code {child.returncode}:\n{told}")
    answer = json.loads(printed.decode().strip().splitlines()[-1])
    peak_mb = max(watch.peak_mb, used.ru_maxrss / 1024)
    return Cost(seconds, used.ru_utime + used.ru_stime, peak_mb, load, answer)


class _Watch(threading.Thread):
    """Looks again and again how much memory a process and all below it hold."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak_mb = 0.0
        self._done = threading.Event()
        self.start()

    def run(self) -> None:
        look_s = 0.0
        # To look at gigabytes takes the kernel longer, in time that is the stage's.
        while not self._done.wait(max(SAMPLE_S, BETWEEN_LOOKS * look_s)):
            began = time.perf_counter()
            self.peak_mb = max(self.peak_mb, sum(map(_resident_mb, _tree(self.pid))))
            look_s = time.perf_counter() - began

    def stop(self) -> None:
        self._done.set()
        self.join()


def _tree(pid: int) -> list[int]:
    """The process and all below it; those that ended meanwhile left out."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        try:
            for task in Path(f"/proc/{found[-1]}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time so far of all processes below one that still run: nobody else counts them when they are killed."""
    ticks = 0
    for child in _tree(pid)[1:]:
        try:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    """Resident memory in MiB, shared pages by share; 0 for a process that ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass
    return 0.0
