"""How assets are called."""

from __future__ import annotations

from dagster import AssetKey

RELEASE = AssetKey("release")


def source_key(source: str) -> AssetKey:
    return AssetKey(["raw", source])


def table_key(table: str) -> AssetKey:
    """Of `schema.table`."""
    return AssetKey(table.split("."))


def part_key(name: str) -> AssetKey:
    """Of a part of the release (`pipelines.release.parts`)."""
    return AssetKey([*RELEASE.path, name])
