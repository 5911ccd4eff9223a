"""`achievement`: 成果台账, what bureaus report by the quarter for every target that no other source serves.

How much of it a year brings is sized to the plan (`county.json`), however many enterprises the county has; what is
counted by enterprise, for the two targets of full coverage, follows the register. Of each target there stand the
`amounts` of the years: how many, how much in `pieces` rows, or which share of the register; of a level that at the end
of each year, and before them that at the end of the year before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.county import MONTHS, County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.holders import NOBODY
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import setting, stream, table
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="achievement",
    stem="成果台账",
    channel="workbook",
    title="{when}成果台账",
    quarterly=True,
    columns=(
        Column("指标编号"),
        Column("事项名称"),
        Column("主体名称", "name"),
        Column("主体信用代码", "code"),
        Column("发生日期", "date", within_period=True),
        Column("数量", "number", decimals=4),
        Column("计量单位"),
        Column("责任单位"),
        Column("佐证文号", is_evidence=True),
    ),
    ways={
        "unknown_enterprise": 2,
        "no_evidence": 2,
        "outside_period": 2,
        "not_a_number": 1,
        "not_a_date": 1,
        "conflicting_duplicate": 1,
        "duplicate": 1,
    },
    conflict="数量",
    empty_codes=0.3,
    below_scale_by_name=True,
    name_in_key=True,
    at_least=1,
)
QUARTERS = (1, 2, 3, 4)
# Decimals of what is not counted one by one.
_DECIMALS = {"亿元": 4, "亩": 2, "台": 0, "万件": 4, "个": 0, "%": 1}
# The list in which a renamed enterprise stands under both its names.
_BOTH_NAMES = "quality_method_enterprises_annual"


@dataclass(frozen=True)
class Rows:
    """Rows of one indicator and year; `former`: written under the name of the year before, without a code."""

    holder: np.ndarray
    day: np.ndarray
    quantity: np.ndarray
    former: np.ndarray


def draw(county: County, k: int) -> Iterator[tuple[dict, Rows]]:
    """The rows of the k-th year, indicator by indicator."""
    for entry in table("achievement"):
        yield entry, _DRAWN.get(entry["result"], _counted)(county, k, entry)


def _rows(holder: np.ndarray, day: np.ndarray, quantity: np.ndarray | None = None) -> Rows:
    quantity = np.ones(len(holder)) if quantity is None else quantity
    return Rows(holder, day, quantity, np.zeros(len(holder), dtype=bool))


def _about(amount: float, rng: np.random.Generator) -> float:
    """An amount of the setting, a little different in every county."""
    return amount * float(np.clip(rng.normal(1, 0.04), 0.9, 1.1))


def _days(county: County, k: int, entry: dict, count: int, rng: np.random.Generator) -> np.ndarray:
    season = np.array(setting()["achievement_seasons"][entry["season"]], dtype=float)
    month = rng.choice(MONTHS, size=count, p=season / season.sum())
    return (np.datetime64(f"{county.years[k]}-01") + month).astype("datetime64[D]") + rng.integers(0, 28, size=count)


def _counted(county: County, k: int, entry: dict) -> Rows:
    """Rows that count one by one, or pieces of a sum."""
    # Two targets that ask for the same are served by the same rows.
    rng = stream(county.seed, "achievement", entry["drawn_with"] or entry["id"], county.years[k])
    amount = _about(entry["amounts"][k], rng)
    count = entry["pieces"] or round(amount)
    holder = _choose_holders(county, k, entry, count, rng)
    rows = _rows(holder, _days(county, k, entry, count, rng))
    if entry["pieces"]:
        decimals = _DECIMALS[entry["unit"]]
        parts = rng.gamma(2.0, size=count)
        parts = np.round(parts / parts.sum() * amount, decimals)
        return _rows(holder, rows.day, np.maximum(parts, 10.0**-decimals))
    if entry["id"] == _BOTH_NAMES and k > 0:
        who = county.renamed[k][:1]
        days = np.array([f"{county.years[k]}-02-01", f"{county.years[k]}-08-01"], dtype="datetime64[D]")
        return Rows(
            np.concatenate([rows.holder, who, who]),
            np.concatenate([rows.day, days]),
            np.ones(count + 2),
            np.concatenate([rows.former, [True, False]]),
        )
    return rows


def _choose_holders(county: County, k: int, entry: dict, count: int, rng: np.random.Generator) -> np.ndarray:
    """Enterprises of the register, and small ones where any may be meant; some for the second time."""
    if entry["holder"] == "none":
        return np.full(count, NOBODY)
    pool = county.in_register(k)
    if entry["holder"] == "any":
        named = county.holders.named
        pool = np.concatenate([pool, np.arange(county.n, county.total), named[: 60 + county.enterprises // 3]])
    # In one order through all years: next year the next, and after the last the first again.
    rank = stream(county.seed, "holders of", entry["drawn_with"] or entry["id"]).random(county.holders.size)
    order = pool[np.argsort(rank[pool])]
    start = entry["pieces"] * k or round(sum(entry["amounts"][:k]))
    holder = order[(start + np.arange(count)) % len(order)]
    again = np.flatnonzero(rng.random(count) < 0.06)
    again = again[again > 2]
    holder[again] = holder[rng.integers(0, 2, size=len(again))]
    if count > 10:
        holder[-1] = holder[0]
    return holder


def _reported(county: County, k: int, entry: dict) -> Rows:
    """A level, reported at the end of every quarter; in the second one twice on the same day, the latter right."""
    before, now = entry["amounts"][k : k + 2]
    share = np.array([0.25, 0.5, 0.75, 1.0])
    level = np.round(before + (now - before) * share, _DECIMALS[entry["unit"]])
    year = county.years[k]
    day = np.array([f"{year}-{month:02d}-25" for month in (3, 6, 9, 12)], dtype="datetime64[D]")
    quantity = np.array([level[0], level[0], *level[1:]])
    return _rows(np.full(5, NOBODY), day[[0, 1, 1, 2, 3]], quantity)


def _covered(county: County, k: int, entry: dict) -> Rows:
    """Enterprises of the register whose turn comes in this year, a few once more, and a few that do not count."""
    rng = stream(county.seed, "achievement", entry["id"], county.years[k])
    turn = stream(county.seed, "turns of", entry["id"]).random(county.n)
    since, until = sum(entry["amounts"][:k]), sum(entry["amounts"][: k + 1])
    registered = county.in_register(k)
    done = registered[(since <= turn[registered]) & (turn[registered] < until)]
    if entry["result"] == "backbone_share":
        done = done[county.is_backbone[done]]
    again = done[rng.random(len(done)) < 0.03]
    others = county.holders.named[rng.integers(0, 20, size=2)]
    holder = np.concatenate([done, again, others])
    return _rows(holder, _days(county, k, entry, len(holder), rng))


_DRAWN = {"latest": _reported, "register_share": _covered, "backbone_share": _covered}


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    drawn = list(draw(county, k))
    sizes = [len(rows.holder) for _, rows in drawn]

    def label(name: str) -> np.ndarray:
        return np.repeat(np.array([entry[name] for entry, _ in drawn], dtype=object), sizes)

    holder, day, quantity, former = (
        np.concatenate([getattr(rows, name) for _, rows in drawn]) for name in ("holder", "day", "quantity", "former")
    )
    serial = np.concatenate([np.arange(1, size + 1) for size in sizes])
    ids, units, leads = label("id"), label("unit"), label("lead_unit")
    items = [f"{item}{facts.year}第{number}项" for item, number in zip(label("item"), serial, strict=True)]
    names, codes = county.holders.name(k)[holder], county.holders.code(k)[holder]
    names[former] = county.holders.name(k - 1)[holder[former]]
    codes[former] = None
    quarter = (day.astype("datetime64[M]").astype(int) % MONTHS) // 3 + 1

    for number in QUARTERS:
        rows = np.flatnonzero(quarter == number)
        whole = [int(amount) if amount == int(amount) else amount for amount in quantity[rows].tolist()]

        def sheet(rows: np.ndarray = rows, whole: list[float] = whole, number: int = number) -> Sheet:
            return Sheet(
                FORM,
                {
                    "指标编号": ids[rows],
                    "事项名称": [items[row] for row in rows],
                    "主体名称": names[rows],
                    "主体信用代码": codes[rows],
                    "发生日期": day[rows],
                    "数量": whole,
                    "计量单位": units[rows],
                    "责任单位": leads[rows],
                    "佐证文号": [f"德制造〔{facts.year}〕{number}-{row + 1}号" for row in range(len(rows))],
                },
                **county.holders.known_by(k, holder[rows]),
            )

        taken = desk.deliver(FORM, sheet, facts.year, number * 3)
        if taken is not None:
            good = rows[taken.accepted]
            known.achievements[number] = pl.DataFrame(
                {
                    "indicator_id": ids[good],
                    "holder": holder[good],
                    "happened_on": day[good],
                    "quantity": quantity[good],
                }
            )
