"""A release is written by two processes as one would write it; what goes wrong in either is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.disclosure import part as disclosure
from pipelines.gate.model import CheckResult
from pipelines.gate.suites import load_suites
from pipelines.home import Home
from pipelines.orchestration.night import LINK
from pipelines.release.draft import Draft, Part
from pipelines.release.files import file_digest
from pipelines.release.helper import Helper, PartBroken, write_parts
from pipelines.release.parts import PARTS
from pipelines.release.publish import publish
from pipelines.release.store import Release, current_release
from pipelines.workers import WorkerDied
from tests.nights import repeatable


def part(name: str, *reads: str, by: str = "", adds: bool = False) -> Part:
    """`adds`: to the tables; else a file of its own."""
    return Part(name, f"tests.release.parts:{by or name}", name, () if adds else (name,), reads)


@pytest.fixture
def helper() -> Iterator[Helper]:
    helper = Helper()
    yield helper
    helper.close()


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    folder = tmp_path / "draft"
    folder.mkdir()
    return Draft(Home(tmp_path), folder, tmp_path / "work.duckdb", None, "0" * 64)


def test_two_write_at_once_and_each_after_what_it_reads(helper, draft):
    parts = [
        part("first", by="note", adds=True),
        part("slow"),
        part("quick", "first"),
        part("last", "slow", "quick"),
        part("after", "slow", by="note", adds=True),
    ]
    write_parts(parts, helper, draft)
    said = {path.name: path.read_text(encoding="utf-8") for path in draft.folder.iterdir()}
    assert said["slow_begun"] != str(os.getpid())
    assert said["quick"] == f"{os.getpid()} False"
    assert said["last"] == "True"
    # Who adds to the tables is alone, and not this process: it may hold no file open that the helper writes.
    assert said[f"0_{said['slow_begun']}"] == ""
    assert {"slow_done", "quick", "last"} < set(said[f"5_{said['slow_begun']}"].split())


def test_what_adds_to_the_tables_is_written_in_order(helper, draft):
    write_parts([part(name, by="note", adds=True) for name in "abc"], helper, draft)
    assert sorted(path.name[0] for path in draft.folder.iterdir()) == ["0", "1", "2"]


@pytest.mark.parametrize("adds", [True, False], ids=["adds to the tables", "reads"])
@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("refuse", PermissionError, "这里不行 not here"),
        ("refuse_oddly", PartBroken, "very odd"),
        ("die", WorkerDied, "signal 9"),
    ],
)
def test_what_the_helper_meets_is_raised_here(helper, draft, name, error, words, adds):
    parts = [part(name, adds=adds), part("quick"), part("last", "quick")]
    (draft.folder / "slow_begun").touch()
    with pytest.raises(error, match=words):
        write_parts(parts, helper, draft)


def test_what_goes_wrong_here_stops_the_helper(helper, draft):
    parts = [part("slow"), part("refuse"), part("last", "slow")]
    with pytest.raises(PermissionError, match="not here"):
        write_parts(parts, helper, draft)
    assert sorted(path.name for path in draft.folder.iterdir()) == ["slow_begun", "slow_done"]


def test_a_part_that_nobody_can_write_is_no_endless_night(helper, draft):
    with pytest.raises(AssertionError, match="read what nobody writes"):
        write_parts([part("last", "what_is_not_there")], helper, draft)


def test_a_night_decides_early_what_stays_hidden_and_once(published_home, tmp_path, monkeypatch):
    """And not by an older release than the newest."""
    release = current_release(published_home)
    assert release is not None
    work_file = (published_home.work / LINK / "build.duckdb").resolve()
    home = Home(tmp_path / "home")
    disclosure.foresee(home, work_file)
    asked = []
    decided = disclosure._known[work_file]
    monkeypatch.setattr(disclosure, "_decide", lambda *given: asked.append(given) or decided)
    draft = Draft(home, tmp_path, work_file, None, release.content_hash)
    assert disclosure._decided(draft) is decided
    assert disclosure._decided(replace(draft, home=published_home)) is decided
    assert asked == [(published_home, work_file)]


def test_one_process_writes_the_same_release(published_home, tmp_path):
    """File by file, bit by bit; DuckDB's by what they hold."""
    one = current_release(published_home)
    assert one is not None
    home, docs = Home(tmp_path / "home"), tmp_path / "docs"
    docs.mkdir()
    keys = {suite.table: suite.key for suite in load_suites()}
    work_file = (published_home.work / LINK / "build.duckdb").resolve()
    parts = [part.write for part in PARTS]
    checks = [CheckResult(**record) for record in one.manifest["checks"]]
    other = publish(home, work_file, docs, keys, checks, "alone", parts=parts)
    assert written(other) == written(one)
    assert len(written(one)) > 200
    assert repeatable(other) == repeatable(one)
    assert other.manifest["public_tables"] == one.manifest["public_tables"]


def written(release: Release) -> dict[str, str]:
    return {
        path.relative_to(release.path).as_posix(): file_digest(path)
        for path in sorted(release.path.rglob("*"))
        if path.is_file()
        and path.suffix != ".duckdb"
        and path.relative_to(release.path).parts[0] not in ("data_docs", "manifest.json")
    }
