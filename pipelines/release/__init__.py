"""Releases: immutable, whole or not there at all, and one pointer to the current one."""

from pipelines.release.store import Release, current_release, list_releases
from pipelines.release.tables import table_digests

__all__ = ["Release", "current_release", "list_releases", "table_digests"]
