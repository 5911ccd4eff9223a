"""Which code made a release: a digest of the project's own files, and the versions of what it stands on."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
OWN_FOLDERS = ("dbt_project", "expectations", "pipelines")
# The plan is data of its own, with a digest of its own (`plan_digest`).
PLAN = "dbt_project/seeds/*.csv"
# Made by running, not written by us.
MADE = {"__pycache__", "dbt_packages", "logs", "target", ".user.yml"}
PACKAGES = (
    "fenghuang",
    "dagster",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "great-expectations",
    "polars",
    "pyarrow",
    "pysdmx",
    "xlsxwriter",
)


def own_files(root: Path = CHECKOUT, folders: Sequence[str] = OWN_FOLDERS) -> Iterator[Path]:
    """The files that decide what a release says, in a fixed order."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and MADE.isdisjoint(path.relative_to(root).parts):
                yield path


def code_digest(root: Path = CHECKOUT) -> str:
    """sha256 over names and bytes of the project's own files, less the plan's seeds: the same checkout gives the same
    digest anywhere."""
    digest = hashlib.sha256()
    for path in own_files(root):
        name = path.relative_to(root)
        if not name.match(PLAN):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{name.as_posix()} {content}\n".encode())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
