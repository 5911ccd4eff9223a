"""Backed up while nights go on, restored into an empty home, verified, and one night further."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.home import Home
from pipelines.intake.archive import Archive, Arrival
from pipelines.release import current_release, list_releases
from pipelines.release.backup import CannotRestore, back_up, restore
from pipelines.release.store import clean_up, nightly_lock, prune
from pipelines.release.verify import altered, chain_faults
from tests.nights import continued_home, repeatable
from tests.release.test_store import publish_one


def quiet(message: str) -> None:
    pass


def take_in(home: Home, number: int) -> None:
    archive = Archive(home.archive)
    sha = archive.put(f"delivery {number}".encode())
    archive.record(Arrival("tax", f"{number}.xlsx", None, 0, sha, 10, "2026-11-20T00:00:00+00:00", number, "inbox"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    clean_up(home)
    return home


@pytest.mark.slow
def test_restored_it_is_equal_and_the_next_night_gives_the_same(
    published_home: Home, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    continued = continued_home(tmp_path_factory, published_home)
    now, restored = list_releases(continued)
    before = current_release(published_home)
    assert before is not None and restored.release_id == before.release_id
    assert now.manifest["previous"] == before.release_id
    assert now.content_hash == before.content_hash
    assert repeatable(now) == repeatable(before)
    monkeypatch.setenv("FENGHUANG_HOME", str(continued.root))
    verified = CliRunner().invoke(app, ["verify"])
    assert verified.exit_code == 0 and verified.output.count("一致 equal") == 2, verified.output
    # The digest of that night, told once.
    (message,) = json.loads((continued.root / "messages.json").read_text(encoding="utf-8"))
    assert message["title"] == f"凤凰 已发布 published {now.release_id}"
    assert "新到 new 0 份报送" in message["message"] and "红绿灯 lights: " in message["message"]
    assert "逾期 overdue: " in message["message"], "the sample county ended years ago"


def test_a_second_backup_copies_only_what_is_new(home: Home, tmp_path: Path) -> None:
    copy = Home(tmp_path / "copy")
    take_in(home, 1)
    first = publish_one(home, "run1")
    done = back_up(home, copy, quiet)
    assert (done.releases, done.files, done.current) == (1, 2, first.release_id)
    kept = (copy.releases / first.release_id / "internal.duckdb").stat().st_ino
    take_in(home, 2)
    second = publish_one(home, "run2", sha="cd")
    done = back_up(home, copy, quiet)
    assert (done.releases, done.files, done.current) == (1, 2, second.release_id)
    assert (copy.releases / first.release_id / "internal.duckdb").stat().st_ino == kept
    done = back_up(home, copy, quiet)
    assert (done.releases, done.files) == (0, 0)
    prune(home, keep=1)
    back_up(home, copy, quiet)
    assert len(list_releases(copy)) == 2, "a copy keeps what the home has pruned"


def test_a_backup_keeps_internal_internal(home: Home, tmp_path: Path) -> None:
    take_in(home, 1)
    release = publish_one(home, "run1")
    back_up(home, Home(tmp_path / "copy"), quiet)
    copy = Home(tmp_path / "copy")
    assert (copy.releases / release.release_id / "internal.duckdb").stat().st_mode & 0o777 == 0o440
    assert copy.raw.stat().st_mode & 0o007 == 0


def test_backups_while_nights_publish_and_prune(home: Home, tmp_path: Path) -> None:
    """Every copy points to a whole release whose deliveries it holds, whenever it is taken."""
    day = datetime(2026, 11, 1, tzinfo=UTC)
    stop, failures = threading.Event(), list[BaseException]()

    def nights() -> None:
        try:
            for number in range(1, 400):
                if stop.is_set():
                    return
                take_in(home, number)
                with nightly_lock(home, 10, quiet):
                    # The delivery's name stands in the release; what it names must be in every copy.
                    sha = Archive(home.archive).put(f"delivery {number}".encode())
                    publish_one(home, f"run{number}", sha=sha, at=day + timedelta(hours=number))
                    prune(home, keep=2)
                    shutil.rmtree(home.work / f"run{number}")
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=nights)
    thread.start()
    try:
        seen = set[str]()
        for number in itertools.count():
            if len(seen) == 5 or failures:
                break
            copy = Home(tmp_path / f"copy{number}")
            back_up(home, copy, quiet)
            release = current_release(copy)
            if release is None:
                assert not seen
                continue
            seen.add(release.release_id)
            assert altered(release) == [] and chain_faults(copy) == []
            archive = Archive(copy.archive)
            for made in list_releases(copy):
                for delivery in made.manifest["inputs"]:
                    archive.get(delivery["sha256"])
            for arrival in archive.arrivals():
                archive.get(arrival.sha256)
    finally:
        stop.set()
        thread.join()
    assert failures == []


def test_a_killed_backup_leaves_the_release_before_and_goes_on(home: Home, tmp_path: Path) -> None:
    copy = Home(tmp_path / "copy")
    first = publish_one(home, "run1")
    back_up(home, copy, quiet)
    second = publish_one(home, "run2", sha="cd")

    def killed(message: str) -> None:
        # As the copying of the second release begins.
        half = copy.releases / f".{second.release_id}.part"
        half.mkdir()
        (half / "internal.duckdb").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(home, copy, killed)
    assert [r.release_id for r in list_releases(copy)] == [first.release_id]
    assert current_release(copy) is not None
    back_up(home, copy, quiet)
    restored = current_release(copy)
    assert restored is not None and restored.release_id == second.release_id and altered(restored) == []


def test_only_an_empty_home_is_restored_into(home: Home, tmp_path: Path) -> None:
    publish_one(home, "run1")
    copy = Home(tmp_path / "copy")
    with pytest.raises(CannotRestore, match="no back-up"):
        restore(copy, Home(tmp_path / "new"), quiet)
    back_up(home, copy, quiet)
    with pytest.raises(CannotRestore, match="not empty"):
        restore(copy, home, quiet)
    assert restore(copy, Home(tmp_path / "new"), quiet).releases == 1


def test_a_backup_into_the_home_itself_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENGHUANG_HOME", str(home.root))
    for folder in (home.root, home.warehouse / "copy", home.raw):
        assert CliRunner().invoke(app, ["backup", str(folder)]).exit_code == 2
