"""The release as an asset: what was published, from what, checked how."""

from collections.abc import Sequence

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
)

from pipelines.orchestration.assets_sources import STEWARD, owners
from pipelines.orchestration.resources import stage

RELEASE = AssetKey("release")


def release_asset(published: Sequence[AssetKey]) -> AssetsDefinition:
    """`published`: the tables a release is made of; their blocking checks keep this asset from starting."""

    @asset(
        key=RELEASE,
        deps=list(published),
        group_name="gsbpm_7_disseminate",
        owners=owners(STEWARD),
        kinds={"duckdb"},
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
        return MaterializeResult(
            metadata={
                "release": made.release_id,
                "path": MetadataValue.path(str(made.path)),
                "content_hash": made.content_hash,
                "previous": manifest["previous"] or "",
                "latest_period": made.latest_period or "",
                "deliveries": made.deliveries,
                "checks": made.checks,
                "tables": MetadataValue.md(f"| table | rows |\n|--|--|\n{tables}"),
                "versions": MetadataValue.json(manifest["versions"]),
            }
        )

    return release
