"""`remediation`: 高耗低效企业整治台账, the whole ledger every quarter, with the states its actions have reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.county import County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import setting, stream
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="remediation",
    stem="高耗低效企业整治台账",
    channel="workbook",
    title="{when}高耗低效企业整治台账",
    totals=True,
    columns=(
        Column("企业名称", "name"),
        Column("统一社会信用代码", "code"),
        Column("整治方式"),
        Column("列入日期", "date"),
        Column("完成日期", "date"),
        Column("腾出用地(亩)", "number", decimals=2, nonnegative=True, has_total=True),
        Column("腾出用能(吨标准煤)", "number", decimals=2, nonnegative=True, has_total=True),
        Column("减碳量(吨)", "number", decimals=2, nonnegative=True, has_total=True),
        Column("乡镇"),
        Column("状态"),
    ),
    ways={
        "unknown_enterprise": 2,
        "not_a_number": 2,
        "not_a_date": 2,
        "out_of_range": 1,
        "conflicting_duplicate": 1,
        "duplicate": 1,
    },
    conflict="腾出用地(亩)",
    at_least=1,
)
QUARTERS = (3, 6, 9, 12)
# Actions a year for one enterprise of the register, and the tce that one frees; CO₂ is about twice that.
_PER_ENTERPRISE, _TCE, _CO2_PER_TCE = 0.49, 40.0, 2.0
# 亩 that an action frees: eliminated, upgraded.
_MU = 6.0, 3.0
_NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Actions:
    """One element an action, in the order of the ledger."""

    holder: np.ndarray
    method: np.ndarray
    listed: np.ndarray
    begun: np.ndarray
    ended: np.ndarray
    """NaT where it never ends."""
    leaves: np.ndarray
    """Ends on the 退出清单 and is not struck off."""
    dated: np.ndarray
    """The date of its end is written down."""
    land_mu: np.ndarray
    energy_tce: np.ndarray
    co2_t: np.ndarray

    def state(self, day: np.datetime64) -> np.ndarray:
        """Where each action stands on a day."""
        ended = np.where(self.leaves, "退出清单", "已销号")
        return np.select([self.ended <= day, self.begun <= day], [ended, "整治中"], "在册").astype(object)


def draw(county: County) -> Actions:
    """Every action up to the end of the last year, by the day on which it was listed."""
    rng = stream(county.seed, "remediation")
    first, last = np.datetime64(f"{county.years[0] - 1}-07-01"), np.datetime64(f"{county.years[-1]}-12-15")
    days = int((last - first).astype(int))
    holder, eliminated, gone = _choose_holders(county, round(county.enterprises * _PER_ENTERPRISE * days / 365), rng)
    count = len(holder)
    listed = first + rng.integers(0, days + 1, size=count)
    # By the end of its last year in the register an enterprise that leaves it is gone.
    listed[:gone] = np.array([f"{county.years[k]}-04-01" for k in county.leaves[holder[:gone]]], "datetime64[D]")
    begun = listed + rng.integers(20, 90, size=count)
    ended = begun + np.where(eliminated, rng.integers(40, 180, size=count), rng.integers(60, 300, size=count))
    # Much is finished for the end of a quarter.
    closing = ((ended.astype("datetime64[M]").astype(int) // 3 + 1) * 3).astype("datetime64[M]").astype("datetime64[D]")
    ended = np.where(rng.random(count) < 0.35, closing - rng.integers(1, 6, size=count), ended)
    ended[rng.random(count) < 0.03] = _NEVER
    leaves = rng.random(count) < 0.05
    dated = np.where(leaves, rng.random(count) < 0.3, rng.random(count) > 0.01)
    method = _methods(eliminated, rng)

    # The first after those who are gone: one that is finished twice, one that is finished and then under way again, one
    # that left the list with a date, one struck off without.
    year = county.years[-1]
    edges = slice(gone, gone + 4)
    listed[edges], begun[edges], ended[edges] = (np.datetime64(f"{year}-{day}") for day in ("01-10", "02-01", "03-31"))
    leaves[edges], dated[edges] = [False, False, True, False], [True, True, True, False]
    method[edges] = "整治提升"
    again = np.flatnonzero(~leaves & ~np.isnat(ended) & (rng.random(count) < 0.03) & (np.arange(count) >= gone + 4))
    again = np.concatenate([[gone, gone + 1], again])
    later = np.where(np.arange(len(again)) < 2, np.datetime64(f"{year}-04-20"), ended[again] + 40)
    ends = later + rng.integers(60, 200, size=len(again))
    ends[:2] = np.datetime64(f"{year}-06-30"), _NEVER
    methods = _methods(rng.random(len(again)) < 0.5, rng)
    methods[:2] = "淘汰关停", "搬迁入园"

    def joined(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        return np.concatenate([one, two])

    no = np.zeros(len(again), dtype=bool)
    listed = joined(listed, later)
    order = np.argsort(listed, kind="stable")
    order = order[listed[order] <= last]
    method = joined(method, methods)[order]
    size = len(order)
    spread = rng.lognormal(-0.25, 0.7, size=(2, size))
    mu = np.where(np.isin(method, list(setting()["remediation"]["eliminated"])), *_MU)
    energy = np.maximum(_TCE * spread[1], 0.01)
    return Actions(
        holder=joined(holder, holder[again])[order],
        method=method,
        listed=listed[order],
        begun=joined(begun, later + 30)[order],
        ended=joined(ended, ends)[order],
        leaves=joined(leaves, no)[order],
        dated=joined(dated, ~no)[order],
        land_mu=np.round(np.maximum(mu * spread[0], 0.01), 2),
        energy_tce=np.round(energy, 2),
        co2_t=np.round(energy * _CO2_PER_TCE * rng.lognormal(0, 0.1, size=size), 2),
    )


def _choose_holders(county: County, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """Different holders, who of them is eliminated, and how many left the register for it: these stand first."""
    holders = county.holders
    gone = np.flatnonzero(county.leaves < len(county.years) - 1)
    large = rng.permutation(holders.steady)[: min(count // 3, len(holders.steady) // 2)]
    small = np.concatenate([np.arange(county.n, county.total), holders.workshops])
    small = rng.choice(small, size=max(4, min(count - len(gone) - len(large), len(small))), replace=False)
    holder = np.concatenate([gone, rng.permutation(np.concatenate([large, small]))])
    eliminated = (holder >= county.n) & (rng.random(len(holder)) < 0.33)
    eliminated[: len(gone)] = True
    return holder, eliminated, len(gone)


def _methods(eliminated: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    drawn = []
    for shares in (setting()["remediation"][kind] for kind in ("eliminated", "upgraded")):
        names = np.array(list(shares), dtype=object)
        drawn.append(rng.choice(names, size=len(eliminated), p=list(shares.values())))
    return np.where(eliminated, *drawn)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    actions = draw(county)
    names = np.array([town["name"] for town in setting()["towns"]], dtype=object)
    codes = np.array([town["code"] for town in setting()["towns"]], dtype=object)
    # A ledger keeps the town in which an enterprise lay when it was listed.
    at = np.maximum(actions.listed.astype("datetime64[Y]").astype(int) + 1970 - county.years[0], 0)
    places = np.array([county.holders.town(year) for year in range(len(county.years))])
    town = places[at, actions.holder]
    for month in QUARTERS:
        day = (np.datetime64(f"{facts.year}-{month:02d}") + 1).astype("datetime64[D]") - 1
        rows = np.flatnonzero(actions.listed <= day)
        who, state = actions.holder[rows], actions.state(day)[rows]
        is_over = (actions.ended[rows] <= day) & actions.dated[rows]
        completed = np.where(is_over, actions.ended[rows], _NEVER)

        def sheet(
            rows: np.ndarray = rows, who: np.ndarray = who, state: np.ndarray = state, completed: np.ndarray = completed
        ) -> Sheet:
            return Sheet(
                FORM,
                {
                    "企业名称": county.holders.name(k)[who],
                    "统一社会信用代码": county.holders.code(k)[who],
                    "整治方式": actions.method[rows],
                    "列入日期": actions.listed[rows],
                    "完成日期": completed,
                    "腾出用地(亩)": actions.land_mu[rows],
                    "腾出用能(吨标准煤)": actions.energy_tce[rows],
                    "减碳量(吨)": actions.co2_t[rows],
                    "乡镇": names[town[rows]],
                    "状态": state,
                },
                **county.holders.known_by(k, who),
            )

        taken = desk.deliver(FORM, sheet, facts.year, month)
        if taken is None:
            continue
        good = taken.accepted
        known.remediation = pl.DataFrame(
            {
                "holder": who[good],
                "method": actions.method[rows][good],
                "listed_on": actions.listed[rows][good],
                "completed_on": completed[good],
                "state": state[good],
                "land_mu": actions.land_mu[rows][good],
                "energy_tce": actions.energy_tce[rows][good],
                "co2_t": actions.co2_t[rows][good],
                "town_code": codes[town[rows][good]],
            }
        )
