"""`land_transfer`: 土地出让台账, the contracts of a year, every use and every method of supply among them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl

from pipelines.demo.county import County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import county_code, setting, stream
from pipelines.demo.sheet import Column, Form, Sheet
from pipelines.demo.sources.register import yes_no

FORM = Form(
    source="land_transfer",
    stem="土地出让台账",
    channel="workbook",
    title="{when}土地出让台账",
    totals=True,
    columns=(
        Column("合同编号"),
        Column("出让日期", "date", within_period=True),
        Column("用途"),
        Column("供应方式"),
        Column("面积(公顷)", "number", decimals=4, nonnegative=True, has_total=True),
        Column("是否标准地", "flag"),
        Column("成交价款(万元)", "number", decimals=2, has_total=True, optional=True),
        Column("盘活存量", "flag"),
    ),
    ways={
        "outside_period": 2,
        "not_a_number": 2,
        "out_of_range": 1,
        "not_a_date": 1,
        "conflicting_duplicate": 1,
        "duplicate": 1,
    },
    conflict="面积(公顷)",
    at_least=1,
)
_PER_ENTERPRISE, _SMALLEST = 0.06, 12


@dataclass(frozen=True)
class Transfers:
    """One element a contract."""

    use: np.ndarray
    method: np.ndarray
    day: np.ndarray
    hectare: np.ndarray
    standard: np.ndarray
    price_wan: np.ndarray
    """NaN where land is allocated without a price."""
    freed: np.ndarray


def draw(county: County, k: int) -> Transfers:
    """The contracts of the k-th year."""
    year = county.years[k]
    rng = stream(county.seed, "land_transfer", year)
    data = setting()["land_transfer"]
    # Each use by each method once, then as is usual.
    all_kinds = list(product(data["uses"], data["methods"]))
    count = max(_SMALLEST, round(county.enterprises * _PER_ENTERPRISE))
    use = _drawn([kind[0] for kind in all_kinds], data["uses"], count, rng)
    method = _drawn([kind[1] for kind in all_kinds], data["methods"], count, rng)
    size = len(use)
    industrial = use == "工业"
    # Freed stock industrial land mostly stays industrial; in some years a little of it goes to something else.
    freed = rng.random(size) < np.where(industrial, 0.25, data["freed_stock_elsewhere"][k])
    hectare = rng.lognormal(np.log(2.2), 0.5, size=size)
    sold = method == "出让"
    wanted = data["industrial_share"][k]
    others = hectare[sold & ~industrial].sum()
    hectare[industrial] *= others / hectare[sold & industrial].sum() * wanted / (1 - wanted)
    hectare = hectare.clip(min=0.05).round(4)
    standard = industrial & (rng.random(size) < data["standard_land"][k])
    per_hectare = np.array([data["price_wan_per_hectare"][name] for name in use])
    price = np.round(hectare * per_hectare * rng.lognormal(0, 0.2, size=size) * np.where(sold, 1.0, 0.1), 2)
    price[method == "划拨"] = np.nan
    season = np.array(data["seasons"], dtype=float)
    month = rng.choice(12, size=size, p=season / season.sum())
    first = (np.datetime64(f"{year}-01") + month).astype("datetime64[D]")
    day = first + rng.integers(0, 28, size=size)
    return Transfers(
        use=use,
        method=method,
        day=day,
        hectare=hectare,
        standard=standard,
        price_wan=price,
        freed=freed,
    )


def _drawn(given: list[str], shares: dict[str, float], count: int, rng: np.random.Generator) -> np.ndarray:
    names = np.array(list(shares), dtype=object)
    return np.concatenate([np.array(given, dtype=object), rng.choice(names, size=count, p=list(shares.values()))])


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    transfers = draw(county, k)

    def sheet() -> Sheet:
        return Sheet(
            FORM,
            {
                "合同编号": [
                    f"{county_code()}{facts.year}A{number:05d}" for number in range(1, len(transfers.use) + 1)
                ],
                "出让日期": transfers.day,
                "用途": transfers.use,
                "供应方式": transfers.method,
                "面积(公顷)": transfers.hectare,
                "是否标准地": yes_no(transfers.standard),
                "成交价款(万元)": [None if np.isnan(price) else price for price in transfers.price_wan.tolist()],
                "盘活存量": yes_no(transfers.freed),
            },
        )

    taken = desk.deliver(FORM, sheet, facts.year)
    if taken is not None:
        known.transfers = pl.DataFrame(
            {
                "use": transfers.use,
                "method": transfers.method,
                "hectare": transfers.hectare,
                "standard": transfers.standard,
                "freed": transfers.freed,
            }
        )[taken.accepted]
