"""Whatever breaks a promise, a check or a model stops the release, leaves `current`, and is named on the screen."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.gate.model import read_results, write_results
from pipelines.home import Home
from pipelines.orchestration.night import LINK, NotPublished, open_night
from pipelines.release import current_release, list_releases, table_digests
from tests.nights import Nightly, repeatable
from tests.release.conftest import copied

pytestmark = pytest.mark.slow


def add_promise(checkout: Path, table: str, check: str, query: str) -> None:
    path = checkout / "expectations" / f"{table}.yml"
    suite = yaml.safe_load(path.read_text(encoding="utf-8"))
    suite["expectations"].append(
        {
            "type": "unexpected_rows_expectation",
            "kwargs": {"unexpected_rows_query": query},
            "meta": {"check": check, "zh": "测试承诺", "en": "a promise of the test"},
        }
    )
    path.write_text(yaml.safe_dump(suite, allow_unicode=True), encoding="utf-8")


def assert_stopped(home: Home, code: int, screen: str, *words: str) -> None:
    """Not published, the reason on one screen, `current` what it was."""
    assert code == 1
    assert "未发布 not published" in screen
    for word in words:
        assert word in screen, screen
    shown = screen[screen.index("未发布 not published") :]
    assert len(shown.splitlines()) <= 30, "one screen"
    (release,) = list_releases(home)
    assert release.is_current
    assert f"current stays {release.release_id}" in screen
    assert len(table_digests(release.tables)) >= 7


def test_a_broken_promise(home: Home, checkout: Callable[[], Path]) -> None:
    changed = checkout()
    add_promise(
        changed,
        "project",
        "no_project_in_qianyuan",
        "select project_id, town_code from {batch} where town_code = '330521101' order by 1",
    )
    code, screen = Nightly(home, changed).run()
    assert_stopped(
        home,
        code,
        screen,
        "marts.project · no_project_in_qianyuan: 未通过 failed",
        "a promise of the test",
        "330521101",
    )


def test_a_check_that_crashes_is_not_a_check_that_failed(home: Home, checkout: Callable[[], Path]) -> None:
    changed = checkout()
    add_promise(changed, "indicator", "typo", "select nonsense from {batch}")
    code, screen = Nightly(home, changed).run()
    assert_stopped(home, code, screen, "marts.indicator · typo: 检查出错 crashed", "nonsense")


def test_a_failed_dbt_test(home: Home, checkout: Callable[[], Path]) -> None:
    changed = checkout()
    (changed / "dbt_project" / "tests").mkdir(exist_ok=True)
    (changed / "dbt_project" / "tests" / "no_project_at_all.sql").write_text(
        "{{ config(enabled=true) }} select project_id from {{ ref('project') }} order by 1"
    )
    code, screen = Nightly(home, changed).run()
    assert_stopped(home, code, screen, "marts.project · no_project_at_all: 未通过 failed (36 rows)", "'project_id'")


def test_a_model_that_raises(home: Home, checkout: Callable[[], Path]) -> None:
    changed = checkout()
    broken = changed / "dbt_project" / "models" / "intermediate" / "int_broken.sql"
    broken.write_text("select cast(parcel_no as date) as no_date from {{ ref('stg_land') }}")
    code, screen = Nightly(home, changed).run()
    assert_stopped(home, code, screen, "model failed: int_broken", "Conversion Error")


def test_a_project_dbt_cannot_read(home: Home, checkout: Callable[[], Path]) -> None:
    changed = checkout()
    (changed / "dbt_project" / "models" / "marts" / "project.sql").write_text("select 1 from {{ ref('nowhere') }}")
    code, screen = Nightly(home, changed).run()
    assert_stopped(home, code, screen, "nowhere")


def test_a_killed_gate(home: Home, small: Path) -> None:
    process = Nightly(home, small).start()
    worker = wait_for_child(process.pid, "pipelines.gate.worker")
    os.kill(worker, signal.SIGKILL)
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in out + err
    assert_stopped(home, process.returncode, out, "did not run", "signal 9")


def wait_for_child(parent: int, name: str) -> int:
    """The id of the child process of `parent` that runs the module `name`."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                ppid = int(status.read_text().rpartition(")")[2].split()[1])
                command = (status.parent / "cmdline").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if ppid == parent and name in command:
                return int(status.parent.name)
        time.sleep(0.02)
    raise AssertionError(f"no {name} under {parent}")


def test_the_release_itself_counts(published_home: Home, tmp_path: Path) -> None:
    """The publishing step asserts what ran, whatever the steps before it said."""
    home = copied(published_home, tmp_path / "home")
    before = current_release(home)
    with open_night(home, "counted", print, 0) as night:
        night.take_in()
        night.start_gate()
        dbt = night.dbt.go()
        assert dbt.stdout is not None
        dbt.stdout.read()
        with pytest.raises(NotPublished, match="did not run"):
            night.publish()  # the gate was never asked
        assert {p.kind for p in (night_cause(night).broken)} == {"unrun"}

        results = night.check_promises()
        assert all(r.passed or r.severity == "warning" for r in results)
        write_results(night.checks_file, results[1:])
        with pytest.raises(NotPublished, match=f"{results[0].name}: 未执行 did not run"):
            night.publish()

        artifact = night.dbt_target / "run_results.json"
        whole = artifact.read_text(encoding="utf-8")
        write_results(night.checks_file, results)
        skipped = json.loads(whole)
        next(r for r in skipped["results"] if r["status"] == "pass")["status"] = "skipped"
        artifact.write_text(json.dumps(skipped), encoding="utf-8")
        with pytest.raises(NotPublished, match="did not run"):
            night.publish()
        artifact.write_text(whole, encoding="utf-8")
        assert read_results(night.checks_file) == results
        published = night.publish()
    assert before is not None
    assert current_release(home) == published
    assert published.content_hash == before.content_hash
    assert repeatable(published) == repeatable(before)
    # The audit also counts the sums that the first release made public.
    then, now = (
        {table: facts for table, facts in release.manifest["public_tables"].items() if table.startswith("marts.")}
        for release in (before, published)
    )
    assert now == then != {}


def night_cause(night: object) -> NotPublished:
    try:
        night.assert_checked()  # type: ignore[attr-defined]
    except NotPublished as reason:
        return reason
    raise AssertionError("the count was satisfied")


def test_dry_run_publishes_nothing(home: Home, small: Path) -> None:
    (before,) = list_releases(home)
    code, screen = Nightly(home, small).run("--dry-run")
    assert code == 0
    assert "nothing published" in screen
    assert list_releases(home) == [before]


def test_what_is_published(published_home: Home) -> None:
    release = current_release(published_home)
    assert release is not None
    with duckdb.connect(str(release.tables), read_only=True) as con:
        assert con.execute("select count(*) from audit.check_result where not passed").fetchall() == [(0,)]
        (checks,) = con.execute("select count(*) from audit.check_result").fetchall()[0]
        assert checks == release.checks > 30
        silent = con.execute(
            "select table_name, column_name from duckdb_columns() where comment is null and schema_name = 'audit' "
            "and table_name = 'check_result'"
        ).fetchall()
        assert silent == []
    assert (release.path / "data_docs" / "index.html").is_file()


def test_a_night_runs_every_data_test_and_no_unit_test(published_home: Home) -> None:
    target = published_home.work / LINK / "dbt_target"
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    ran = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    ids = [r["unique_id"] for r in ran]
    assert not [name for name in ids if name.startswith("unit_test.")]
    data_tests = sorted(name for name, node in nodes.items() if node["resource_type"] == "test")
    assert sorted(name for name in ids if name.startswith("test.")) == data_tests
    release = current_release(published_home)
    assert release is not None
    from_dbt = [(c["table"], c["name"]) for c in release.manifest["checks"] if c["origin"] == "dbt"]
    assert len(set(from_dbt)) == len(data_tests) >= 100
