"""`fuel`: 能源购进消费库存, year to date by fuel. Only enterprises that use fuel report; no January."""

from __future__ import annotations

import numpy as np

from pipelines.demo.county import MONTHS, County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import setting
from pipelines.demo.sheet import Column, Form, Sheet

USED, STOCK = "消费量/本年累计", "库存"


def _columns() -> tuple[Column, ...]:
    fuels = []
    for fuel in setting()["fuels"]:
        heading = fuel["heading"]
        fuels.append(Column(f"{heading}/{USED}", "number", decimals=2, nonnegative=True, has_total=True))
        fuels.append(Column(f"{heading}/{STOCK}", "number", decimals=2, nonnegative=True))
    return (*fuels, Column("统一社会信用代码", "code"), Column("企业名称", "name"))


FORM = Form(
    source="fuel",
    stem="能源购进消费库存",
    channel="workbook",
    title="{when}规上工业企业能源购进消费库存表",
    totals=True,
    columns=_columns(),
    ways={
        "unknown_enterprise": 2,
        "not_a_number": 2,
        "out_of_range": 2,
        "conflicting_duplicate": 1,
        "duplicate": 1,
        "absent": 2,
    },
)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    who = facts.fuel_users
    known.set_fuel_users(who)
    by_code = county.by_code_only(k)[who]

    def figures(values: np.ndarray) -> np.ndarray:
        cells = values.astype(object)
        cells[np.isnan(values)] = None
        return cells

    for month in range(2, MONTHS + 1):
        m = month - 1

        def sheet(m: int = m) -> Sheet:
            cells: dict[str, np.ndarray] = {}
            for at, fuel in enumerate(setting()["fuels"]):
                used = facts.fuel_ytd[:, at, m]
                cells[f"{fuel['heading']}/{USED}"] = figures(used)
                cells[f"{fuel['heading']}/{STOCK}"] = figures(np.round(used / (m + 1) * 0.3, 2))
            cells["统一社会信用代码"] = county.code[k, who]
            cells["企业名称"] = county.name[k, who]
            return Sheet(
                FORM,
                cells,
                by_code_only=by_code,
                former_name=county.former_names[k, who],
                former_code=county.former_code[k, who],
            )

        taken = desk.deliver(FORM, sheet, facts.year, month)
        if taken is not None:
            known.fuel_delivered[m] = True
            known.fuel_accepted[taken.accepted, m] = True
            known.fuel_ytd[taken.accepted, :, m] = facts.fuel_ytd[taken.accepted, :, m]
