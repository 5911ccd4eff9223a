"""What the scoreboard page shows, read from a release's tables: no figure of its own, only marks on figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.reading import FREE, opened, rows
from pipelines.report.revisions import keeps_revisions
from pipelines.scoreboard import HISTORY, board_of

Row = dict[str, Any]

_REGISTRY = "select * from marts.indicator"
_NEED = "select * from marts.indicator_need where breakdown = 'county' and period <= $period order by target_id, period"
_FORECAST = "select * from marts.indicator_forecast where period <= $period order by target_id"
_OFFICIAL = """
    select * from marts.official_value where breakdown = 'county' and period <= $period order by indicator_id, period
"""
_COUNTY = "select name_zh, name_en from marts.dimension where breakdown = 'county'"
# Areas beside each other, in the latest month that any of them has; ranked ones in the order of their ranks.
_AREAS = """
    with figure as (
        select * from marts.indicator_value where breakdown in ('town', 'platform') and period <= $period
    )
    select v.indicator_id, v.period, v.breakdown, v.breakdown_code, d.name_zh, d.name_en, v.value, v.denominator,
        v.n_enterprises, v.conf_status, r.rank, r.conf_status as rank_conf_status,
        r.indicator_id is not null as is_ranked_here, a.light, a.status, a.target_value
    from figure as v
    inner join marts.dimension as d on v.breakdown = d.breakdown and v.breakdown_code = d.breakdown_code
    left join marts.area_ranking as r
        on v.indicator_id = r.indicator_id and v.period = r.period
        and v.breakdown = r.breakdown and v.breakdown_code = r.breakdown_code
    left join marts.area_progress as a
        on v.indicator_id = a.target_id and v.period = a.period
        and v.breakdown = a.breakdown and v.breakdown_code = a.breakdown_code
    where v.period = (select max(n.period) from figure as n where n.indicator_id = v.indicator_id)
    order by v.indicator_id, v.breakdown desc, r.rank nulls last, v.breakdown_code
"""
_COMPOSITE = """
    with place as (
        select *, lag(rank) over (partition by breakdown, breakdown_code order by period) as rank_before
        from marts.area_ranking where indicator_id = 'composite' and period <= $period
    )
    select p.*, d.name_zh, d.name_en
    from place as p
    inner join marts.dimension as d on p.breakdown = d.breakdown and p.breakdown_code = d.breakdown_code
    where p.period = (select max(period) from place)
    order by p.breakdown desc, p.rank nulls last, p.breakdown_code
"""
# An indicator is late where a month has passed in which it usually has a figure: one of the same name in another year.
# A month whose own file is missing or refused has a row without a value, so that it is known as such a month.
_STALE = """
    with own as (
        select * from marts.indicator_value where breakdown = 'county' and period <= $period
    ),
    known as (
        select indicator_id, max(period) as last_known from own
        where value is not null or conf_status <> $free
        group by 1
    )
    select k.indicator_id, k.last_known, min(m.period) as missing_since
    from known as k
    inner join (select distinct period from marts.indicator_value) as m
        on m.period > k.last_known and m.period <= $period
    where exists (
        select 1 from own as o where o.indicator_id = k.indicator_id and substr(o.period, 6) = substr(m.period, 6)
    )
    group by all
    order by 1
"""
_REVISED = "select indicator_id, period from audit.revision where breakdown = 'county' order by all"


@dataclass(frozen=True)
class Target:
    """One target: `row` of the board and of the registry, the county's months, areas side by side, marks by kind."""

    row: Row
    history: list[Row]
    areas: list[Row]
    need: Row | None
    forecast: Row | None
    officials: list[Row]
    marks: dict[str, Mapping[str, str]]
    last_known: str | None


@dataclass(frozen=True)
class EnterpriseList:
    """A table of the internal edition: `columns` are heading pairs (Chinese, English); `total` counts all rows."""

    list_id: str
    title_zh: str
    title_en: str
    columns: list[tuple[str, str]]
    rows: list[list[Any]]
    total: int


@dataclass(frozen=True)
class Figures:
    """All that the page shows. `period`: the month it speaks of; `lists` only in the internal edition."""

    period: str
    county: Row
    content_hash: str
    targets: list[Target]
    composite: list[Row]
    lists: list[EnterpriseList] = field(default_factory=list)


@cache
def mark_rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("marks.yml").read_text(encoding="utf-8"))
    return rules


def marks_of(figure: Row | None, missing_since: str | None, is_revised: bool, is_suppressed: bool) -> dict[str, Any]:
    """The marks of a figure, by kind in the order of `marks.yml`: words with `zh`, `en`, `sign`.

    `figure`: the county's row of the month (columns coverage, coverage_weighted, estimated_share), None without one.
    """
    rules = mark_rules()
    figure = figure or {}
    covered = [figure[c] for c in ("coverage_weighted", "coverage") if figure.get(c) is not None][:1]
    holds = {
        "low_coverage": any(part < rules["low_coverage_below"] for part in covered),
        "estimated": (figure.get("estimated_share") or 0) > rules["estimated_above"],
        "stale": missing_since is not None,
        "revised": is_revised,
        "suppressed": is_suppressed,
    }
    return {kind: words for kind, words in rules["words"].items() if holds[kind]}


def read_figures(tables: Path, content_hash: str, period: str | None = None, revisions: Sequence[Row] = ()) -> Figures:
    """The figures of a release's file `tables` (of either audience), up to `period` (the latest where None).

    `revisions`: what the release revises (indicator_id, period), where the file itself does not say. Raises
    `NothingThere` where it holds no such month.
    """
    with opened(tables) as connection:
        board = board_of(connection, period)
        at = {"period": board.period}
        registry = {row["target_id"]: row for row in rows(connection, _REGISTRY)}
        history = _by(rows(connection, HISTORY, target=None, **at), "target_id")
        areas = _by(rows(connection, _AREAS, **at), "indicator_id")
        officials = _by(rows(connection, _OFFICIAL, **at), "indicator_id")
        need = _by(rows(connection, _NEED, **at), "target_id")
        forecast = _by(rows(connection, _FORECAST, **at), "target_id")
        stale = {row["indicator_id"]: row for row in rows(connection, _STALE, free=FREE, **at)}
        revised = _revised(connection) | {(row["indicator_id"], row["period"]) for row in revisions}
        composite = rows(connection, _COMPOSITE, **at)
        (county,) = rows(connection, _COUNTY)
    targets = []
    for row in board.rows:
        name, month = row["target_id"], row["period"]
        months = history.get(name, [])
        late = stale.get(name)
        marks = marks_of(
            next((h for h in months if h["period"] == month), None),
            late["missing_since"] if late else None,
            (name, month) in revised,
            is_suppressed(row),
        )
        newest = [n for n in need.get(name, []) if n["period"] == month]
        ahead = [f for f in forecast.get(name, []) if f["period"] == month]
        targets.append(
            Target(
                # the board's target is that of its month, where the plan was revised
                {**registry[name], **row},
                months,
                areas.get(name, []),
                newest[0] if newest else None,
                ahead[0] if ahead else None,
                officials.get(name, []),
                marks,
                late["last_known"] if late else None,
            )
        )
    return Figures(board.period, county, content_hash, targets, composite)


def is_suppressed(row: Row, column: str = "value") -> bool:
    """Is a figure missing for disclosure control, and not for being unknown?"""
    return row[column] is None and row["conf_status"] not in (None, FREE)


def _by(found: list[Row], column: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        grouped[row[column]].append(row)
    return grouped


def _revised(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """County figures that this release revises; none where it keeps no account of revisions."""
    kept = keeps_revisions(connection)
    return {(row["indicator_id"], row["period"]) for row in rows(connection, _REVISED)} if kept else set()
