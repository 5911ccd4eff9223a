"""Old runs leave Dagster's store; what an asset last was stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster import AssetKey, DagsterInstance, asset, define_asset_job
from dagster._core.definitions.decorators.repository_decorator import repository

from pipelines.retention import KEEP_RUNS_DAYS, forget_old_runs


@asset
def kept() -> None:
    pass


@repository
def both() -> list[object]:
    return [kept, define_asset_job("nightly", [kept]), define_asset_job("intake", [kept])]


def test_runs_are_forgotten_after_their_days_but_the_newest_of_each_job(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        for name in ("nightly", "nightly", "intake"):
            assert both.get_job(name).execute_in_process(instance=instance).success
        runs = [run.run_id for run in instance.get_runs()]  # newest first
        now = datetime.now(UTC)
        assert forget_old_runs(instance, now + timedelta(days=KEEP_RUNS_DAYS - 1)) == 0
        assert forget_old_runs(instance, now + timedelta(days=KEEP_RUNS_DAYS + 1)) == 1
        assert [run.run_id for run in instance.get_runs()] == runs[:2]
        assert forget_old_runs(instance, now + timedelta(days=1000)) == 0
        last = instance.get_latest_materialization_event(AssetKey("kept"))
        assert last is not None and last.run_id == runs[0]
