"""`price_index`: 工业增加值缩减指数, the whole series each time. Never spoiled: it is a handful of rows."""

from __future__ import annotations

from pipelines.demo.county import County
from pipelines.demo.desk import Desk
from pipelines.demo.setting import setting
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="price_index",
    stem="工业增加值缩减指数",
    channel="csv",
    columns=(Column("年份"), Column("缩减指数(2020=100)", "number", decimals=1)),
)


def deliver_list(desk: Desk, county: County) -> None:
    index = setting()["deflator_2020_100"]

    def sheet() -> Sheet:
        cells = {"年份": list(county.years), "缩减指数(2020=100)": [index[str(year)] for year in county.years]}
        return Sheet(FORM, cells)

    desk.deliver(FORM, sheet, None)
