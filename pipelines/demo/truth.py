"""The figures that follow from what is known, by the indicator rules; plain, and apart from the pipeline.

Covers the groups Efficiency, Patents (without pledge financing) and Investment. Columns as in `values.csv` of the
sample: value in the published unit, numerator and denominator where the value is their quotient, coverage and
n_enterprises where enterprises contribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipelines.demo.county import MONTHS, County
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import county_code, setting
from pipelines.demo.sheet import Sheet
from pipelines.demo.sources.investment import Projects

Row = dict[str, object]
SCHEMA = {
    "indicator_id": pl.String,
    "period": pl.String,
    "breakdown": pl.String,
    "breakdown_code": pl.String,
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "coverage": pl.Float64,
    "rolling12_value": pl.Float64,
    "n_enterprises": pl.Int64,
}
FROM_FEBRUARY = range(2, MONTHS + 1)
YEAR_ROUND = range(1, MONTHS + 1)
DECEMBER = range(MONTHS, MONTHS + 1)
# The plan's three years.
PLAN_START = 2021


@dataclass(frozen=True)
class Group:
    """Areas (or divisions) of one kind: `member` holds each enterprise's position in `codes`, −1 for none."""

    breakdown: str
    codes: tuple[str, ...]
    member: np.ndarray

    def sums(self, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Sum over masked enterprises, area × month."""
        inside = self.member >= 0
        total = np.zeros((len(self.codes), values.shape[1]))
        np.add.at(total, self.member[inside], np.where(mask, values, 0.0)[inside])
        return total


def _positions(labels: np.ndarray, codes: Sequence[str]) -> np.ndarray:
    at = {code: position for position, code in enumerate(codes)}
    return np.array([at.get(label, -1) for label in labels], dtype=int)


def groups_of(known: KnownYear) -> list[Group]:
    """County, towns, platforms and industry divisions of a year."""
    towns = tuple(town["code"] for town in setting()["towns"])
    platforms = setting()["platforms"]
    divisions = tuple(row[0] for row in setting()["divisions"])
    return [
        Group("county", (county_code(),), np.zeros(len(known.scope), dtype=int)),
        Group("town", towns, _positions(known.town, towns)),
        Group("platform", tuple(platforms.values()), _positions(known.platform, tuple(platforms))),
        Group("industry", divisions, _positions(known.division, divisions)),
    ]


def _by_month(values: np.ndarray) -> np.ndarray:
    return np.broadcast_to(values[:, None], (len(values), MONTHS))


@dataclass
class Ratios:
    """Σ ÷ Σ of one indicator in one year, for later growth: value by (breakdown, code, month)."""

    value: dict[tuple[str, str, int], float] = field(default_factory=dict)


def ratio(
    indicator: str,
    known: KnownYear,
    groups: Sequence[Group],
    numerator: np.ndarray,
    denominator: np.ndarray,
    *,
    scope: np.ndarray | None = None,
    months: range = FROM_FEBRUARY,
    factor: float = 1.0,
    before: np.ndarray | None = None,
    rolls: bool = False,
) -> Iterator[Row]:
    """Σ numerator ÷ Σ denominator over in-scope enterprises with both known, every month and area.

    `before`: the numerator of the year before, for the rolling twelve months (indicator rules, Efficiency). A county
    row without anybody stands there without a value; an area without anybody is not listed.
    """
    scope = known.scope if scope is None else scope
    both = scope[:, None] & ~np.isnan(numerator) & ~np.isnan(denominator)
    rolling = numerator if before is None else numerator + before[:, -1:] - before
    all_known = both & ~np.isnan(rolling)
    for group in groups:
        count, of = group.sums(both, both), group.sums(_by_month(scope), _by_month(scope))
        top, bottom = group.sums(numerator, both), group.sums(denominator, both)
        roll_count = group.sums(all_known, all_known)
        roll_top, roll_bottom = group.sums(rolling, all_known), group.sums(denominator, all_known)
        for at, code in enumerate(group.codes):
            for month in months:
                m = month - 1
                row: Row = {
                    "indicator_id": indicator,
                    "period": f"{known.year}-{month:02d}",
                    "breakdown": group.breakdown,
                    "breakdown_code": code,
                    "coverage": count[at, m] / of[at, m] if of[at, m] else 0.0,
                    "n_enterprises": int(count[at, m]),
                }
                if count[at, m]:
                    row |= {
                        "value": top[at, m] / bottom[at, m] * factor,
                        "numerator": top[at, m],
                        "denominator": bottom[at, m],
                    }
                elif group.breakdown != "county":
                    continue
                if rolls and month == MONTHS:
                    row["rolling12_value"] = row.get("value")
                elif rolls and before is not None and roll_count[at, m]:
                    row["rolling12_value"] = roll_top[at, m] / roll_bottom[at, m]
                yield row


def _key(row: Row) -> tuple[str, str, str]:
    return str(row["breakdown"]), str(row["breakdown_code"]), str(row["period"])[-2:]


def growth(indicator: str, now: Sequence[Row], before: Sequence[Row]) -> Iterator[Row]:
    """Growth of a published ratio on the same month of the year before, in %."""
    past = {_key(row): row.get("value") for row in before}
    for row in now:
        old, new = past.get(_key(row)), row.get("value")
        grown: Row = {name: row[name] for name in ("period", "breakdown", "breakdown_code", "n_enterprises")}
        grown["indicator_id"] = indicator
        if isinstance(old, float) and isinstance(new, float):
            yield grown | {"value": (new / old - 1) * 100}
        elif row["breakdown"] == "county":
            yield grown


class Efficiency:
    """The Efficiency group, fed year by year; keeps of the past only what the next year is compared with."""

    def __init__(self) -> None:
        self._before: KnownYear | None = None
        self._ratios: dict[str, list[Row]] = {}
        self._base: dict[tuple[str, str, str], float] = {}

    def add(self, known: KnownYear) -> list[Row]:
        """The rows of one year; years must come in order."""
        groups = groups_of(known)
        rows: list[Row] = []
        before = self._before
        land, makers = _by_month(known.land_mu), known.scope & known.is_manufacturing

        tax_before = before.tax_wan if before else None
        value_added_before = before.value_added_wan if before else None
        per_mu = {
            "tax_per_mu": (known.tax_wan, tax_before, YEAR_ROUND),
            "value_added_per_mu": (known.value_added_wan, value_added_before, FROM_FEBRUARY),
        }
        ratios: dict[str, list[Row]] = {}
        for name, (facts, past, months) in per_mu.items():
            level = f"{name}_above_scale"
            ratios[name] = list(ratio(level, known, groups, facts, land, months=months, before=past, rolls=True))
            rows += ratios[name]
            if before is not None:
                rows += growth(f"{name}_growth", ratios[name], self._ratios[name])
        rows += ratio(
            "labour_productivity_mfg",
            known,
            groups,
            known.value_added_wan,
            known.staff,
            scope=makers,
            before=value_added_before,
            rolls=True,
        )
        rows += self._energy(known, groups)
        rows += ratio(
            "rd_to_revenue_mfg",
            known,
            groups,
            _by_month(known.rd_wan),
            known.revenue_wan,
            scope=makers,
            months=DECEMBER,
            factor=100,
        )
        for name, flags in (
            ("rd_active_enterprise_share", known.rd_active),
            ("rd_institution_setup_rate", known.rd_institution),
        ):
            reported = np.where(np.isnan(flags), np.nan, 1.0)
            answers = (_by_month(flags), _by_month(reported))
            rows += ratio(name, known, groups, *answers, months=DECEMBER, factor=100)
        zone = known.scope & (known.platform == "高新区")
        hightech = np.where(known.county.is_hightech[:, None], known.value_added_wan, known.value_added_wan * 0)
        rows += ratio(
            "hightech_zone_hightech_va_share",
            known,
            groups[:1],
            hightech,
            known.value_added_wan,
            scope=zone,
            factor=100,
        )
        rows += self._parks(known, groups[:1])
        self._before, self._ratios = known, ratios
        return rows

    def _energy(self, known: KnownYear, groups: Sequence[Group]) -> Iterator[Row]:
        index = setting()["deflator_2020_100"][str(known.year)] / 100
        intensity = list(ratio("", known, groups, known.tce_ytd()[0], known.value_added_wan / index))
        if known.k == 0:
            self._base = {_key(row): row["value"] for row in intensity if "value" in row}  # type: ignore[misc]
            return
        for row in intensity:
            base, now = self._base.get(_key(row)), row.get("value")
            names = ("period", "breakdown", "breakdown_code", "coverage", "n_enterprises")
            decline: Row = {name: row[name] for name in names}
            decline["indicator_id"] = "energy_intensity_decline_3y"
            if base is not None and isinstance(now, float):
                yield decline | {"value": (1 - now / base) * 100}
            elif row["breakdown"] == "county":
                yield decline

    def _parks(self, known: KnownYear, groups: Sequence[Group]) -> Iterator[Row]:
        holders = known.scope & ~np.isnan(known.park_mu)
        yield from ratio(
            "old_park_tax_per_mu",
            known,
            groups,
            known.tax_wan,
            _by_month(known.park_mu),
            scope=holders,
            months=YEAR_ROUND,
            before=self._before.tax_wan if self._before else None,
            rolls=True,
        )
        floor, land, holding = known.park_plot
        row: Row = {
            "indicator_id": "old_park_plot_ratio",
            "period": f"{known.year}-12",
            "breakdown": "county",
            "breakdown_code": county_code(),
            "n_enterprises": holding,
        }
        if land:
            row |= {"value": floor / land, "numerator": floor, "denominator": land, "coverage": 1.0}
        yield row


# -- patents -------------------------------------------------------------------------------------------------------


def accepted_patents(sheet: Sheet) -> pl.DataFrame:
    """The accepted rows of a list of patents, typed."""
    keep = [row for row, reason in enumerate(sheet.reason) if reason is None]
    cells = {name: [values[row] for row in keep] for name, values in sheet.cells.items()}
    frame = pl.DataFrame(cells, schema_overrides={"pledge_amount_wan": pl.Float64, "award": pl.String}, strict=False)
    dates = ("application_date", "grant_date", "expiry_date")
    return frame.with_columns(pl.col(*dates).cast(pl.String).str.to_date("%Y-%m-%d"))


def patents_per_10k(
    patents: pl.DataFrame, years: Sequence[int], populations: Sequence[np.ndarray | None]
) -> Iterator[Row]:
    """High-value patents in force at the end of every month for 10 000 residents, county and towns.

    `populations`: residents of the towns at the end of each of the `years`.
    """
    towns = [town["code"] for town in setting()["towns"]]
    for k, year in enumerate(years):
        for month in YEAR_ROUND:
            # The population of a year is delivered after its end: its own December is the first month to use it.
            latest = k if month == MONTHS else k - 1
            residents = populations[latest] if latest >= 0 else None
            if residents is None:
                continue
            following = pl.date(year + month // 12, month % 12 + 1, 1)
            day = following.dt.offset_by("-1d")
            pledged = pl.col("pledge_amount_wan").fill_null(0) >= 500
            valuable = (
                pl.col("strategic_emerging")
                | pl.col("overseas_family")
                | (pl.col("application_date").dt.offset_by("10y") < day)
                | pledged
                | pl.col("award").is_not_null()
            )
            in_force = (pl.col("grant_date") <= day) & (pl.col("expiry_date").is_null() | (pl.col("expiry_date") > day))
            held = patents.filter((pl.col("kind") == "发明") & in_force & valuable)
            counts = dict(held.group_by("town_code").agg(pl.col("patent_no").n_unique()).iter_rows())
            areas = [("county", county_code(), held["patent_no"].n_unique(), int(residents.sum()))]
            areas += [
                ("town", code, counts.get(code, 0), int(people)) for code, people in zip(towns, residents, strict=True)
            ]
            for breakdown, code, count, people in areas:
                yield {
                    "indicator_id": "high_value_patents_per_10k",
                    "period": f"{year}-{month:02d}",
                    "breakdown": breakdown,
                    "breakdown_code": code,
                    "value": count / (people / 10_000),
                    "numerator": float(count),
                    "denominator": people / 10_000,
                }


# -- investment ----------------------------------------------------------------------------------------------------

AREAS = {"town": "town_code", "platform": "platform", "industry": "division"}


@dataclass(frozen=True)
class Library:
    """The project library without what was deleted."""

    project: pl.DataFrame
    flows: pl.DataFrame
    """Investment of projects, with their attributes, `year` and `m`."""

    @classmethod
    def of(cls, projects: Projects) -> Library:
        division = pl.col("industry_code").str.slice(0, 2)
        codes = setting()["platforms"]
        milestones = projects.project_milestone.filter(~pl.col("deleted"))
        project = projects.project.filter(~pl.col("deleted")).with_columns(
            division=division,
            is_industry=division.cast(pl.Int64).is_between(6, 46),
            platform=pl.col("platform").replace(codes),
        )
        for name, label in (("落地", "landed_on"), ("开工", "started_on"), ("竣工", "completed_on")):
            first = milestones.filter(pl.col("milestone") == name).group_by("project_id")
            project = project.join(first.agg(pl.col("happened_on").min().alias(label)), on="project_id", how="left")
        flows = projects.project_investment.filter(~pl.col("deleted")).drop("deleted").join(project, on="project_id")
        flows = flows.with_columns(
            year=pl.col("month").str.slice(0, 4).cast(pl.Int64), m=pl.col("month").str.slice(5, 2).cast(pl.Int64)
        )
        return cls(project, flows)


def _in(column: str, year: int, month: int, since: int | None = None) -> pl.Expr:
    """The date falls in the year up to the month, or from January of `since` on."""
    day = pl.col(column)
    start = day.dt.year() == year if since is None else day.dt.year() >= since
    return start & (day.dt.year() * 12 + day.dt.month() <= year * 12 + month)


def spread(frame: pl.DataFrame, *aggregates: pl.Expr) -> Iterator[tuple[str, str, tuple[float | None, ...]]]:
    """Aggregates for the county, then for towns, platforms and divisions that have a row."""
    yield "county", county_code(), frame.select(*aggregates).row(0)
    for breakdown, column in AREAS.items():
        by_area = frame.filter(pl.col(column).is_not_null()).group_by(column).agg(*aggregates).sort(column)
        for code, *values in by_area.iter_rows():
            yield breakdown, code, tuple(values)


_COUNTS = {
    # indicator → (date, since the plan's start, condition)
    "major_mfg_projects_1bn_3y": ("landed_on", True, pl.col("planned_fixed_wan") >= 100_000),
    "mfg_projects_1bn_annual": ("landed_on", False, pl.col("planned_fixed_wan") >= 100_000),
    "mfg_projects_10bn_annual": ("landed_on", False, pl.col("planned_total_wan") > 1_000_000),
    "projects_100m_started_annual": ("started_on", False, pl.col("planned_total_wan") >= 10_000),
    "projects_300m_started_annual": ("started_on", False, pl.col("planned_total_wan") >= 30_000),
    "projects_100m_completed_annual": ("completed_on", False, pl.col("planned_total_wan") >= 10_000),
    "projects_300m_completed_annual": ("completed_on", False, pl.col("planned_total_wan") >= 30_000),
    "fortune500_mfg_projects_3y": ("landed_on", True, pl.col("fortune500")),
    "mfg_projects_100m_usd_3y": ("landed_on", True, pl.col("planned_total_usd_wan") > 10_000),
}


def investment(projects: Projects, years: Sequence[int]) -> Iterator[Row]:
    """The Investment group for every month from February on, county, towns, platforms and divisions."""
    library = Library.of(projects)
    for year in years:
        for month in FROM_FEBRUARY:
            period = f"{year}-{month:02d}"
            for indicator, breakdown, code, values in _investment_month(library, year, month, year == years[0]):
                row: Row = {
                    "indicator_id": indicator,
                    "period": period,
                    "breakdown": breakdown,
                    "breakdown_code": code,
                }
                yield row | dict(zip(("value", "numerator", "denominator"), values, strict=False))


def _investment_month(
    library: Library, year: int, month: int, is_first: bool
) -> Iterator[tuple[str, str, str, tuple[float | None, ...]]]:
    project, flows = library.project, library.flows
    makers = pl.col("is_manufacturing")
    made = flows.filter(
        makers & (pl.col("year") >= PLAN_START) & (pl.col("year") * 12 + pl.col("m") <= year * 12 + month)
    )
    if year >= PLAN_START:
        for area in spread(made, pl.col("invested_wan").sum() / 10_000):
            yield "mfg_investment_3y", *area
        for area in spread(
            made.filter(pl.col("foreign_usd_wan").is_not_null()), pl.col("foreign_usd_wan").sum() / 10_000
        ):
            yield "mfg_fdi_utilised_3y", *area

    for name, which in (
        ("industrial_investment_growth", pl.col("is_industry")),
        ("tech_upgrade_investment_growth", pl.col("is_industry") & (pl.col("kind") == "技改")),
    ):
        if is_first:
            continue
        same_months = flows.filter(which & (pl.col("m") <= month))
        now, before = (pl.col("invested_wan").filter(pl.col("year") == at).sum() for at in (year, year - 1))
        for breakdown, code, (new, old) in spread(same_months, now.alias("now"), before.alias("before")):
            if old:
                yield name, breakdown, code, ((new / old - 1) * 100,)  # type: ignore[operator]
            elif breakdown == "county":
                yield name, breakdown, code, (None,)

    for name, (date, in_plan, condition) in _COUNTS.items():
        if in_plan and year < PLAN_START:
            continue
        since = PLAN_START if in_plan else None
        for breakdown, code, (count,) in spread(
            project.filter(makers & condition & _in(date, year, month, since)), pl.len()
        ):
            yield name, breakdown, code, (float(count or 0),)

    introduced = project.filter(_in("introduced_on", year, month))
    landed = _in("landed_on", year, month).fill_null(False)
    for name, part in (("mfg_share_of_projects_introduced", makers), ("projects_landing_rate", landed)):
        yield from _quotients(name, introduced, part.sum(), pl.len())

    begun = project.filter(_in("landed_on", year, month)).select("project_id", "planned_fixed_wan", *AREAS.values())
    spent = flows.filter((pl.col("year") == year) & (pl.col("m") <= month))
    begun = begun.join(spent.group_by("project_id").agg(pl.col("invested_wan").sum()), on="project_id", how="left")
    sums = pl.col("invested_wan").sum(), pl.col("planned_fixed_wan").sum()
    yield from _quotients("landed_project_investment_completion", begun, *sums)


def _quotients(
    name: str, frame: pl.DataFrame, top: pl.Expr, bottom: pl.Expr
) -> Iterator[tuple[str, str, str, tuple[float | None, ...]]]:
    for breakdown, code, (over, under) in spread(frame, top.alias("top"), bottom.alias("bottom")):
        if under:
            yield name, breakdown, code, (float(over or 0) / float(under) * 100, float(over or 0), float(under))
        elif breakdown == "county":
            yield name, breakdown, code, (None, None, None)


# -- facts ---------------------------------------------------------------------------------------------------------


def facts_table(county: County, known: KnownYear) -> pl.DataFrame:
    """What is known of every enterprise and month of a year (12 rows an enterprise)."""
    tce, calorific = known.tce_ytd()
    n = county.n
    return pl.DataFrame(
        {
            "credit_code": np.repeat(county.codes_now[:n], MONTHS),
            "period": np.tile(np.array([f"{known.year}-{m:02d}" for m in YEAR_ROUND], dtype=object), n),
            "in_scope": np.repeat(known.scope, MONTHS),
            "town_code": np.repeat(known.town, MONTHS),
            "platform": pl.Series(np.repeat(known.platform, MONTHS).tolist(), dtype=pl.String),
            "division": np.repeat(known.division, MONTHS),
            "tax_ytd_wan": known.tax_wan.ravel(),
            "value_added_ytd_wan": known.value_added_wan.ravel(),
            "revenue_ytd_wan": known.revenue_wan.ravel(),
            "staff_avg": known.staff.ravel(),
            "tce_equivalent_ytd": tce.ravel(),
            "tce_calorific_ytd": calorific.ravel(),
            "land_mu": np.repeat(known.land_mu, MONTHS),
        },
        nan_to_null=True,
    )
