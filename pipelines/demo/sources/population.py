"""`population`: 常住人口, residents of every town at year-end. Never spoiled: one town missing leaves none known."""

from __future__ import annotations

import numpy as np

from pipelines.demo.county import County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import setting
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="population",
    stem="常住人口",
    channel="csv",
    encoding="utf-8-sig",
    columns=(
        Column("乡镇代码"),
        Column("乡镇名称"),
        Column("年末常住人口(人)", "number", nonnegative=True),
        Column("年末户籍人口(人)", "number", nonnegative=True, optional=True),
    ),
)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    towns = setting()["towns"]
    residents = county.population(k)

    def sheet() -> Sheet:
        return Sheet(
            FORM,
            {
                "乡镇代码": [town["code"] for town in towns],
                "乡镇名称": [town["name"] for town in towns],
                "年末常住人口(人)": residents,
                "年末户籍人口(人)": np.rint(residents * 0.8).astype(np.int64),
            },
        )

    if desk.deliver(FORM, sheet, facts.year) is not None:
        known.population = residents
