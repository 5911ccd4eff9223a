"""`tax`: 企业入库税收, month and year to date, in the unit of its own file; small taxpayers too."""

from __future__ import annotations

import numpy as np

from pipelines.demo.county import MONTHS, County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import stream
from pipelines.demo.sheet import Column, Form, Sheet

# Unit → yuan in it, and the decimals in which it holds a whole yuan.
UNITS = {"万元": (10_000, 4), "千元": (1_000, 3), "元": (1, 0)}


def form(decimals: int) -> Form:
    """The form; how many decimals its figures have depends on the unit."""
    return Form(
        source="tax",
        stem="企业入库税收",
        channel="workbook",
        title="{when}企业入库税收明细表",
        totals=True,
        columns=(
            Column("纳税人识别号", "code", ("统一社会信用代码",)),
            Column("纳税人名称", "name"),
            Column("税收/本月", "number", decimals=decimals, has_total=True),
            Column("税收/本年累计", "number", decimals=decimals, has_total=True),
        ),
        ways={"unknown_enterprise": 2, "not_a_number": 2, "conflicting_duplicate": 1, "duplicate": 1},
        conflict="税收/本年累计",
    )


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    who = np.flatnonzero(county.present(k))
    by_code = county.by_code_only(k)[who]
    flows = np.diff(facts.tax_ytd_yuan, axis=1, prepend=0)
    for month in range(1, MONTHS + 1):
        m = month - 1
        rng = stream(county.seed, "tax unit", facts.year, month)
        unit = str(rng.choice(list(UNITS), p=[0.5, 0.25, 0.25]))
        yuan, decimals = UNITS[unit]
        tax_form = form(decimals)

        def sheet(m: int = m, yuan: int = yuan, decimals: int = decimals, tax_form: Form = tax_form) -> Sheet:
            def in_unit(values: np.ndarray) -> np.ndarray:
                return values if yuan == 1 else np.round(values / yuan, decimals)

            return Sheet(
                tax_form,
                {
                    "纳税人识别号": county.code[k, who],
                    "纳税人名称": county.name[k, who],
                    "税收/本月": in_unit(flows[who, m]),
                    "税收/本年累计": in_unit(facts.tax_ytd_yuan[who, m]),
                },
                by_code_only=by_code,
                former_name=county.former_names[k, who],
                former_code=county.former_code[k, who],
            )

        taken = desk.deliver(tax_form, sheet, facts.year, month, unit=unit)
        if taken is not None:
            good = who[taken.accepted]
            good = good[good < county.n]
            known.tax_wan[good, m] = facts.tax_ytd_yuan[good, m] / 10_000
