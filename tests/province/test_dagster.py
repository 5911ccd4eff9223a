"""The Dagster view of a province, and its job on one whose county fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dagster import AssetCheckKey, AssetKey, DagsterInstance, DefaultScheduleStatus

from pipelines.orchestration.province import PROVINCE_RELEASE, PUBLISHED, county_key, province_definitions
from pipelines.release import current_release
from tests.nights import CHECKOUT
from tests.province.conftest import GROUPED, OTHER_PLAN, SAMPLE_CODE, Made, copy_of

SHOWN = """
import sys
from pipelines.definitions import defs
repository = defs.get_repository_def()
print(*sorted(key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()))
print(*sorted(schedule.name for schedule in repository.schedule_defs))
print(*sorted({"great_expectations", "pandas", "polars", "dagster_dbt"} & set(sys.modules)))
"""


def test_where_the_home_is_a_province_its_counties_are_shown(made: Made) -> None:
    environment = {**os.environ, "FENGHUANG_HOME": str(made.root), "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", SHOWN], env=environment, capture_output=True, text=True, check=True)
    assets, schedules, heavy = done.stdout.splitlines()
    counties = [f"province/county_{code}" for code in (SAMPLE_CODE, GROUPED, OTHER_PLAN)]
    assert assets.split() == sorted([*counties, "province/release"])
    assert schedules == "province_nightly"
    assert heavy == "", "they load light"


def test_the_roll_up_stands_on_every_county_and_runs_at_two(made: Made) -> None:
    repository = province_definitions(made.province).get_repository_def()
    graph = repository.asset_graph
    counties = {county_key(county) for county in made.province.counties}
    assert graph.get(PROVINCE_RELEASE).parent_keys == counties
    assert {check.name for key in counties for check in graph.get(key).check_keys} == {PUBLISHED}
    (schedule,) = repository.schedule_defs
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Asia/Shanghai")
    assert schedule.default_status is DefaultScheduleStatus.RUNNING


def test_a_county_that_fails_turns_the_run_red_after_the_roll_up(made: Made, tmp_path: Path) -> None:
    broken = copy_of(made, tmp_path)
    (broken.root / "plans" / OTHER_PLAN / "area.csv").write_text("code\n", encoding="utf-8")
    before = current_release(broken.province.home)
    failing = AssetKey(["province", f"county_{OTHER_PLAN}"])
    job = province_definitions(broken.province).resolve_job_def("province_nightly")
    with DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(
            instance=instance, asset_selection=[failing, PROVINCE_RELEASE], raise_on_error=False
        )
        made_here = {event.asset_key for event in run.get_asset_materialization_events()}
        (check,) = [
            e.asset_check_evaluation_data for e in run.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"
        ]
    assert not run.success
    assert made_here == {PROVINCE_RELEASE}, "the roll-up was made all the same, the county's release was not"
    assert check.asset_check_key == AssetCheckKey(failing, PUBLISHED) and not check.passed
    assert "the plan cannot be used" in str(check.metadata["cause"].value)
    after = current_release(broken.province.home)
    assert before is not None and after is not None and after.release_id != before.release_id
    assert {c["county_code"] for c in after.manifest["counties"] if c["status"] == "stale"} == {OTHER_PLAN}
