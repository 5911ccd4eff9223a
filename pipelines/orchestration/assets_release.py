"""The release as an asset: what was published, from what, checked how."""

from collections.abc import Sequence
from datetime import UTC, datetime

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
)

from pipelines.freshness import NightFreshness
from pipelines.orchestration import freshness_checks
from pipelines.orchestration.assets_sources import STEWARD, owners
from pipelines.orchestration.files_table import files_table
from pipelines.orchestration.keys import RELEASE
from pipelines.orchestration.links import release_links
from pipelines.orchestration.resources import stage
from pipelines.orchestration.targets import all_target_tags


def release_asset(published: Sequence[AssetKey]) -> AssetsDefinition:
    """`published`: the tables a release is made of; their blocking checks keep this asset from starting."""

    @asset(
        key=RELEASE,
        deps=list(published),
        group_name="gsbpm_7_disseminate",
        owners=owners(STEWARD),
        kinds={"duckdb"},
        tags=all_target_tags(),
        metadata=release_links(),
        check_specs=[freshness_checks.RELEASE_SPEC],
        required_resource_keys={"night"},
        description="发布版本：不可变的文件夹，`warehouse/current` 指向当前版本 "
        "An immutable folder of checked tables; `warehouse/current` points to the current one.",
    )
    def release(context: AssetExecutionContext) -> MaterializeResult:
        """Asserts itself that every expected check ran and passed in this run: a failed dbt test does not by
        itself stop a Python asset, and what is skipped leaves a run green."""
        night = context.resources.night
        with stage(night):
            made = night.publish()
        manifest = made.manifest
        tables = "\n".join(f"| {name} | {t['rows']} |" for name, t in manifest["tables"].items())
        assert night.report is not None
        built = datetime.fromisoformat(manifest["built_at"])
        return MaterializeResult(
            check_results=[freshness_checks.result(NightFreshness(built, datetime.now(UTC)))],
            metadata={
                "release": made.release_id,
                "path": MetadataValue.path(str(made.path)),
                "content_hash": made.content_hash,
                "previous": manifest["previous"] or "",
                "latest_period": made.latest_period or "",
                "deliveries": made.deliveries,
                "checks": made.checks,
                "tables": MetadataValue.md(f"| table | rows |\n|--|--|\n{tables}"),
                "dagster/row_count": sum(int(t["rows"]) for t in manifest["tables"].values()),
                "files_in_force_sha256": files_table([d for d in night.report.deliveries if d.in_force]),
                "versions": MetadataValue.json(manifest["versions"]),
            },
        )

    return release
