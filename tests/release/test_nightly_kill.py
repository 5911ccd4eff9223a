"""Killed anywhere, `current` is a whole release and the next run ends as an undisturbed one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.release import current_release, list_releases, table_digests
from tests.nights import SAMPLE, Nightly

pytestmark = pytest.mark.slow

# A file below `warehouse/` whose appearing tells where the run is.
POINTS = {
    "before the intake": "work/*/run.log",
    "intake done": "work/*/build.duckdb",
    "building": "work/*/build.duckdb.wal",
    "built": "work/*/dbt_target/run_results.json",
    "checked": "work/*/checks.json",
    "assembling": "releases/.*.tmp/internal.duckdb",
    "about to publish": "releases/.*.tmp/manifest.json",
}

# Early kills and late ones, each on what those before it left behind; then a whole night.
ONE_AFTER_ANOTHER = (
    *("before the intake", "about to publish", "intake done", "assembling", "building", "checked", "built"),
)


def kill_when(process: subprocess.Popen[str], folder: Path, pattern: str) -> None:
    """SIGKILL as soon as something new matches `pattern`; an error if the run ends before."""
    known = set(folder.glob(pattern))
    while process.poll() is None:
        if set(folder.glob(pattern)) - known:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            return
        time.sleep(0.002)
    raise AssertionError(f"the run ended before {pattern}: {process.communicate()}")


def test_killed(home: Home, small: Path, published_small: Home) -> None:
    """Whatever was left by one kill is there when the next run is killed, and when the last one is let through."""
    undisturbed = current_release(published_small)
    before = current_release(home)
    assert undisturbed is not None
    assert before is not None
    for point in ONE_AFTER_ANOTHER:
        process = Nightly(home, small).start()
        kill_when(process, home.warehouse, POINTS[point])
        assert process.returncode == -signal.SIGKILL
        assert current_release(home) == before
        assert table_digests(before.tables) == table_digests(undisturbed.tables)
        for manifest in home.releases.glob(".*.tmp/manifest.json"):
            assembled = json.loads(manifest.read_text(encoding="utf-8"))
            assert assembled["content_hash"] == undisturbed.content_hash

    code, screen = Nightly(home, small).run()
    assert code == 0, screen
    after = current_release(home)
    assert after is not None
    assert after.release_id != before.release_id
    assert after.content_hash == undisturbed.content_hash
    assert table_digests(after.tables) == table_digests(undisturbed.tables)
    assert not [p for p in home.releases.iterdir() if p.name.startswith(".")], "nothing left over"
    assert not orphans(home), "no helper outlives its run"


def test_every_point_is_a_kill() -> None:
    assert sorted(ONE_AFTER_ANOTHER) == sorted(POINTS)


def test_killed_during_the_first_intake(small: Path, published_small: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(SAMPLE / "inbox", home.inbox)
    process = Nightly(home, small).start()
    kill_when(process, home.archive, "parsed/*/*")
    assert current_release(home) is None
    code, screen = Nightly(home, small).run()
    assert code == 0, screen
    after, undisturbed = current_release(home), current_release(published_small)
    assert after is not None
    assert undisturbed is not None
    assert after.content_hash == undisturbed.content_hash
    assert table_digests(after.tables) == table_digests(undisturbed.tables)


def test_three_at_once(home: Home, small: Path) -> None:
    """The second waits, says so, and publishes the same content after the first; the third, which may not wait, gives
    up with a reason and disturbs nobody."""
    before = current_release(home)
    assert before is not None
    both = [Nightly(home, small).start("--wait", "300") for _ in range(2)]
    while not list(home.work.glob("*/build.duckdb")):
        assert [process.poll() for process in both] == [None, None], [process.communicate() for process in both]
        time.sleep(0.01)
    code, screen = Nightly(home, small).run("--wait", "0")
    assert code == 1
    assert "still busy" in screen
    screens = [process.communicate(timeout=600) for process in both]
    assert [process.returncode for process in both] == [0, 0], screens
    assert sum("another nightly run is busy" in err for _, err in screens) == 1
    releases = list_releases(home)
    assert len(releases) == 3
    assert {release.content_hash for release in releases} == {before.content_hash}


def orphans(home: Home) -> list[str]:
    """Helper processes of this home that still run, after a moment to notice that their parent is gone."""
    deadline = time.monotonic() + 30
    while True:
        found = []
        for command in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = command.read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(home.root) in words:
                found.append(words)
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
