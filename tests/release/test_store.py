"""Publishing: whole or not at all, one pointer, the same hash for the same content."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.gate.model import CheckResult
from pipelines.home import Home
from pipelines.release import Release, current_release, list_releases, table_digests
from pipelines.release.code import code_digest
from pipelines.release.draft import Part
from pipelines.release.publish import INPUT_COLUMNS, publish
from pipelines.release.store import (
    Busy,
    NoSuchRelease,
    clean_up,
    find_release,
    nightly_lock,
    prune,
    release_as_of,
    roll_back,
)
from pipelines.release.verify import altered, chain_faults

KEYS = {
    "marts.indicator": ("target_id",),
    "marts.indicator_value": ("indicator_id", "period"),
    "audit.delivery": ("source", "file_name"),
}
CHECKS = [CheckResult("fine", "marts.indicator", True, "83", "承诺")]
AT = datetime(2026, 11, 22, 18, 0, 0, 999, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    clean_up(home)
    return home


def publish_one(
    home: Home, run: str, value: float = 1.5, sha: str = "ab", at: datetime = AT, parts: Sequence[Part] = ()
) -> Release:
    folder = home.work / run
    (folder / "data_docs").mkdir(parents=True)
    (folder / "data_docs" / "index.html").write_text("<p>docs</p>")
    (folder / "run.log").write_text("")
    work_file = folder / "build.duckdb"
    with duckdb.connect(str(work_file)) as con:
        con.execute("create schema marts; create schema audit")
        con.execute("create table marts.indicator as select 'tax' as target_id")
        con.execute(
            "create table marts.indicator_value as select 'tax' as indicator_id, '2021-12' as period, $v as value",
            {"v": value},
        )
        columns = ", ".join(
            f"null::varchar as {name}" for name in INPUT_COLUMNS if name not in ("source", "file_name", "sha256")
        )
        con.execute(
            f"create table audit.delivery as select 'tax' as source, 'f.xlsx' as file_name, $sha as sha256, {columns}",
            {"sha": sha},
        )
    return publish(home, work_file, folder / "data_docs", KEYS, CHECKS, run, at, parts)


def test_a_release_is_whole_and_current(home: Home) -> None:
    release = publish_one(home, "run1")
    assert release.release_id == f"20261122T180000Z-{release.content_hash[:8]}"
    assert sorted(p.name for p in release.path.iterdir()) == ["data_docs", "internal.duckdb", "manifest.json"]
    assert home.current.readlink() == Path("releases") / release.release_id
    assert current_release(home) == release
    manifest = json.loads((home.current / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"][0]["sha256"] == "ab"
    assert manifest["tables"]["marts.indicator_value"]["rows"] == 1
    assert manifest["tables"]["marts.indicator"]["digest"] == table_digests(release.tables)["marts.indicator"].digest
    assert (release.latest_period, release.deliveries, release.values, release.checks) == ("2021-12", 1, 1, 1)
    assert not [p for p in release.path.rglob("*") if p.is_file() and p.stat().st_mode & 0o222]


def test_the_hash_is_of_content_not_of_time_place_or_run(home: Home, tmp_path: Path) -> None:
    first = publish_one(home, "run1")
    elsewhere = publish_one(Home(tmp_path / "elsewhere"), "another", at=datetime(2030, 1, 1, tzinfo=UTC))
    assert first.content_hash == elsewhere.content_hash
    assert table_digests(first.tables) == table_digests(elsewhere.tables)
    assert publish_one(home, "run2", sha="cd").content_hash != first.content_hash


def test_the_same_second_gives_the_next_free_id(home: Home) -> None:
    first, second = publish_one(home, "run1"), publish_one(home, "run2")
    assert [first.release_id[:16], second.release_id[:16]] == ["20261122T180000Z", "20261122T180001Z"]
    assert second.manifest["previous"] == first.release_id
    assert [r.is_current for r in list_releases(home)] == [True, False]


def test_a_reader_of_the_old_release_keeps_reading(home: Home) -> None:
    old = publish_one(home, "run1", value=1.0)
    with duckdb.connect(str(home.current / "internal.duckdb"), read_only=True) as reader:
        publish_one(home, "run2", value=2.0)
        assert prune(home, keep=1) == [old.release_id]
        assert reader.execute("select value from marts.indicator_value").fetchall() == [(1.0,)]
    with duckdb.connect(str(home.current.resolve() / "internal.duckdb"), read_only=True) as reader:
        assert reader.execute("select value from marts.indicator_value").fetchall() == [(2.0,)]


def test_pruning_never_takes_the_current_release(home: Home) -> None:
    releases = [publish_one(home, f"run{i}") for i in range(4)]
    oldest = releases[0]
    home.current.unlink()
    home.current.symlink_to(f"releases/{oldest.release_id}")
    prune(home, keep=2)
    assert [r.release_id for r in list_releases(home)] == [
        releases[3].release_id,
        releases[2].release_id,
        oldest.release_id,
    ]


def test_readers_are_pointed_back_and_forth(home: Home) -> None:
    first, second, third = (publish_one(home, f"run{i}", sha=str(i)) for i in range(3))
    assert roll_back(home).release_id == second.release_id
    assert roll_back(home).release_id == first.release_id
    with pytest.raises(NoSuchRelease, match="no release before the current one"):
        roll_back(home)
    assert roll_back(home, third.release_id[:17]).is_current
    assert home.current.resolve() == third.path
    with pytest.raises(NoSuchRelease, match=third.release_id):
        roll_back(home, "2026")
    assert len(list_releases(home)) == 3


def test_a_release_as_of_a_day(home: Home) -> None:
    first = publish_one(home, "run1", at=datetime(2026, 11, 20, 18, tzinfo=UTC))
    second = publish_one(home, "run2", at=datetime(2026, 11, 22, 18, tzinfo=UTC))
    assert release_as_of(home, "20261121").release_id == first.release_id
    assert release_as_of(home, "20261122").release_id == second.release_id
    with pytest.raises(NoSuchRelease, match=f"first release is {first.release_id}"):
        release_as_of(home, "20261119")


def test_a_changed_byte_is_found(home: Home) -> None:
    release = publish_one(home, "run1")
    assert altered(release) == []
    docs = release.path / "data_docs" / "index.html"
    for path in (release.tables, docs):
        path.chmod(0o644)
    content = bytearray(release.tables.read_bytes())
    content[len(content) // 2] ^= 1
    release.tables.write_bytes(content)
    docs.unlink()
    (release.path / "added.txt").write_text("x")
    assert [line.split(":")[0] for line in altered(release)] == ["data_docs/index.html", "internal.duckdb", "added.txt"]


def test_releases_are_chained_by_the_hash_of_the_manifest_before(home: Home) -> None:
    first, second, third = (publish_one(home, f"run{i}", sha=str(i)) for i in range(3))
    assert first.manifest["previous_manifest"] is None and chain_faults(home) == []
    manifest = second.path / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text().replace('"run1"', '"ruin"'))
    (fault,) = chain_faults(home)
    assert second.release_id in fault and third.release_id in fault
    prune(home, keep=1)
    assert chain_faults(home) == [] and find_release(home, third.release_id).is_current


def test_leftovers_of_killed_runs_go_and_releases_stay(home: Home) -> None:
    release = publish_one(home, "run1")
    half = home.releases / ".run2.tmp"
    half.mkdir()
    (half / "internal.duckdb").write_text("half")
    (home.work / "run1" / "dbt_target").mkdir()
    clean_up(home)
    assert [p.name for p in home.releases.iterdir()] == [release.release_id]
    assert [p.name for p in (home.work / "run1").iterdir()] == ["run.log"]
    assert current_release(home) == release


def _hold(root: Path, ready: multiprocessing.synchronize.Event, seconds: float) -> None:
    with nightly_lock(Home(root), 0, print):
        ready.set()
        time.sleep(seconds)
        (root / "done").touch()


@pytest.mark.parametrize("patience", [0.3, 30.0])
def test_two_runs_at_once(home: Home, patience: float) -> None:
    """The second waits and says so; beyond its patience it says that too."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    holder = spawn.Process(target=_hold, args=(home.root, ready, 2.0))
    holder.start()
    assert ready.wait(30)
    said: list[str] = []
    if patience < 1:
        with pytest.raises(Busy, match="still busy"), nightly_lock(home, patience, said.append):
            pass
    else:
        with nightly_lock(home, patience, said.append):
            assert (home.root / "done").exists(), "the first run was still busy"
    holder.join()
    assert len(said) == 1
    assert "another nightly run is busy" in said[0]


def test_the_code_digest_covers_what_decides_and_nothing_made(tmp_path: Path) -> None:
    for folder in ("pipelines/__pycache__", "dbt_project/target", "dbt_project/models", "expectations"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "dbt_project/models/a.sql").write_text("select 1")
    before = code_digest(tmp_path)
    (tmp_path / "dbt_project/target/manifest.json").write_text("{}")
    (tmp_path / "pipelines/__pycache__/a.pyc").write_text("x")
    assert code_digest(tmp_path) == before
    (tmp_path / "expectations/b.yml").write_text("name: b")
    changed = code_digest(tmp_path)
    assert changed != before
    (tmp_path / "dbt_project/models/a.sql").rename(tmp_path / "dbt_project/models/c.sql")
    assert code_digest(tmp_path) != changed
