"""The nightly job, and the intake alone."""

from __future__ import annotations

from dagster import AssetSelection, define_asset_job, in_process_executor

from pipelines.orchestration.assets_sources import check_specs, specs
from pipelines.orchestration.keys import RELEASE, part_key
from pipelines.orchestration.resources import NIGHTLY, REHEARSAL
from pipelines.release.parts import PARTS

EVERYTHING = AssetSelection.all() | AssetSelection.all_asset_checks()

# One process: starting one a step costs more than the work.
nightly = define_asset_job(
    NIGHTLY,
    selection=EVERYTHING,
    executor_def=in_process_executor,
    description="收件、构建、检查、发布 Intake, build, gate, publish.",
)

rehearsal = define_asset_job(
    REHEARSAL,
    selection=EVERYTHING
    - AssetSelection.assets(RELEASE, *(part_key(part.name) for part in PARTS))
    - AssetSelection.checks_for_assets(RELEASE),
    executor_def=in_process_executor,
    description="试运行：构建并检查，不发布 Builds and checks everything, publishes nothing.",
)

intake = define_asset_job(
    "intake",
    selection=AssetSelection.assets(*[spec.key for spec in specs()]).without_checks()
    | AssetSelection.checks(*[spec.key for spec in check_specs()]),
    executor_def=in_process_executor,
    description="只收件 Take in what is new and send back what is spoiled; publishes nothing.",
)
