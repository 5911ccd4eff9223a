"""Nights of many counties at once: whatever happens to one stays its own affair."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.last_night import LastNight, last_night, record
from pipelines.province.nights import DUCKDB_BYTES, CountyNight, jobs_that_fit, run_nights, shared_out
from pipelines.province.registry import Area, County, Province, add_county, new_province

GIB = 1024**3
# What each county's process does, told by its code: the last digit chooses.
NIGHT = """
import os, signal, subprocess, sys, time
from pipelines.home import Home
from pipelines.last_night import LastNight, record
home = Home.from_env()
print("screen of", home.root.name, os.environ.get("FENGHUANG_THREADS"))
what = home.root.name[-1]
if what == "2":
    record(home, LastNight("now", False, stage="gate", cause="a promise is broken"))
    sys.exit(1)
if what == "3":
    os.kill(os.getpid(), signal.SIGKILL)
if what == "4":
    child = subprocess.Popen(["sleep", "300"])
    (home.root / "child").write_text(str(child.pid))
    time.sleep(300)
if what == "5":
    sys.exit(3)
record(home, LastNight("now", True, release="20261125T000000Z-00000000"))
"""


@pytest.fixture
def province(tmp_path: Path) -> Province:
    province = new_province(Home(tmp_path / "home"), Area("330000", "浙江省", "Zhejiang"))
    for digit in "123456":
        province = add_county(province, County(f"33052{digit}", f"县{digit}", f"County {digit}"))
    return province


def test_a_county_that_fails_dies_or_hangs_stops_nobody(province: Province, tmp_path: Path) -> None:
    # A night of before must not be taken for this one's.
    for county in province.counties:
        record(province.home_of(county), LastNight("before", True, release="20200101T000000Z-00000000"))
    said: list[str] = []
    nights = run_nights(
        province, province.counties, tmp_path / "logs", jobs=3, timeout_s=8, say=said.append, command=("-c", NIGHT)
    )
    assert [night.county for night in nights] == list(province.counties)
    by_code: dict[str, CountyNight] = {night.county.county_code[-1]: night for night in nights}
    assert {digit for digit, night in by_code.items() if night.is_published} == {"1", "6"}
    assert by_code["2"].cause == "gate: a promise is broken"
    assert "killed by signal 9" in by_code["3"].cause
    assert "ended after 8 s" in by_code["4"].cause
    assert "ended without a result (exit code 3)" in by_code["5"].cause
    for night in nights:
        told = last_night(province.home_of(night.county))
        assert told is not None and told.is_published == night.is_published and told.ended_at != "before"
        assert f"screen of {night.county.county_code}" in night.log.read_text(encoding="utf-8")
    assert len(said) == 6 and said[-1].startswith("[6/6]")
    child = int((province.home_of(by_code["4"].county).root / "child").read_text())
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(child), "what a hanging night started ends with it"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Ended, and only waiting for whoever takes over orphans.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_nights_at_once_are_bounded_by_cores_and_memory() -> None:
    assert jobs_that_fit(cores=2, memory_bytes=64 * GIB) == 2
    assert jobs_that_fit(cores=32, memory_bytes=24 * GIB) == 4
    assert jobs_that_fit(cores=32, memory_bytes=1 * GIB) == 1, "one runs in any case"
    assert jobs_that_fit(cores=32, memory_bytes=24 * GIB, duckdb_bytes=DUCKDB_BYTES // 4) == 8


def test_cores_are_shared_out() -> None:
    assert shared_out({}, jobs=4, cores=16) == {"FENGHUANG_THREADS": "4"}
    assert shared_out({}, jobs=4, cores=2) == {"FENGHUANG_THREADS": "1"}
    assert shared_out({"FENGHUANG_THREADS": "8"}, jobs=4, cores=16) == {"FENGHUANG_THREADS": "8"}
