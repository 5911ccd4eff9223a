"""The Dagster view of a province: an asset a county (its release), and the roll-up that stands on them.

What lies within a county is seen where its own folder is the home.
"""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    AssetSpec,
    DefaultScheduleStatus,
    Definitions,
    Failure,
    MaterializeResult,
    MetadataValue,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
    multi_asset,
)

from pipelines.freshness import TIMEZONE
from pipelines.province.registry import County, Province
from pipelines.release.store import find_release

PROVINCE_NIGHTLY = "province_nightly"
PROVINCE_RELEASE = AssetKey(["province", "release"])
PUBLISHED = "is_published"
TIMEOUT_S = 6 * 3600.0


def county_key(county: County) -> AssetKey:
    return AssetKey(["province", f"county_{county.county_code}"])


def province_definitions(province: Province) -> Definitions:
    """Of the province as its registry stands; loads without dbt, Polars or Great Expectations."""
    job = define_asset_job(
        PROVINCE_NIGHTLY,
        selection=AssetSelection.all() | AssetSelection.all_asset_checks(),
        executor_def=in_process_executor,
        description="各县的夜间任务，然后汇总 The night of every county, then the roll-up.",
    )
    return Definitions(
        assets=[_night_assets(province)],
        jobs=[job],
        schedules=[
            ScheduleDefinition(
                name=PROVINCE_NIGHTLY,
                job=job,
                cron_schedule="0 2 * * *",
                execution_timezone=TIMEZONE,
                default_status=DefaultScheduleStatus.RUNNING,
            )
        ],
        executor=in_process_executor,
    )


def _night_assets(province: Province) -> AssetsDefinition:
    by_key = {county_key(county): county for county in province.counties}
    specs = [
        AssetSpec(
            key,
            description=f"{county.name_zh} {county.name_en}：本县的发布版本 the county's release, `fenghuang --county "
            f"{county.county_code} …`",
            group_name="province",
            kinds={"duckdb"},
            skippable=True,
            metadata={"county_code": county.county_code, "plan": county.plan, "group": county.unix_group},
        )
        for key, county in by_key.items()
    ]
    whole = AssetSpec(
        PROVINCE_RELEASE,
        deps=list(by_key),
        description=f"{province.area.name_zh} {province.area.name_en}：全省汇总 the roll-up: sums first, then ratios; "
        "a county whose night failed is in it with its last good release.",
        group_name="province",
        kinds={"duckdb"},
        skippable=True,
    )
    about = (
        "当夜已发布 Its night was published; where not, its last good release is used and the run is red in the end."
    )

    @multi_asset(
        name="counties_and_roll_up",
        specs=[*specs, whole],
        check_specs=[AssetCheckSpec(PUBLISHED, asset=key, description=about) for key in by_key],
        can_subset=True,
    )
    def province_night(context: AssetExecutionContext) -> Iterator[MaterializeResult | AssetCheckResult]:
        """One step: what a county that failed did not make must not keep the roll-up from running."""
        from pipelines.province.province_night import run_province_night

        chosen = [county.county_code for key, county in by_key.items() if key in context.selected_asset_keys]
        night = run_province_night(
            province,
            context.log.info,
            only=chosen,
            timeout_s=TIMEOUT_S,
            rolls_up=PROVINCE_RELEASE in context.selected_asset_keys,
        )
        asked = {check.asset_key for check in context.selected_asset_check_keys}
        for one in night.counties:
            key = county_key(one.county)
            if one.is_published and one.release:
                yield MaterializeResult(key, metadata=_told(province, one.county, one.release, one.seconds))
            if key in asked:
                yield AssetCheckResult(
                    asset_key=key,
                    check_name=PUBLISHED,
                    passed=one.is_published,
                    severity=AssetCheckSeverity.ERROR,
                    metadata={"cause": one.cause, "log": MetadataValue.path(str(one.log))},
                )
        if night.rolled_up is not None and night.rolled_up.release is not None:
            made = night.rolled_up.release
            yield MaterializeResult(
                PROVINCE_RELEASE,
                metadata={
                    "release": made.release_id,
                    "path": MetadataValue.path(str(made.path)),
                    "content_hash": made.content_hash,
                    "latest_period": made.latest_period or "",
                    "counties": MetadataValue.md(
                        "| county | status | release |\n|--|--|--|\n"
                        + "\n".join(
                            f"| {c['county_code']} | {c['status']} | {c['release'] or '—'} |"
                            for c in made.manifest["counties"]
                        )
                    ),
                    "dagster/row_count": made.values,
                },
            )
        if not night.is_well:
            failed = [f"{one.county.county_code}: {one.cause}" for one in night.counties if not one.is_published]
            if night.rolled_up is not None and not night.rolled_up.ok:
                failed.append(f"{province.area.code}: {night.rolled_up.stage}: {night.rolled_up.headline}")
            raise Failure(description="\n".join(failed), allow_retries=False)

    return province_night


def _told(province: Province, county: County, release: str, seconds: float) -> dict[str, Any]:
    made = find_release(province.home_of(county), release)
    return {
        "release": made.release_id,
        "path": MetadataValue.path(str(made.path)),
        "content_hash": made.content_hash,
        "latest_period": made.latest_period or "",
        "deliveries": made.deliveries,
        "checks": made.checks,
        "seconds": seconds,
    }
