"""The Dagster definitions of a county: its sources, models, checks and release.

Loads without Great Expectations, and without a dbt parse while the project's files are unchanged.
"""

from __future__ import annotations

from dagster import AssetKey, Definitions, colored_console_logger, in_process_executor

from pipelines.gate.suites import load_suites
from pipelines.orchestration.assets_dbt import dbt_build_assets
from pipelines.orchestration.assets_release import release_asset
from pipelines.orchestration.assets_sources import RECORDS, intake
from pipelines.orchestration.checks import gate_checks
from pipelines.orchestration.jobs import intake as intake_job
from pipelines.orchestration.jobs import nightly, rehearsal
from pipelines.orchestration.loggers import run_log
from pipelines.orchestration.resources import night
from pipelines.orchestration.schedules import nightly_schedule
from pipelines.orchestration.sensors import inbox_sensor
from pipelines.orchestration.sensors_told import TOLD_SENSORS
from pipelines.release.tables import PUBLISHED_SCHEMAS


def _published(keys: set[AssetKey]) -> list[AssetKey]:
    return sorted(key for key in keys if key.path[0] in PUBLISHED_SCHEMAS)


def county_definitions() -> Definitions:
    suites = load_suites()
    build = dbt_build_assets({suite.table: suite.name for suite in suites})
    release = release_asset(_published({*build.keys, *(AssetKey(key) for key in RECORDS)}))
    return Definitions(
        assets=[intake, build, release],
        asset_checks=[gate_checks(suites)],
        jobs=[nightly, rehearsal, intake_job],
        schedules=[nightly_schedule],
        sensors=[inbox_sensor, *TOLD_SENSORS],
        resources={"night": night},
        executor=in_process_executor,
        loggers={"console": colored_console_logger, "run_log": run_log},
    )
