"""Fifty readers query while releases are published, pruned and rolled back: no error, no mixed release, no wait."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.release.draft import Draft
from pipelines.release.store import clean_up, list_releases, prune, roll_back
from tests.release.fifty_readers import READERS, WORD
from tests.release.test_store import AT, publish_one

pytestmark = pytest.mark.slow

LAST = 5
PRUNED_AFTER = 2
READ_IN_THE_MIDST = (1, 4)
PATIENCE_S = 120.0


class Readers:
    def __init__(self, home: Home, notes: Path) -> None:
        self.notes = notes
        (notes / "counts").write_bytes(bytes(READERS * WORD.size))
        script = Path(__file__).with_name("fifty_readers.py")
        self.process = subprocess.Popen([sys.executable, str(script), str(home.warehouse), str(notes)])

    def counts(self) -> list[int]:
        return [n for (n,) in WORD.iter_unpack((self.notes / "counts").read_bytes())]

    def each_reads(self, times: int = 2) -> None:
        """Returns once every reader has read so often again; what has to be waited for is a failure."""
        before, deadline = self.counts(), time.monotonic() + PATIENCE_S
        while min(now - then for now, then in zip(self.counts(), before, strict=True)) < times:
            failed = [note.read_text() for note in self.notes.glob("*.json")]
            assert not failed, failed
            assert time.monotonic() < deadline, f"somebody waits: {before} {self.counts()}"
            time.sleep(0.01)

    def stop(self) -> list[dict[str, object]]:
        (self.notes / "stop").touch()
        assert self.process.wait(PATIENCE_S) == 0
        return [json.loads((self.notes / f"{n}.json").read_text(encoding="utf-8")) for n in range(READERS)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    clean_up(home)
    return home


@pytest.fixture
def readers(home: Home, tmp_path: Path) -> Iterator[Readers]:
    publish_one(home, "run0", 0.0, "0")
    (tmp_path / "notes").mkdir()
    readers = Readers(home, tmp_path / "notes")
    yield readers
    (readers.notes / "stop").touch()
    readers.process.wait(PATIENCE_S)


def test_fifty_readers_while_releases_come_and_go(home: Home, readers: Readers) -> None:
    """Two of the releases are only published once all fifty have read on in the midst of it: whoever had to wait for
    the publisher would wait for ever."""
    readers.each_reads()

    def in_the_midst(draft: Draft) -> None:
        assert (draft.folder / "internal.duckdb").is_file() and not (draft.folder / "manifest.json").exists()
        readers.each_reads()

    for number in range(1, LAST + 1):
        parts = (in_the_midst,) if number in READ_IN_THE_MIDST else ()
        publish_one(home, f"run{number}", float(number), str(number), AT + timedelta(days=number), parts)
        if number == PRUNED_AFTER:
            prune(home, 1)
            (alone,) = list_releases(home)
            assert alone.is_current
    readers.each_reads()
    roll_back(home)
    readers.each_reads()
    notes = readers.stop()
    assert [note["error"] for note in notes if note["error"]] == []
    for note in notes:
        *seen, last = note["seen"]
        assert last == LAST - 1, "rolled back"
        assert seen == sorted(set(seen)) and seen[-1] == LAST, "never back before"
        assert {0.0, 3.0} <= set(seen), "what was current while all had to read"
