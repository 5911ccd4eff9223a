"""What a bulletin stands on: rows of a release's marts, as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.reading import FREE, NothingThere, opened, rows
from pipelines.report.bulletin_periods import ANNUAL, Edition, edition, editions, last_day, month_index, month_text
from pipelines.report.scoreboard_figures import Target, is_suppressed, read_figures
from pipelines.scoreboard import board_of

Row = dict[str, Any]

# A month without any figure is not reported: its rows say that nothing is known.
_REPORTED = """
    select min(period), max(period) from marts.indicator_progress
    where value is not null or conf_status <> $free
"""
_RANKING = """
    select r.indicator_id, i.name_zh, i.unit, r.breakdown, r.breakdown_code, d.name_zh as area, r.period, r.value,
        r.rank, r.conf_status, b.rank as rank_before
    from marts.area_ranking as r
    inner join marts.dimension as d on r.breakdown = d.breakdown and r.breakdown_code = d.breakdown_code
    left join marts.indicator as i on r.indicator_id = i.target_id
    left join marts.area_ranking as b
        on r.indicator_id = b.indicator_id and r.breakdown = b.breakdown and r.breakdown_code = b.breakdown_code
        and b.period = $before
    where r.period = $period
    order by r.indicator_id <> 'composite', r.indicator_id, r.breakdown desc, r.rank nulls last, r.breakdown_code
"""
_AREA_PROGRESS = """
    select a.* replace (coalesce(a.light, 'grey') as light), i.binding
    from marts.area_progress as a
    inner join marts.indicator as i on a.target_id = i.target_id
    where a.period = $period order by a.target_id, a.breakdown desc, a.breakdown_code
"""
# Decembers of the window up to the year, of every target.
_VERDICTS = """
    select p.* replace (coalesce(p.light, 'grey') as light, coalesce(p.status, 'no_data') as status), i.name_zh, i.unit,
        i.binding
    from marts.indicator_progress as p
    inner join marts.indicator as i on p.target_id = i.target_id
    where p.period <= $period and substr(p.period, 6) = '12' order by p.target_id, p.period
"""
# Months in which another target value is in force than in the month before, with the plan's own value.
_GOALPOSTS = """
    with asked as (
        select p.*, lag(p.target_value) over (partition by p.target_id order by p.period) as target_before,
            lag(p.period) over (partition by p.target_id order by p.period) as period_before
        from marts.indicator_progress as p
        inner join marts.indicator as i on p.target_id = i.target_id and i.row_type = 'target'
        where p.period <= $period
    ),
    latest as (
        select * from asked qualify row_number() over (partition by target_id order by period desc) = 1
    )
    select a.target_id, i.name_zh, i.unit, i.comparator, a.period, a.period_before, a.target_before, a.target_value,
        l.period as judged_period, l.value, l.conf_status
    from asked as a
    inner join marts.indicator as i on a.target_id = i.target_id
    inner join latest as l on a.target_id = l.target_id
    where a.target_value <> coalesce(a.target_before, i.target_value)
    order by a.target_id, a.period
"""
# What the public passports of the targets' county figures say of that month, and where they lie in the release.
_PASSPORTS = """
    select
        'passports/' || v.indicator_id || '/' || v.period || '.html' as passport, v.indicator_id, v.period, v.value,
        i.unit, v.numerator, v.denominator, v.rolling12_value, v.coverage, v.n_enterprises, v.conf_status,
        i.clause, i.lead_unit, i.co_units, i.definition
    from marts.indicator_value as v
    inner join marts.indicator as i on v.indicator_id = i.target_id
    where v.breakdown = 'county' and v.period = $period
    order by v.indicator_id
"""
_PLANNED = "select target_id, target_value from marts.indicator"


@dataclass(frozen=True)
class Facts:
    """All that one bulletin says, before words.

    `targets`: of the board with history and marks; `lights_before`: target → light of the bulletin before, without
    what is suppressed, None where there is none; `revisions`: indicator_id, period, value_before, value_now, why;
    `passports`: what the public passports of the county's figures of the month say;
    `latest`: the latest reported month of the release.
    """

    edition: Edition
    county: str
    content_hash: str
    latest: str
    targets: Sequence[Target]
    lights_before: dict[str, str] | None
    ranking: Sequence[Row]
    area_progress: Sequence[Row]
    verdicts: Sequence[Row]
    goalposts: Sequence[Row]
    revisions: Sequence[Row]
    passports: Sequence[Row]

    @property
    def data_date(self) -> date:
        return last_day(self.latest)


def reported(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """First and latest reported month of opened tables. Raises `NothingThere` where there is none."""
    ((first, latest),) = connection.execute(_REPORTED, {"free": FREE}).fetchall()
    if first is None:
        raise NothingThere(
            "这个版本还没有目标进度 this release holds no progress yet: no month of the plan is delivered"
        )
    return first, latest


def reported_months(tables: Path) -> tuple[str, str]:
    """The same of a release's file."""
    with opened(tables) as connection:
        return reported(connection)


def choose(kind: str, period: str | None, first: str, latest: str) -> Edition:
    """The edition asked for, the latest where `period` is None. Raises `NothingThere`, naming those that exist, and
    `NoSuchPeriod` where it is not written as its kind is."""
    known = list(editions(kind, first, latest))
    if not known:
        raise NothingThere(
            f"{kind}: 尚无完整的一期 no period is complete yet; this release holds the months {first} … {latest}"
        )
    if period is None:
        return known[-1]
    asked = edition(kind, period)
    if asked not in known:
        span = known[0].period if len(known) == 1 else f"{known[0].period} … {known[-1].period}"
        raise NothingThere(f"{period}: 该版本没有这一期 not in this release; there is {kind} {span}")
    return asked


def read_facts(tables: Path, content_hash: str, asked: Edition, revisions: Sequence[Row] = ()) -> Facts:
    """The facts of a bulletin from a release's tables of either audience.

    `revisions`: what the release revises and may say so, see `public_revisions`. Raises `NothingThere`.
    """
    at = {"period": asked.end}
    figures = read_figures(tables, content_hash, asked.end, revisions)
    with opened(tables) as connection:
        first, latest = reported(connection)
        verdicts = rows(connection, _VERDICTS, **at) if asked.kind == ANNUAL else []
        goalposts = rows(connection, _GOALPOSTS, **at) if asked.kind == ANNUAL else []
        planned = {row["target_id"]: row["target_value"] for row in rows(connection, _PLANNED)}
        ranking = rows(connection, _RANKING, before=asked.before.end, **at)
        area_progress = rows(connection, _AREA_PROGRESS, **at)
        passports = rows(connection, _PASSPORTS, **at)
        before = board_of(connection, asked.before.end).rows if asked.before.end >= first else None
    return Facts(
        edition=asked,
        county=figures.county["name_zh"],
        content_hash=content_hash,
        latest=latest,
        targets=figures.targets,
        lights_before=None if before is None else lights(before),
        ranking=ranking,
        area_progress=area_progress,
        verdicts=verdicts,
        goalposts=[{**row, "planned": planned[row["target_id"]]} for row in goalposts],
        revisions=[row for row in revisions if row["period"] <= asked.end],
        passports=passports,
    )


def lights(board: Sequence[Row]) -> dict[str, str]:
    """Target → light, without those that are suppressed."""
    return {row["target_id"]: row["light"] for row in board if not is_suppressed(row)}


def year_before(month: str) -> str:
    return month_text(month_index(month) - 12)
