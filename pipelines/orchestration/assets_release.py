"""The release and its parts as assets: what was published, from what, checked how."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from pipelines.freshness import NightFreshness
from pipelines.orchestration import freshness_checks
from pipelines.orchestration.assets_sources import STEWARD, owners
from pipelines.orchestration.files_table import files_table
from pipelines.orchestration.keys import RELEASE, part_key
from pipelines.orchestration.links import release_links
from pipelines.orchestration.resources import stage
from pipelines.orchestration.targets import all_target_tags
from pipelines.release.draft import Part
from pipelines.release.parts import PARTS
from pipelines.release.store import TABLES_FILE, Release

FILES_SHOWN = 50


def release_asset(published: Sequence[AssetKey]) -> AssetsDefinition:
    """The release and its parts, each an asset of its own, written by one step: they appear together or not at all.

    `published`: the tables a release is made of; their blocking checks keep these assets from starting.
    """
    whole = AssetSpec(
        RELEASE,
        deps=[*published, *(part_key(part.name) for part in PARTS)],
        description="发布版本：不可变的文件夹，`warehouse/current` 指向当前版本 "
        "An immutable folder of checked tables; `warehouse/current` points to the current one.",
    )
    specs = [_spec(part, published) for part in PARTS]

    @multi_asset(
        name="release",
        specs=[
            spec.replace_attributes(
                group_name="gsbpm_7_disseminate",
                owners=owners(STEWARD),
                kinds={"duckdb"},
                metadata=release_links(),
                tags=all_target_tags(),
            )
            for spec in (whole, *specs)
        ],
        check_specs=[freshness_checks.RELEASE_SPEC],
        required_resource_keys={"night"},
    )
    def release(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        """Asserts itself that every expected check ran and passed in this run: a failed dbt test does not by
        itself stop a Python asset, and what is skipped leaves a run green."""
        night = context.resources.night
        with stage(night):
            made = night.publish()
        for part in PARTS:
            yield MaterializeResult(part_key(part.name), metadata=_written(part, made))
        manifest = made.manifest
        tables = "\n".join(f"| {name} | {t['rows']} |" for name, t in manifest["tables"].items())
        assert night.report is not None
        built = datetime.fromisoformat(manifest["built_at"])
        yield MaterializeResult(
            RELEASE,
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


def _spec(part: Part, published: Sequence[AssetKey]) -> AssetSpec:
    return AssetSpec(
        part_key(part.name),
        deps=[part_key(name) for name in part.reads] or list(published),
        description=part.about,
    )


def _written(part: Part, made: Release) -> dict[str, Any]:
    """Where it lies, how many files and bytes; sha256s where they fit on a screen."""
    made_here = part.makes or (TABLES_FILE,)
    files = {name: facts for name, facts in made.manifest["files"].items() if name.startswith(made_here)}
    metadata: dict[str, Any] = {
        "release": made.release_id,
        "path": MetadataValue.path(str(made.path / (made_here[0] if len(made_here) == 1 else ""))),
        "files": len(files),
        "bytes": sum(int(facts["bytes"]) for facts in files.values()),
    }
    if len(files) <= FILES_SHOWN:
        rows = "\n".join(f"| {name} | {facts['sha256']} |" for name, facts in sorted(files.items()))
        metadata["sha256"] = MetadataValue.md(f"| file | sha256 |\n|--|--|\n{rows}")
    return metadata
