"""Who may read what of an installation: the public everything an area figure, the files' group also the rest.

Owner: the account that runs the night. Group: the county's own analysts. Others: everybody else on the machine, and the
web server that serves the public part. docs/operations.md, "Who may read what".
"""

from __future__ import annotations

from pathlib import Path

from pipelines.home import Home

# What of a release is public, by its first name in the release's folder. Whatever is not named here is internal, so
# that a part that somebody adds is not public by mistake. The manifest names deliveries and what checks observed.
PUBLIC = frozenset({"public.duckdb", "parquet", "csv", "excel", "sdmx", "datapackage.json", "passports", "reports"})

PUBLIC_FILE, PUBLIC_FOLDER = 0o444, 0o755
INTERNAL_FILE, INTERNAL_FOLDER = 0o440, 0o750
OTHERS = 0o007


def set_release_modes(folder: Path) -> None:
    """Modes of an assembled release: read-only files, internal ones for owner and group alone."""
    for entry in folder.iterdir():
        is_public = entry.name in PUBLIC
        for path in (entry, *entry.rglob("*")) if entry.is_dir() else (entry,):
            if path.is_dir():
                path.chmod(PUBLIC_FOLDER if is_public else INTERNAL_FOLDER)
            else:
                path.chmod(PUBLIC_FILE if is_public else INTERNAL_FILE)
    folder.chmod(PUBLIC_FOLDER)


def close_to_others(home: Home) -> None:
    """Deliveries, work files and the record of runs hold rows of enterprises: no way in for others. The way to the
    public part of a release stays open."""
    for folder in (home.raw, home.work, home.dagster):
        if folder.is_dir() and folder.stat().st_mode & OTHERS:
            folder.chmod(folder.stat().st_mode & 0o7777 & ~OTHERS)
    for folder in (home.warehouse, home.releases):
        # Only where it has to be: a service that may not set group bits may not keep them by a chmod either.
        if folder.is_dir() and folder.stat().st_mode & 0o555 != 0o555:
            folder.chmod(folder.stat().st_mode & 0o7777 | 0o555)
