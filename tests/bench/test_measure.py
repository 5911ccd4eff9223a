"""A stage is measured from outside, and ended with all it started where it takes too long."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench import measure as module
from tests.bench.measure import StageFailed, measure


def test_a_stage_has_seconds_memory_and_an_answer(tmp_path: Path) -> None:
    (tmp_path / "raw" / "inbox" / "tax").mkdir(parents=True)
    (tmp_path / "raw" / "inbox" / "tax" / "spoiled.xlsx").write_bytes(b"no workbook")
    cost = measure("readers", tmp_path)
    assert cost.answer == {"unreadable": 1}
    assert cost.cpu_seconds > 0 and 0.05 < cost.seconds < 60
    assert 20 < cost.peak_mb < 2000


def test_a_stage_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match=r"publish ended with exit code 1:(.|\n)*checks.json"):
        measure("publish", tmp_path)


def test_a_stage_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(StageFailed, match="ended after 0 s"):
        measure("readers", tmp_path, timeout_s=0.01)
    assert time.monotonic() - began < 20


def test_memory_is_that_of_all_processes_below() -> None:
    hold = "b = bytearray(60 << 20); print(flush=True); input()"
    parent = f"import subprocess, sys; c = [subprocess.Popen([sys.executable, '-c', {hold!r}]) for _ in 'ab']; input()"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stdin
        child.stdout.readline(), child.stdout.readline()
        processes = module._tree(child.pid)
        held = sum(map(module._resident_mb, processes))
        child.stdin.write(b"\n" * 9)
        child.stdin.close()
    assert len(processes) == 3
    assert 120 < held < 240
    assert module._tree(child.pid) == [child.pid] and module._resident_mb(child.pid) == 0


def test_the_processor_time_of_what_still_runs_below_is_counted() -> None:
    busy = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stdin
        child.stdout.readline()
        (only,) = module._tree(child.pid)[1:]
        assert 0.4 < module.cpu_seconds(child.pid) < 5
        assert module.cpu_seconds(only) == 0, "itself is not below it"
        child.stdin.write(b"\n")
        child.stdin.close()
