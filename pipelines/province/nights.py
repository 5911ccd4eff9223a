"""The nights of the counties: a process each, some at once; whatever happens to one is its own affair."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.home import CHECKOUT
from pipelines.last_night import LastNight, last_night, place, record
from pipelines.province.registry import County, Province

Say = Callable[[str], None]

TIMEOUT_S = 6 * 3600.0
# What a night may hold at most beside what DuckDB is allowed: dbt, Great Expectations, Dagster, Polars.
BESIDE_DUCKDB_BYTES = 2 * 1024**3
DUCKDB_BYTES = 4 * 1024**3
ENDS_WITHIN_S = 10.0


@dataclass(frozen=True)
class CountyNight:
    """How a county's night ended. `cause`: the first, empty where it was published; `log`: what its screen said."""

    county: County
    is_published: bool
    release: str | None
    cause: str
    log: Path
    seconds: float


def jobs_that_fit(cores: int, memory_bytes: int, duckdb_bytes: int = DUCKDB_BYTES) -> int:
    """How many nights at once: one a core, and no more than the memory holds."""
    return max(1, min(cores, memory_bytes // (duckdb_bytes + BESIDE_DUCKDB_BYTES)))


def available_memory() -> int:
    """In bytes, what the system can give without swapping; the whole memory where it does not say."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def shared_out(environment: Mapping[str, str], jobs: int, cores: int) -> dict[str, str]:
    """Several nights that each believed they own the machine would run it out of memory: the cores are shared out.
    What the administrator set stays."""
    return {"FENGHUANG_THREADS": str(max(1, cores // jobs)), **environment}


def run_nights(
    province: Province,
    counties: Iterable[County],
    logs: Path,
    *,
    jobs: int,
    timeout_s: float = TIMEOUT_S,
    say: Say,
    command: Sequence[str] = ("-m", "pipelines.cli", "nightly"),
) -> list[CountyNight]:
    """Every county's night, `jobs` at once, in a process group of its own that is ended after `timeout_s` seconds.

    In the order of the registry. Nothing that a county does raises here: its result says so.
    """
    logs.mkdir(parents=True, exist_ok=True)
    counties = list(counties)
    environment = shared_out(os.environ, min(jobs, max(1, len(counties))), os.cpu_count() or 1)
    runs = _Runs(province, logs, environment, timeout_s, command)
    done: dict[str, CountyNight] = {}
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        waiting = [pool.submit(runs.night, county) for county in counties]
        try:
            for finished in as_completed(waiting):
                night = finished.result()
                done[night.county.county_code] = night
                how = "已发布 published" if night.is_published else f"未发布 not published: {night.cause}"
                say(f"[{len(done)}/{len(counties)}] {night.county.county_code} {night.county.name_zh} {how}")
        except BaseException:
            # Stopped from outside: no night goes on behind the back of whoever stopped it.
            pool.shutdown(wait=False, cancel_futures=True)
            runs.stop()
            raise
    return [done[county.county_code] for county in counties]


class _Runs:
    """The processes of the nights under way."""

    def __init__(
        self, province: Province, logs: Path, environment: Mapping[str, str], timeout_s: float, command: Sequence[str]
    ) -> None:
        self.province = province
        self.logs = logs
        self.environment = environment
        self.timeout_s = timeout_s
        self.command = command
        self.running: set[subprocess.Popen[bytes]] = set()

    def night(self, county: County) -> CountyNight:
        home = self.province.home_of(county)
        log = self.logs / f"{county.county_code}.log"
        begin = time.monotonic()
        try:
            # What lies there is of another night; this one's process writes its own, if it gets so far.
            place(home).unlink(missing_ok=True)
            ended = self._run(log, self.province.environment_of(county, self.environment))
        except OSError as error:
            ended = f"无法启动 could not be started: {error}"
        found = last_night(home)
        if found is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            found = LastNight(now, False, stage="process", cause=ended, log=str(log))
            with suppress(OSError):
                record(home, found)
        cause = "" if found.is_published else f"{found.stage}: {found.cause}"
        return CountyNight(county, found.is_published, found.release, cause, log, time.monotonic() - begin)

    def stop(self) -> None:
        for process in list(self.running):
            _end(process)

    def _run(self, log: Path, environment: Mapping[str, str]) -> str:
        """How the process ended, in words."""
        path = os.pathsep.join([str(CHECKOUT), *filter(None, [environment.get("PYTHONPATH")])])
        with log.open("wb") as screen:
            process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=CHECKOUT,
                env={**environment, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.running.add(process)
            try:
                code = process.wait(self.timeout_s)
            except subprocess.TimeoutExpired:
                _end(process)
                return f"超时 hung: ended after {self.timeout_s:.0f} s"
            finally:
                self.running.discard(process)
        if code < 0:
            return f"被信号终止 killed by signal {-code}"
        return f"进程结束而无结果 ended without a result (exit code {code})"


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole group: the night's helpers too."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDS_WITHIN_S)
