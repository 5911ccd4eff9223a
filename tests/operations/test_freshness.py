"""What is overdue, by the rhythm of each source, on days chosen for it; told once, and shown in Dagster."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, build_sensor_context
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from typer.testing import CliRunner

from pipelines import freshness, notify
from pipelines.cli import app
from pipelines.freshness import NIGHT_OVERDUE, Freshness, SourceFreshness, judge
from pipelines.home import Home
from pipelines.orchestration.freshness_checks import CHECK
from pipelines.orchestration.sensors_told import freshness as freshness_sensor
from pipelines.release.store import clean_up
from pipelines.watch import watch
from tests.nights import CHECKOUT
from tests.release.test_store import publish_one
from tests.servers import HttpServer, Reply
from tests.status.test_status import FEB_TO_DEC, Row, contract, refused


def at(day: str, hour: int = 4) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def source(rows: list[Row], rules: object, day: str, hour: int = 4) -> SourceFreshness:
    (seen,) = judge(rows, rules, None, at(day, hour)).sources  # type: ignore[arg-type]
    return seen


MONTHLY = contract(months=FEB_TO_DEC)


def test_a_month_is_overdue_the_day_after_its_due_day() -> None:
    rows = [Row("s", "f", "2021-03")]
    on_the_day, after = source(rows, MONTHLY, "2021-05-20"), source(rows, MONTHLY, "2021-05-21")
    assert on_the_day.is_fresh and on_the_day.expected == "下一期 next 2021-04，应于 due 2021-05-20"
    assert not after.is_fresh and after.days_overdue == 1
    assert after.expected == "2021-04，应于 due 2021-05-20"
    assert after.observed == "最新 newest 2021-03；逾期 overdue 1，自 since 2021-05-20 (1 天 days)"


def test_days_are_those_of_the_county() -> None:
    rows = [Row("s", "f", "2021-03")]
    assert source(rows, MONTHLY, "2021-05-20", hour=15).is_fresh
    assert not source(rows, MONTHLY, "2021-05-20", hour=16).is_fresh, "it is the 21st in Shanghai"


@pytest.mark.parametrize(
    ("every", "period", "rhythm", "here", "fresh_until", "due"),
    [
        ("quarter", "quarter", {"months": [3, 6, 9, 12]}, "2021-Q1", "2021-07-20", "2021-Q2"),
        ("year", "year", {"months": [3], "during_year": True}, "2021", "2022-04-20", "2022"),
        ("year", "year", {"months": [3]}, "2020", "2022-04-20", "2021"),
        ("month", "month", {"months": [3, 6, 9, 12]}, "2021-12", "2022-04-20", "2022-03"),
    ],
)
def test_each_rhythm(every: str, period: str, rhythm: dict[str, object], here: str, fresh_until: str, due: str) -> None:
    rules = contract(every, period, **rhythm)
    rows = [Row("s", "f", here)]
    last = datetime.fromisoformat(fresh_until)
    seen = source(rows, rules, fresh_until)
    assert seen.is_fresh and seen.next_due is not None and seen.next_due.period == due
    late = source(rows, rules, (last + timedelta(days=1)).date().isoformat())
    assert [owed.period for owed in late.overdue] == [due]


def test_on_demand_owes_nothing() -> None:
    seen = source([], contract("on_demand", "date"), "2030-01-01")
    assert seen.is_fresh and seen.expected == "随时 on demand"


def test_a_refused_file_is_not_a_delivery_and_a_hole_is_no_lateness() -> None:
    rows = [Row("s", "f", "2021-02"), Row("s", "f", "2021-04"), refused("s", "2021-05", "empty")]
    seen = source(rows, MONTHLY, "2021-06-25")
    assert [owed.period for owed in seen.overdue] == ["2021-05"]
    assert seen.newest == "2021-04"


def test_before_anything_arrived_nothing_is_overdue_but_the_night() -> None:
    seen = judge([], MONTHLY, None, at("2021-06-25"))
    assert list(seen.stale()) == ["night:None"]


def test_the_night_is_overdue_after_a_day_and_two_hours() -> None:
    ended = at("2021-06-24", 18)
    assert judge([], MONTHLY, ended, ended + NIGHT_OVERDUE).night.is_fresh
    late = judge([], MONTHLY, ended, ended + NIGHT_OVERDUE + timedelta(hours=1)).night
    assert not late.is_fresh
    assert late.observed == "上次 last 2021-06-25 02:00，27 小时前 hours ago"


# ------------------------------------------------------------------------------------------------ an installation


NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
ENDED = datetime(2026, 11, 23, 18, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home")
    clean_up(home)
    publish_one(home, "run1", at=ENDED)
    monkeypatch.setenv("FENGHUANG_HOME", str(home.root))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return home


def test_people_are_told_once_and_again_when_it_comes_again(
    home: Home, http_server: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = tmp_path / "channels"
    channels.write_text(f"{http_server.url.replace('http', 'json')}/x\n")
    monkeypatch.setenv(notify.VARIABLE, str(channels))
    http_server.answer = lambda request: Reply(500)
    late = ENDED + NIGHT_OVERDUE + timedelta(hours=2)

    assert watch(home, NOW).told == () and http_server.requests == [], "nothing is overdue"
    assert watch(home, late).sent.failures, "nobody took it"
    http_server.answer = lambda request: Reply(200)
    http_server.requests.clear()
    (line,) = watch(home, late).told
    assert "夜间任务 the night" in line and "28 小时前" in line
    for hours in (1, 24, 100):
        assert watch(home, late + timedelta(hours=hours)).told == (), "told already"
    assert len(http_server.requests) == 1
    assert json.loads(http_server.requests[0].body)["type"] == "warning"

    publish_one(home, "run2", at=late)
    assert watch(home, late + timedelta(hours=1)).told == ()
    assert len(watch(home, late + timedelta(days=3)).told) == 1, "another night is missing"
    assert len(http_server.requests) == 2


def test_the_command_for_cron(home: Home) -> None:
    run = CliRunner().invoke
    fresh = run(app, ["freshness", "--fail-if-stale", "--as-of", "2026-11-24"], env={"COLUMNS": "200"})
    assert fresh.exit_code == 0 and "✓" in fresh.output
    stale = run(app, ["freshness", "--fail-if-stale", "--as-of", "2026-11-26"], env={"COLUMNS": "200"})
    assert stale.exit_code == 1 and "night" in stale.output
    assert run(app, ["freshness", "--as-of", "2026-11-26"]).exit_code == 0
    assert run(app, ["freshness", "--as-of", "2026-11-26", "--notify"]).exit_code == 2


def check_of(instance: DagsterInstance, *key: str) -> tuple[bool, str, str]:
    """(passed, expected, observed) as the web server reads it."""
    check = AssetCheckKey(AssetKey(list(key)), CHECK)
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([check])[check]
    assert record.event is not None and record.event.dagster_event is not None
    seen = record.event.dagster_event.asset_check_evaluation_data
    assert (record.status == AssetCheckExecutionRecordStatus.SUCCEEDED) == seen.passed
    return seen.passed, str(seen.metadata["expected"].value), str(seen.metadata["observed"].value)


@pytest.fixture
def dagster_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The embedded instance, as `make ui` makes it."""
    home.dagster.mkdir()
    (home.dagster / "dagster.yaml").write_bytes((CHECKOUT / "dagster.yaml").read_bytes())
    monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
    return home.dagster


def test_a_night_that_never_started_shows_in_dagster(home: Home, dagster_home: Path) -> None:
    with DagsterInstance.get() as instance:
        watch(home, NOW, instance)
        assert check_of(instance, "release")[0]
        watch(home, NOW + timedelta(days=2), instance)
    with DagsterInstance.get() as instance:
        passed, expected, observed = check_of(instance, "release")
        assert (passed, expected) == (False, "26 小时内发布 published within the last hours")
        assert "58 小时前 hours ago" in observed
        assert check_of(instance, "raw", "tax")[0], "nothing has ever arrived"
        assert instance.get_runs_count() == 0, "no run was needed"


def test_the_command_and_the_sensor_leave_the_same_answer(
    home: Home, dagster_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Freshness] = []
    look = freshness.look

    def looking(*arguments: object) -> Freshness:
        looked.append(look(*arguments))  # type: ignore[arg-type]
        return looked[-1]

    monkeypatch.setattr("pipelines.watch.look", looking)
    result = CliRunner().invoke(app, ["freshness", "--notify", "--fail-if-stale"])
    with DagsterInstance.get() as instance:
        first = check_of(instance, "release")
        answer = freshness_sensor(build_sensor_context(instance=instance))
        second = check_of(instance, "release")
    assert [seen.is_fresh for seen in looked] == [result.exit_code == 0] * 2
    assert first[:2] == second[:2] == (looked[0].night.is_fresh, looked[0].night.expected)
    assert "SkipReason" in repr(answer), "no run is started"
