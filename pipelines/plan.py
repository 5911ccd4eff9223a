"""The plan in force: a folder of seeds (registry, areas, dimensions, units, rules, parameters).

The plan is data: `FENGHUANG_PLAN` names another folder; a seed it lacks is taken from the project's own.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.home import CHECKOUT

OWN_SEEDS = CHECKOUT / "dbt_project" / "seeds"


def plan_folder() -> Path:
    """`FENGHUANG_PLAN`, or the project's own seeds.

    Raises `FileNotFoundError` where the folder is not there.
    """
    folder = Path(os.environ.get("FENGHUANG_PLAN") or OWN_SEEDS).resolve()
    if not folder.is_dir():
        raise FileNotFoundError(f"FENGHUANG_PLAN: {folder} is no folder; name the folder that holds the plan's seeds")
    return folder


def seed_path(name: str) -> Path:
    """The csv of a seed: the plan's, or the project's own."""
    own = plan_folder() / f"{name}.csv"
    return own if own.exists() else OWN_SEEDS / f"{name}.csv"


def plan_codes(column: str) -> frozenset[str]:
    """The values of `seed.column` (`indicator_registry.target_id`, `area.code`)."""
    seed, _, name = column.partition(".")
    path = seed_path(seed)
    return _codes(path, name, path.stat().st_mtime_ns)


@cache
def _codes(path: Path, name: str, changed: int) -> frozenset[str]:
    return frozenset(pl.read_csv(path, infer_schema=False).get_column(name).drop_nulls().to_list())


def plan_digest() -> str:
    """Changes whenever a seed of the plan does."""
    digest = hashlib.sha256()
    for name in sorted({p.stem for folder in (OWN_SEEDS, plan_folder()) for p in folder.glob("*.csv")}):
        digest.update(name.encode() + b"\0" + seed_path(name).read_bytes())
    return digest.hexdigest()
