"""`finance`: 土地出让收支, revenue and cost of a year's land and the fund set aside. Never spoiled: it is one row."""

from __future__ import annotations

import numpy as np

from pipelines.demo.county import County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import setting, stream
from pipelines.demo.sheet import Column, Form, Sheet
from pipelines.demo.sources import land_transfer

FORM = Form(
    source="finance",
    stem="土地出让收支",
    channel="csv",
    columns=(
        Column("年份"),
        Column("土地出让收入(万元)", "number", decimals=2),
        Column("土地出让成本(万元)", "number", decimals=2, optional=True),
        Column("腾笼换鸟专项经费(万元)", "number", decimals=2),
    ),
)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    rng = stream(county.seed, "finance", facts.year)
    # What comes in during a year is not quite what was agreed in it.
    agreed = float(np.nansum(land_transfer.draw(county, k).price_wan))
    revenue = round(agreed * rng.uniform(0.9, 1.05), 2)
    cost = round(revenue * rng.uniform(0.58, 0.68), 2)
    fund = round(revenue * setting()["land_transfer"]["fund_share"][k] * rng.uniform(0.98, 1.02), 2)

    def sheet() -> Sheet:
        return Sheet(
            FORM,
            {
                "年份": [facts.year],
                "土地出让收入(万元)": [revenue],
                "土地出让成本(万元)": [cost],
                "腾笼换鸟专项经费(万元)": [fund],
            },
        )

    if desk.deliver(FORM, sheet, facts.year) is not None:
        known.finance = (fund, revenue)
