"""The parsed dbt project, as Dagster's definitions read it."""

from __future__ import annotations

from functools import cache
from typing import Any

from dagster_dbt.dbt_manifest import validate_manifest

from pipelines.build.dbt_project import parsed_manifest
from pipelines.build.dbt_runner import subject


@cache
def project_manifest() -> dict[str, Any]:
    """Parsed only when the project's files changed. Raises `DbtProjectBroken`."""
    manifest: dict[str, Any] = dict(validate_manifest(parsed_manifest()))
    for test in manifest["nodes"].values():
        # A test that reads several models would be no check of any asset.
        if test["resource_type"] == "test" and not test.get("attached_node"):
            test["attached_node"] = subject(manifest, test)
    return manifest


def ancestors(unique_id: str) -> set[str]:
    """Every node a node is made from, itself too."""
    return _reached(unique_id, "parent_map")


def descendants(unique_id: str) -> set[str]:
    """Every node made from a node, itself too."""
    return _reached(unique_id, "child_map")


def _reached(unique_id: str, edges: str) -> set[str]:
    neighbours = project_manifest()[edges]
    reached, frontier = set[str](), {unique_id}
    while frontier:
        reached |= frontier
        frontier = {other for node in frontier for other in neighbours.get(node, [])} - reached
    return reached
