"""`investment`: the project library, three typed tables; as a drop, a SQLite file with the same tables."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.county import County
from pipelines.demo.desk import Desk
from pipelines.demo.setting import setting, stream

_PER_ENTERPRISE = 0.6
_MILESTONES = ("签约", "落地", "开工", "竣工", "投产", "上规", "达产")
_THINGS = ("智能装备", "新材料", "电子元件", "生物制品", "精密部件")
_SERVICES = ("64", "65", "70", "72", "88")
_DAY = np.timedelta64(1, "D")
# Planned total, planned fixed (万元) and total in 万美元 of projects that stand on the edge of a rule.
_EDGES = (
    (130_000.0, 100_000.0, None),
    (130_000.0, 99_999.99, None),
    (1_000_000.0, 90_000.0, None),
    (1_000_000.01, 90_000.0, None),
    (10_000.0, 7_000.0, None),
    (9_999.99, 7_000.0, None),
    (30_000.0, 21_000.0, None),
    (69_000.0, 50_000.0, 10_000.0),
    (69_100.0, 50_000.0, 10_000.01),
)
_SCHEMA = """
create table project(project_id text primary key, name text, owner_code text, industry_code text,
  is_manufacturing integer, investor_type text, fortune500 integer, planned_total_wan real, planned_fixed_wan real,
  planned_total_usd_wan real, introduced_on text, town_code text, platform text, kind text, deleted integer default 0);
create table project_milestone(project_id text, milestone text, happened_on text, deleted integer default 0);
create table project_investment(project_id text, month text, invested_wan real, foreign_usd_wan real,
  deleted integer default 0);
"""


@dataclass(frozen=True)
class Projects:
    """The three tables of the project library (raw contracts, `investment`); dates are dates, flags booleans."""

    project: pl.DataFrame
    project_milestone: pl.DataFrame
    project_investment: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        return {
            "project": self.project,
            "project_milestone": self.project_milestone,
            "project_investment": self.project_investment,
        }


def draw(county: County) -> Projects:
    """The library at the end of the last year, as the database serves it."""
    rng = stream(county.seed, "projects")
    years = np.arange(2018, county.years[-1] + 1)
    count = max(60, round(county.enterprises * _PER_ENTERPRISE))
    end = np.datetime64(f"{county.years[-1]}-12-31")
    year = years[np.arange(count) * len(years) // count]
    introduced = np.array([f"{y}-01-01" for y in year], dtype="datetime64[D]") + rng.integers(0, 364, size=count)
    order = np.argsort(introduced, kind="stable")
    introduced, year = introduced[order], year[order]
    first_of_year = np.flatnonzero(np.diff(year, prepend=0))
    introduced[first_of_year] = np.array([f"{y}-01-10" for y in years], dtype="datetime64[D]")

    makes = rng.random(count) < 0.82
    makes[first_of_year] = True
    divisions = [row[0] for row in setting()["divisions"] if "13" <= row[0] <= "43"]
    division = np.where(
        makes, rng.choice(np.array(divisions, object), size=count), rng.choice(np.array(_SERVICES, object), size=count)
    )
    # Sections B and D are industry without being manufacturing.
    utility = ~makes & (rng.random(count) < 0.3)
    division[utility] = rng.choice(np.array(["10", "44"], dtype=object), size=int(utility.sum()))
    total = np.round(rng.lognormal(np.log(15_000), 1.0, size=count), 2)
    fixed = np.round(total * rng.uniform(0.6, 0.95, size=count), 2)
    foreign = rng.random(count) < 0.2
    foreign[first_of_year] = True
    usd = np.where(foreign, np.round(total / 6.5, 2), np.nan)
    kinds = rng.choice(np.array(["新建", "技改", "扩建"], dtype=object), size=count, p=[0.5, 0.35, 0.15])
    lags = rng.integers(3, 90, size=(count, len(_MILESTONES)))
    lags[:, 3] += 250
    lags[:, 0] = rng.integers(1, 20, size=count)
    reaches = np.cumprod(rng.random((count, len(_MILESTONES))) < 0.93, axis=1).astype(bool)
    lags[first_of_year, :2], reaches[first_of_year, :3] = 5, True

    # Edge cases: introduced early in the last year and landed, so that every rule sees them.
    at = first_of_year[-1] + 1 + np.arange(len(_EDGES))
    introduced[at] = np.datetime64(f"{county.years[-1]}-02-01") + 7 * np.arange(len(_EDGES))
    makes[at], reaches[at, :2] = True, True
    # The largest only land; what they spent would be all that the investment of a small county shows.
    reaches[at, 2:] &= (np.array([edge[1] for edge in _EDGES]) < 50_000)[:, None]
    reaches[at[4:7], 2] = True
    division[at] = divisions[0]
    total[at] = [edge[0] for edge in _EDGES]
    fixed[at] = [edge[1] for edge in _EDGES]
    usd[at] = [np.nan if edge[2] is None else edge[2] for edge in _EDGES]
    lags[at, :3] = 20

    town = rng.choice(len(setting()["towns"]), size=count)
    towns = np.array([t["code"] for t in setting()["towns"]], dtype=object)
    platforms = np.array([t["platform"] for t in setting()["towns"]], dtype=object)
    platform = platforms[town]
    platform[rng.random(count) < 0.3] = None
    numbers = np.array([f"XM{y}{n:05d}" for n, y in enumerate(year)], dtype=object)
    deleted = rng.random(count) < 0.03
    deleted[first_of_year] = deleted[at] = False
    owners = county.codes_now[rng.integers(county.total, size=count)]
    project = pl.DataFrame(
        {
            "project_id": numbers,
            # Names are not unique.
            "name": [f"年产{n % 37 * 5 + 5}万套{_THINGS[n % 5]}{kind}项目" for n, kind in enumerate(kinds)],
            "owner_code": owners,
            "industry_code": division + rng.integers(11, 30, size=count).astype("U2").astype(object),
            "is_manufacturing": makes,
            "investor_type": np.where(foreign, "外资", "内资").astype(object),
            "fortune500": rng.random(count) < 0.03,
            "planned_total_wan": total,
            "planned_fixed_wan": fixed,
            "planned_total_usd_wan": pl.Series(usd).fill_nan(None),
            "introduced_on": introduced,
            "town_code": towns[town],
            "platform": pl.Series(platform.tolist(), dtype=pl.String),
            "kind": kinds,
            "deleted": deleted,
        }
    )
    dates = introduced[:, None] + np.cumsum(lags, axis=1)
    reaches &= dates <= end
    milestone = _milestones(numbers, dates, reaches, end, rng)
    investment = _investment(county, numbers, dates, reaches, fixed, foreign, introduced, first_of_year, rng)
    return Projects(project, milestone, investment)


def _milestones(
    numbers: np.ndarray, dates: np.ndarray, reaches: np.ndarray, end: np.datetime64, rng: np.random.Generator
) -> pl.DataFrame:
    who, what = np.nonzero(reaches)
    landed = np.flatnonzero(reaches[:, 1])
    # A second landing counts for nothing, nor does an earlier one that was deleted.
    again = landed[rng.random(len(landed)) < 0.05]
    gone = landed[rng.random(len(landed)) < 0.05]
    later = np.minimum(dates[again, 1] + 400, end)
    earlier = dates[gone, 1] - 300
    count = len(again) + len(gone)
    return pl.DataFrame(
        {
            "project_id": np.concatenate([numbers[who], numbers[again], numbers[gone]]),
            "milestone": [*(_MILESTONES[at] for at in what), *("落地" for _ in range(count))],
            "happened_on": np.concatenate([dates[who, what], later, earlier]),
            "deleted": np.concatenate([np.zeros(len(who) + len(again), bool), np.ones(len(gone), bool)]),
        }
    )


def _investment(
    county: County,
    numbers: np.ndarray,
    dates: np.ndarray,
    reaches: np.ndarray,
    fixed: np.ndarray,
    foreign: np.ndarray,
    introduced: np.ndarray,
    first_of_year: np.ndarray,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Flows from the start of works over a year or so; February holds January too."""
    builds = np.flatnonzero(reaches[:, 2])
    start = dates[builds, 2].astype("datetime64[M]").astype(np.int64)
    start[np.isin(builds, first_of_year)] = (
        introduced[builds[np.isin(builds, first_of_year)]].astype("datetime64[M]").astype(np.int64) + 1
    )
    length = rng.integers(8, 21, size=len(builds))
    row = np.repeat(np.arange(len(builds)), length)
    step = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    month = start[row] + step
    begin = (county.years[0] - 1970) * 12
    end = (county.years[-1] - 1970) * 12 + 11
    flow = np.round(fixed[builds][row] / length[row] * rng.uniform(0.5, 1.4, size=len(row)), 2)
    kept = (month >= begin) & (month <= end)
    row, month, flow = row[kept], month[kept], flow[kept]
    month = np.where(month % 12 == 0, month + 1, month)
    comes = np.where(foreign[builds][row], np.round(flow * 0.3 / 6.5, 2), np.nan)
    flows = (
        pl.DataFrame({"at": builds[row], "month": month, "invested_wan": flow, "foreign_usd_wan": comes})
        .with_columns(pl.col("foreign_usd_wan").fill_nan(None))
        .group_by("at", "month")
        .agg(
            pl.col("invested_wan").sum().round(2),
            pl.when(pl.col("foreign_usd_wan").count() > 0).then(pl.col("foreign_usd_wan").sum().round(2)),
        )
        .sort("at", "month")
        .with_columns(deleted=pl.lit(False))
    )
    gone = np.flatnonzero(rng.random(len(flows)) < 0.02)
    mistaken = flows[gone].with_columns(deleted=pl.lit(True), invested_wan=(pl.col("invested_wan") * 2).round(2))
    return pl.concat([flows, mistaken]).select(
        project_id=pl.Series(numbers.tolist(), dtype=pl.String).gather(pl.concat([flows["at"], mistaken["at"]])),
        month=pl.format(
            "{}-{}",
            pl.col("month") // 12 + 1970,
            (pl.col("month") % 12 + 1).cast(pl.String).str.zfill(2),
        ),
        invested_wan=pl.col("invested_wan"),
        foreign_usd_wan=pl.col("foreign_usd_wan"),
        deleted=pl.col("deleted"),
    )


def deliver_list(desk: Desk, county: County) -> None:
    name = f"项目库_{county.years[-1]}1231.sqlite"
    path = desk.path("investment", name)
    with sqlite3.connect(path) as library:
        library.executescript(_SCHEMA)
        for table, frame in draw(county).tables().items():
            plain = frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"), pl.col(pl.Boolean).cast(pl.Int8))
            marks = ", ".join("?" * frame.width)
            library.executemany(f"insert into {table} values ({marks})", plain.iter_rows())  # noqa: S608
            desk.rows += frame.height
    library.close()
    desk.book("investment", name, "accepted", "", None)
    if desk.progress:
        desk.progress(f"investment {name}")
