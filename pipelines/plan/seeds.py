"""Every seed of the plan in force: the checkout's, or, for another plan, those with its own laid over them, written
once into a folder named by a digest of both."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.home import CHECKOUT
from pipelines.plan import PlanBroken, plan_folder, templates_folder
from pipelines.plan.check import OWN_SEEDS, REGISTRY, REQUIRED, check_plan, read_seed
from pipelines.release.draft import Draft

OVERLAYS = CHECKOUT / "dbt_project" / "target" / "plans"
# Dimensions of one county: a plan that has none of its own has none.
DIMENSIONS = ("area_alias", "platform")
# Lists a plan adds to, or changes single rows of: seed → its key.
MERGED = {"plan_parameter": ("name",), "unit_factor": ("unit", "canonical_unit")}
# In the folder of a plan that was kept whole: none of its seeds is merged with the checkout's, none is cut.
WHOLE = "whole_plan.txt"
SHOWN = 10


def seeds_folder() -> Path:
    """Where every seed of the plan in force lies, one csv each. Raises `PlanBroken`."""
    folder = plan_folder()
    return OWN_SEEDS if folder is None else _overlay(folder, _stamp(folder))


def seed_path(name: str) -> Path:
    """The csv of a seed of the plan in force."""
    return seeds_folder() / f"{name}.csv"


def county_code() -> str:
    """The county of the plan in force, as its areas name it (GB/T 2260)."""
    area = read_seed(seed_path("area"))
    return str(area.filter(pl.col("area_type") == "county").get_column("code").item())


def plan_codes(column: str) -> frozenset[str]:
    """The values of `seed.column` (`indicator_registry.target_id`, `area.code`)."""
    seed, _, name = column.partition(".")
    path = seed_path(seed)
    return _codes(path, name, path.stat().st_mtime_ns)


@cache
def _codes(path: Path, name: str, changed: int) -> frozenset[str]:
    return frozenset(read_seed(path).get_column(name).drop_nulls().to_list())


def plan_digest() -> str:
    """Changes whenever a seed of the plan in force does, or a template of the office's own."""
    digest = hashlib.sha256()
    templates = templates_folder()
    own = sorted(path for path in templates.iterdir() if path.is_file()) if templates else []
    for path in [*sorted(seeds_folder().glob("*.csv")), *own]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def keep_plan_of(draft: Draft) -> None:
    """Part of a release: `plan/`, the plan it was made by."""
    keep_plan(draft.folder / "plan")


def keep_plan(folder: Path) -> None:
    """Copy every seed of the plan in force into the new `folder`. Named by `FENGHUANG_PLAN` it is that very plan again,
    also beside another checkout's seeds: of those only what the plan had not at all is taken."""
    folder.mkdir()
    for path in sorted(seeds_folder().glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    note = "此文件夹为完整方案 every seed of the plan this release was made by; FENGHUANG_PLAN may name this folder\n"
    (folder / WHOLE).write_text(note, encoding="utf-8")


def start_plan(folder: Path) -> list[Path]:
    """Write the headings of a plan's files into an empty or new `folder`; the paths written.

    Raises `PlanBroken` where the folder holds csv files already.
    """
    if folder.is_dir() and any(folder.glob("*.csv")):
        raise PlanBroken(f"{folder}: holds csv files already; name an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in (*REQUIRED, *DIMENSIONS, *MERGED, "rule_observation"):
        path = folder / f"{name}.csv"
        heading = (OWN_SEEDS / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        path.write_text(heading + "\n", encoding="utf-8")
        written.append(path)
    return written


def _stamp(folder: Path) -> str:
    digest = hashlib.sha256()
    for root in (OWN_SEEDS, folder):
        for path in sorted(root.iterdir()):
            if path.is_file():
                digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def _overlay(folder: Path, stamp: str) -> Path:
    """Made whole beside its place and renamed, so that two runs may make it at once."""
    place = OVERLAYS / stamp / "seeds"
    if place.is_dir():
        return place
    if faults := check_plan(folder):
        more = [f"… {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        raise PlanBroken("\n".join([*faults[:SHOWN], *more]))
    place.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=OVERLAYS) as scratch:
        made = Path(scratch) / stamp
        (made / "seeds").mkdir(parents=True)
        for own in sorted(OWN_SEEDS.iterdir()):
            if own.suffix == ".csv" and (folder / WHOLE).is_file():
                theirs = folder / own.name
                shutil.copyfile(theirs if theirs.is_file() else own, made / "seeds" / own.name)
            elif own.suffix == ".csv":
                _laid_over(own, folder).write_csv(made / "seeds" / own.name)
            elif own.is_file():
                shutil.copyfile(own, made / "seeds" / own.name)
        if not place.is_dir():
            made.rename(place.parent)
    return place


def _laid_over(own: Path, folder: Path) -> pl.DataFrame:
    """One seed as the plan has it: its own file; else the checkout's, less what belongs to another plan."""
    theirs = folder / own.name
    ours = read_seed(own)
    if own.stem in MERGED:
        key = list(MERGED[own.stem])
        if not theirs.exists():
            return ours
        changed = read_seed(theirs).select(ours.columns)
        return pl.concat([ours.join(changed, on=key, how="anti", maintain_order="left"), changed])
    if theirs.exists():
        return read_seed(theirs).select(ours.columns)
    if own.stem in DIMENSIONS:
        return ours.clear()
    named = next((column for column in ("indicator_id", "target_id") if column in ours.columns), None)
    if named is None:
        return ours
    registered = read_seed(folder / f"{REGISTRY}.csv").get_column("target_id")
    keep = pl.col(named).is_null() | pl.col(named).is_in(registered.to_list())
    if "is_published" in ours.columns:
        keep |= pl.col("is_published") == "false"  # stands for other rules, in no registry
    return ours.filter(keep)
