"""The figures that follow from the lists and ledgers: titles, remediation, achievements, land and money.

By the indicator rules, and apart from the pipeline. Rows as in `truth`; areas are those of the newest register that
names an enterprise, but a title's platform and an action's town are what the list itself says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from pipelines.demo.county import MONTHS, County
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import county_code, setting, table
from pipelines.demo.truth import AREAS, PLAN_START, YEAR_ROUND, Row, spread

_STOCKS = {
    "listed_companies_total": "上市公司",
    "hightech_enterprises_total": "高新技术企业",
    "provincial_sci_tech_sme_total": "省级科技型中小企业",
    "ip_demo_enterprises": "知识产权示范优势企业",
}
_NEW = {
    "sci_tech_sme_new_3y": ("省级科技型中小企业",),
    "little_giant_hidden_champion_3y": ("专精特新小巨人", "省隐形冠军"),
}
_COUNTED_ACTIONS = {
    "enterprises_eliminated_3y": ("淘汰关停", "整体腾退"),
    "enterprises_upgraded_3y": ("整治提升", "兼并重组", "搬迁入园"),
}
_SUMMED_ACTIONS = {
    # indicator → (what is freed, how much of its unit makes one of the published unit)
    "inefficient_industrial_land_freed_3y": ("land_mu", 1_500),
    "energy_use_freed_3y": ("energy_tce", 10_000),
    "co2_reduced_3y": ("co2_t", 10_000),
}
_INDUSTRY, _SOLD = pl.col("use") == "工业", pl.col("method") == "出让"
_LAND = {
    # indicator → (which transfers, which of them)
    "standard_land_share": (_INDUSTRY & _SOLD & ~pl.col("freed"), pl.col("standard")),
    "industrial_land_share_of_transfers": (_SOLD, _INDUSTRY),
    "freed_stock_land_for_industry_share": (pl.col("freed"), _INDUSTRY),
}
_PLAN_BEGINS = dt.date(PLAN_START, 1, 1)

Found = tuple[str, str, tuple[float | None, ...]]


def _rows(indicator: str, year: int, month: int, found: Iterator[Found]) -> Iterator[Row]:
    for breakdown, code, values in found:
        row: Row = {
            "indicator_id": indicator,
            "period": f"{year}-{month:02d}",
            "breakdown": breakdown,
            "breakdown_code": code,
        }
        yield row | dict(zip(("value", "numerator", "denominator"), values, strict=False))


def _county(*values: float | None) -> Iterator[Found]:
    yield "county", county_code(), values


def _share(part: float, whole: float) -> Iterator[Found]:
    return _county(part / whole * 100, part, whole) if whole else _county(None)


def _numbers(found: Iterator[tuple[str, str, tuple[float | None, ...]]], divisor: float = 1.0) -> Iterator[Found]:
    for breakdown, code, (amount,) in found:
        yield breakdown, code, (float(amount or 0) / divisor,)


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year + month // MONTHS, month % MONTHS + 1, 1) - dt.timedelta(days=1)


class Ledgers:
    """Fed year by year, since the newest list answers for all dates and ledgers count from earlier years on."""

    def __init__(self, county: County) -> None:
        self._backbone = county.is_backbone
        self._registers: dict[int, pl.DataFrame] = {}
        self._titles = pl.DataFrame()
        self._remediation = pl.DataFrame()
        self._achievements: list[pl.DataFrame] = []
        self._quarters: set[tuple[int, int]] = set()
        self._transfers: dict[int, pl.DataFrame] = {}
        self._finance: dict[int, tuple[float, float]] = {}

    def add(self, known: KnownYear) -> None:
        """Take in one year; years must come in order."""
        self._registers[known.year] = pl.DataFrame(
            {
                "holder": range(len(known.scope)),
                "is_backbone": self._backbone,
                "town_code": known.town,
                "platform": pl.Series(known.platform.tolist(), dtype=pl.String).replace(setting()["platforms"]),
                "division": known.division,
            }
        ).filter(known.scope)
        self._titles = self._titles if known.titles is None else known.titles
        self._remediation = self._remediation if known.remediation is None else known.remediation
        for quarter, rows in sorted(known.achievements.items()):
            self._achievements.append(rows)
            self._quarters.add((known.year, quarter))
        if known.transfers is not None:
            self._transfers[known.year] = known.transfers
        if known.finance is not None:
            self._finance[known.year] = known.finance

    def rows(self) -> Iterator[Row]:
        """The figures of all years."""
        newest_first = pl.concat(list(self._registers.values())[::-1])
        home = newest_first.unique("holder", keep="first", maintain_order=True).select("holder", *AREAS.values())
        titles = self._titles.join(home.drop("platform"), on="holder", how="left")
        actions = self._remediation.join(home.drop("town_code"), on="holder", how="left")
        achieved = pl.concat(self._achievements).join(home, on="holder", how="left", maintain_order="left")
        for year in self._registers:
            for month in YEAR_ROUND:
                yield from self._titles_at(titles, year, month)
                yield from self._achieved_at(achieved, year, month)
                if year >= PLAN_START:
                    yield from self._remedied_at(actions, year, month)
            yield from self._land_and_money(year)

    def _titles_at(self, titles: pl.DataFrame, year: int, month: int) -> Iterator[Row]:
        day = _month_end(year, month)
        in_force = pl.col("valid_until").is_null() | (pl.col("valid_until") >= day)
        held = titles.filter((pl.col("awarded_on") <= day) & in_force)
        for indicator, title in _STOCKS.items():
            holders = held.filter(pl.col("title") == title).unique("holder")
            yield from _rows(indicator, year, month, _numbers(spread(holders, pl.len())))
        hightech = held.filter(pl.col("title") == "高新技术企业").unique("holder")
        zone = hightech.filter(pl.col("platform") == setting()["platforms"]["高新区"])
        shares = _share(float(zone.height), float(hightech.height))
        yield from _rows("hightech_zone_share_of_hightech_enterprises", year, month, shares)
        if year < PLAN_START:
            return
        first = titles.sort("awarded_on").unique(["holder", "title"], keep="first")
        for indicator, names in _NEW.items():
            holders = first.filter(pl.col("title").is_in(names) & pl.col("awarded_on").is_between(_PLAN_BEGINS, day))
            yield from _rows(indicator, year, month, _numbers(spread(holders.unique("holder"), pl.len())))

    def _remedied_at(self, actions: pl.DataFrame, year: int, month: int) -> Iterator[Row]:
        done = actions.filter(
            (pl.col("state") == "已销号") & pl.col("completed_on").is_between(_PLAN_BEGINS, _month_end(year, month))
        )
        # An enterprise counts once, by its latest completed action; of one day, the later row.
        latest = done.sort("completed_on", maintain_order=True).unique("holder", keep="last")
        for indicator, methods in _COUNTED_ACTIONS.items():
            counted = spread(latest.filter(pl.col("method").is_in(methods)), pl.len())
            yield from _rows(indicator, year, month, _numbers(counted))
        for indicator, (measure, divisor) in _SUMMED_ACTIONS.items():
            yield from _rows(indicator, year, month, _numbers(spread(done, pl.col(measure).sum()), divisor))

    def _achieved_at(self, achieved: pl.DataFrame, year: int, month: int) -> Iterator[Row]:
        until = achieved.filter(pl.col("happened_on") <= _month_end(year, month))
        begins = {"year": dt.date(year, 1, 1), "plan": _PLAN_BEGINS, "ever": dt.date.min}
        delivered = (year, (month + 2) // 3) in self._quarters
        by_indicator = until.partition_by("indicator_id", as_dict=True, maintain_order=True)
        for entry in table("achievement"):
            if entry["window"] == "plan" and year < PLAN_START:
                continue
            rows = by_indicator.get((entry["id"],), until.clear())
            rows = rows.filter(pl.col("happened_on") >= begins[entry["window"]])
            found = self._result(entry["result"], rows, year) if delivered else _county(None)
            yield from _rows(entry["id"], year, month, found)

    def _result(self, result: str, rows: pl.DataFrame, year: int) -> Iterator[Found]:
        if result == "rows":
            return _numbers(spread(rows, pl.len()))
        if result == "holders":
            return _numbers(spread(rows.unique("holder"), pl.len()))
        if result == "sum":
            return _numbers(spread(rows, pl.col("quantity").sum()))
        if result == "latest":
            levels = rows.sort("happened_on", maintain_order=True)["quantity"]
            return _county(levels[-1] if len(levels) else None)
        register = self._registers[year]
        if result == "backbone_share":
            register = register.filter("is_backbone")
        named = register["holder"].is_in(rows["holder"].implode()).sum()
        return _share(float(named), float(register.height))

    def _land_and_money(self, year: int) -> Iterator[Row]:
        for indicator, (which, of_them) in _LAND.items():
            transfers = self._transfers[year].filter(which)
            part, whole = (float(some["hectare"].sum()) for some in (transfers.filter(of_them), transfers))
            yield from _rows(indicator, year, MONTHS, _share(part, whole))
        yield from _rows("tlhn_fund_share_of_land_revenue", year, MONTHS, _share(*self._finance[year]))
