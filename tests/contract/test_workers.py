"""Files worked on at once: the same outcome with any number of processes, and what a dying one costs."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from pipelines import workers as workers_module
from pipelines.home import CHECKOUT, Home
from pipelines.intake import run as run_module
from pipelines.intake.archive import Arrival
from pipelines.intake.run import IntakeReport, take_in
from pipelines.workers import Failed, Task, Workers
from tests.contract.forms import code, register, tax
from tests.contract.tasks import die, die_while_answering, double, fail, who

NOW = datetime(2022, 1, 5, tzinfo=UTC)
KILLER = "企业入库税收_202103.xlsx"


def parse_or_die(root: Path, key: str, arrival: Arrival) -> None:
    if arrival.file_name == KILLER:
        os.kill(os.getpid(), signal.SIGSEGV)
    run_module._parse(root, key, arrival)


@pytest.fixture
def spread(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let so many processes take part, however little there is to do."""

    def limited(processes: int) -> None:
        monkeypatch.setattr(workers_module, "MANY_TASKS", 1)
        monkeypatch.setattr(run_module, "Workers", partial(Workers, processes))

    return limited


def inbox_of(home: Home) -> None:
    def drop(source: str, name: str, content: bytes) -> None:
        (home.inbox / source).mkdir(parents=True, exist_ok=True)
        (home.inbox / source / name).write_bytes(content)

    names = [(code(n), f"第{n}厂") for n in range(1, 30)]
    for year in (2020, 2021):
        drop("register", f"规上工业企业名录_{year}.xlsx", register(names, year=year))
        for month in range(1, 5):
            rows = [[c, name, month, month * 2] for c, name in names]
            rows += [[None, "无此厂", 1, 1], [code(1), "第1厂", "见附件", 1], rows[3]]
            title = f"德清县{year}年{month}月企业入库税收明细表"
            drop("tax", f"企业入库税收_{year}{month:02d}.xlsx", tax(rows, title=title))
    drop("tax", "企业入库税收_202105.xlsx", b"nonsense")


def made(home: Home) -> dict[str, str]:
    """sha256 of every file below `raw/`, but for the times of arrival."""
    return {
        str(path.relative_to(home.raw)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.raw.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def records(report: IntakeReport) -> list[tuple[object, ...]]:
    return [
        (d.delivery_id, d.status, d.reason, d.detail, d.in_force, d.rows_read, d.rows_accepted, d.rows_quarantined)
        for d in report.deliveries
    ]


def test_one_process_and_two_and_none_make_the_same_bytes(tmp_path, spread):
    homes = {name: Home(tmp_path / name) for name in ("here", "one", "two")}
    found = {}
    inbox_of(homes["here"])
    for processes, (name, home) in enumerate(homes.items()):
        if processes:
            shutil.copytree(homes["here"].inbox, home.inbox)
            spread(processes)
        found[name] = records(take_in(home, now=NOW))
    assert found["here"] == found["one"] == found["two"]
    assert len(found["here"]) == 11 and sum(1 for record in found["here"] if record[1] == "refused") == 1
    here = made(homes["here"])
    assert sum(path.endswith(".parquet") for path in here) > 30 and any("returns/" in path for path in here)
    assert here == made(homes["one"]) == made(homes["two"])


def test_a_file_that_kills_its_reader_is_refused_alone_and_tried_again(tmp_path, spread, monkeypatch):
    home = Home(tmp_path)
    inbox_of(home)
    spread(2)
    with monkeypatch.context() as patch:
        patch.setitem(run_module._MAKERS, "parsed", parse_or_die)
        report = take_in(home, now=NOW)
    (killer,) = [d for d in report.deliveries if d.file_name == KILLER]
    assert (killer.status, killer.reason, killer.in_force) == ("refused", "unreadable", False)
    assert "signal 11" in (killer.detail or "")
    assert [failure for failure in report.failures if KILLER in failure] == report.failures != []
    assert sum(d.in_force for d in report.deliveries) == 9
    again = take_in(home, now=NOW)
    assert again.failures == [] and again.parsed == 1
    assert sum(d.in_force for d in again.deliveries) == 10


def test_half_an_answer_is_none():
    with Workers(2, always=True) as workers:
        found = dict(workers.run([Task(die_while_answering, (1,), 1), Task(double, (2,), 1), Task(double, (3,), 1)]))
    assert isinstance(found[0], Failed) and "signal 9" in found[0].detail
    assert (found[1], found[2]) == (4, 6)


def test_nothing_is_parsed_or_judged_twice(tmp_path, spread):
    home = Home(tmp_path)
    inbox_of(home)
    spread(2)
    first = take_in(home, now=NOW)
    assert (len(first.new), first.parsed, first.judged) == (11, 11, 10)
    before = made(home)
    again = take_in(home, now=NOW)
    assert (again.new, again.parsed, again.judged) == ([], 0, 0)
    assert made(home) == before
    names = [(code(n), f"第{n}厂") for n in range(1, 30)]
    (home.inbox / "tax" / "企业入库税收_202104_更正1.xlsx").write_bytes(
        tax([[c, n, 9, 9] for c, n in names], title="2021年4月")
    )
    corrected = take_in(home, now=NOW)
    assert (len(corrected.new), corrected.parsed, corrected.judged) == (1, 1, 1)


def test_an_unchanged_night_opens_only_small_records(tmp_path, monkeypatch):
    """Neither rows nor cells of what stands are read again, nor is a return workbook made."""
    home = Home(tmp_path)
    inbox_of(home)
    take_in(home, now=NOW)

    def read(*_: object, **__: object) -> None:
        raise AssertionError("rows were read")

    monkeypatch.setattr("polars.read_parquet", read)
    report = take_in(home, now=NOW)
    assert report.failures == [] and len(report.returned) == 1


def test_every_task_has_its_answer_and_a_dying_process_costs_one():
    tasks = [Task(die if n in (3, 17) else fail if n == 5 else double, (n,), n) for n in range(40)]
    with Workers(2) as workers:
        found = dict(workers.run(tasks))
        assert len(workers._running) == 2
    assert sorted(found) == list(range(40))
    assert {n for n, answer in found.items() if isinstance(answer, Failed)} == {3, 5, 17}
    assert "signal 9" in found[3].detail and found[5].detail == "ValueError('no 5')"
    assert all(found[n] == 2 * n for n in found if n not in (3, 5, 17))


def test_what_is_under_way_at_once_is_bounded(monkeypatch):
    """One task a process, no more processes than the limit, and fewer where the files are large."""
    with Workers(3, always=True) as workers:
        assert len({pid for _, pid in workers.run([Task(who, (), 1)] * 9)}) == 3
    monkeypatch.setattr(workers_module, "MAX_BYTES_AT_ONCE", 10)
    with Workers(3, always=True) as workers:
        assert len({pid for _, pid in workers.run([Task(who, (), 11)] * 4)}) == 1


def test_little_work_starts_no_process():
    with Workers(2) as workers:
        assert [answer for _, answer in workers.run([Task(who, (), 1)] * 2)] == [os.getpid()] * 2
        assert workers._running == []


def test_a_file_that_ended_a_small_night_is_refused_by_the_next(tmp_path):
    """Read in the process of the night itself it takes the night with it, once."""
    home = Home(tmp_path)
    inbox_of(home)
    script = (
        "from tests.contract.test_workers import *\n"
        f"run_module._MAKERS['parsed'] = parse_or_die; home = Home(Path({str(tmp_path)!r}))\n"
        "print([d.file_name for d in take_in(home, now=NOW).deliveries if 'signal 11' in (d.detail or '')])"
    )

    def night() -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True)
        return done.returncode, done.stdout.strip()

    assert night() == (-signal.SIGSEGV, "")
    assert night() == (0, f"['{KILLER}']")


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_of_a_run_that_was_ended(tmp_path, by):
    script = (
        "from pathlib import Path; from pipelines.workers import Task, Workers\n"
        "from tests.contract.tasks import wait_long\n"
        f"task = Task(wait_long, (Path({str(tmp_path / 'at')!r}),), 1)\n"
        "with Workers(2, always=True) as workers: list(workers.run([task] * 2))"
    )
    run = subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stderr=subprocess.DEVNULL)
    children = until(lambda: [int(path.suffix[1:]) for path in tmp_path.glob("at.*")], 2)
    run.send_signal(by)
    assert run.wait() != 0
    until(lambda: [pid for pid in children if not Path(f"/proc/{pid}").exists()], 2)


def until(found: Callable[[], list[int]], count: int) -> list[int]:
    deadline = time.monotonic() + 120
    while len(those := found()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return those
