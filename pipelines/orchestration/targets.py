"""Which targets of the plan an asset serves: tags by clause, campaign and lead unit, to filter the lineage by.

A rule seed names the indicators that one model (`int_indicator_…`) computes and another (`int_contribution_…`) traces;
whatever those are made from, and whatever is made from them, serves their targets; what else goes into the tables of
all indicators (revised targets, the registry), and a mart that names no clause, serves every target. This is as fine as
the lineage of tables: a source that feeds one ratio carries the tags of every ratio. Lists that compute no indicator
name their clauses in the `meta` of their model.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.build.dbt_project import PROJECT
from pipelines.orchestration.project import ancestors, descendants, project_manifest
from pipelines.plan import PlanBroken, plan_folder

# What computes figures, and what lists the rows behind them.
COMPUTES = ("int_indicator_", "int_contribution_")
UNITS = Path(__file__).with_name("units.yml")
NUMERALS = str.maketrans("一二三四五六七八九", "123456789")


@dataclass(frozen=True)
class Target:
    """A row of the registry, as far as tags go."""

    clause: str
    campaign: str
    lead_unit: str


def target_tags(unique_id: str) -> dict[str, str]:
    """Tags of a node of the dbt project (models, seeds, and sources, which are the bureaus' files)."""
    return _tags(_served().get(unique_id, frozenset()))


def all_target_tags() -> dict[str, str]:
    """Tags of what serves the whole plan."""
    return _tags(frozenset(_targets().values()))


def lead_units(unique_id: str) -> str:
    """In words; a tag may hold ASCII only."""
    return "、".join(sorted({t.lead_unit for t in _served().get(unique_id, ()) if t.lead_unit}))


def clause_tag(clause: str) -> str | None:
    """`三-7` → `clause/3-07`, `四-(二)` → `clause/4-02`, `二` → `clause/2`; None where nothing ASCII is left."""
    parts = [part for part in re.split(r"[^0-9A-Za-z_.]+", _ten(clause)) if part]
    text = "-".join([*parts[:1], *(part.zfill(2) for part in parts[1:])])[:63]
    return f"clause/{text}" if text else None


def _ten(text: str) -> str:
    """Chinese numerals up to 99 as digits."""
    text = re.sub(r"([二三四五六七八九]?)十([一二三四五六七八九]?)", lambda m: f"{m[1] or '一'}{m[2] or '0'}", text)
    return text.translate(NUMERALS)


@cache
def unit_tags() -> dict[str, str]:
    """Unit → its ASCII name; a unit of another plan that is not listed has no tag, only its words."""
    names: dict[str, str] = yaml.safe_load(UNITS.read_text(encoding="utf-8"))
    return {unit: f"lead_unit/{name}" for unit, name in names.items()}


def _tags(targets: Iterable[Target]) -> dict[str, str]:
    found = set[str]()
    for target in targets:
        found |= {tag for tag in (clause_tag(target.clause), unit_tags().get(target.lead_unit)) if tag}
        if re.fullmatch(r"[A-Za-z0-9_.-]{1,63}", target.campaign):
            found.add(f"campaign/{target.campaign}")
    return dict.fromkeys(sorted(found), "")


@cache
def _served() -> Mapping[str, frozenset[Target]]:
    """Unique id → targets."""
    nodes = project_manifest()["nodes"]
    targets = _targets()
    served: dict[str, set[Target]] = {}
    for unique_id, node in nodes.items():
        if node["resource_type"] == "model" and node["name"].startswith(COMPUTES):
            own = {targets[i] for i in _indicators(node) if i in targets}
            for other in ancestors(unique_id) | descendants(unique_id):
                served.setdefault(other, set()).update(own)
        elif clauses := node["config"].get("meta", {}).get("clauses"):
            own = {target for target in targets.values() if target.clause in clauses}
            for other in ancestors(unique_id):
                served.setdefault(other, set()).update(own)
    whole = set(targets.values())
    for mart in sorted(unique_id for unique_id, node in nodes.items() if node["schema"] == "marts"):
        made_from = ancestors(mart)
        names_none = mart not in served
        if names_none or any(nodes[up]["name"].startswith(COMPUTES) for up in made_from if up in nodes):
            for other in made_from - served.keys():
                served[other] = whole
    # What only passports and disclosure control read serves every figure.
    for unique_id, node in nodes.items():
        if node["resource_type"] in ("model", "seed"):
            served.setdefault(unique_id, whole)
    return {unique_id: frozenset(own) for unique_id, own in served.items()}


def _indicators(node: Mapping[str, Any]) -> set[str]:
    """What the rule seeds of a model name."""
    seeds = [parent.split(".")[-1] for parent in node["depends_on"]["nodes"] if parent.startswith("seed.")]
    return {
        row["indicator_id"]
        for seed in seeds
        if seed.startswith("rule_")
        for row in _rows(seed)
        if row.get("indicator_id")
    }


@cache
def _targets() -> Mapping[str, Target]:
    campaigns = {row["clause"]: row["campaign_id"] for row in _rows("campaign_clause")}
    return {
        row["target_id"]: Target(row["clause"], campaigns.get(row["clause"], ""), row["lead_unit"])
        for row in _rows("indicator_registry")
    }


def _rows(seed: str) -> list[dict[str, str]]:
    """None where the plan in force cannot be used: the night says so, and the UI must load to show it."""
    try:
        path = _seeds() / f"{seed}.csv"
    except PlanBroken:
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _seeds() -> Path:
    if plan_folder() is None:
        return PROJECT / "seeds"
    # Imported here, so that the definitions of the checkout's own plan load without Polars.
    from pipelines.plan.seeds import seeds_folder

    return seeds_folder()
