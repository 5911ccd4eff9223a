"""`electricity`: 工业用户电量, kWh of the month by meter account; most rows carry no code."""

from __future__ import annotations

import numpy as np

from pipelines.demo.county import MONTHS, County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="electricity",
    stem="工业用户电量",
    channel="csv",
    encoding="utf-8-sig",
    columns=(
        Column("户号"),
        Column("户名", "name"),
        Column("统一社会信用代码", "code"),
        Column("用电量(千瓦时)", "number", nonnegative=True),
    ),
    ways={
        "unknown_enterprise": 2,
        "not_a_number": 2,
        "out_of_range": 2,
        "conflicting_duplicate": 1,
        "duplicate": 1,
        "absent": 2,
    },
    conflict="用电量(千瓦时)",
    empty_codes=0.7,
)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    by_code = county.by_code_only(k)
    for month in range(1, MONTHS + 1):
        m = month - 1
        meters = np.flatnonzero(facts.meter_kwh[:, m])
        owner = county.meter_owner[meters]

        def sheet(m: int = m, meters: np.ndarray = meters, owner: np.ndarray = owner) -> Sheet:
            return Sheet(
                FORM,
                {
                    "户号": county.meter_no[meters],
                    "户名": county.name[k, owner],
                    "统一社会信用代码": county.code[k, owner],
                    "用电量(千瓦时)": facts.meter_kwh[meters, m],
                },
                by_code_only=by_code[owner],
                former_name=county.former_names[k, owner],
                former_code=county.former_code[k, owner],
            )

        taken = desk.deliver(FORM, sheet, facts.year, month)
        if taken is not None:
            known.electricity_delivered[m] = True
            good = meters[taken.accepted]
            known.meter_kwh[good, m] = facts.meter_kwh[good, m]
            known.meter_quarantined[meters[taken.quarantined], m] = True
