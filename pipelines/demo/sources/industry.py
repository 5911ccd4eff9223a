"""`industry`: 规上工业生产财务月报, year to date in 千元, no January."""

from __future__ import annotations

import numpy as np

from pipelines.demo.county import MONTHS, County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import stream
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="industry",
    stem="规上工业生产财务月报",
    channel="csv",
    encoding="gb18030",
    columns=(
        Column("统一社会信用代码", "code"),
        Column("单位详细名称", "name"),
        Column("工业总产值(千元)", "number", nonnegative=True),
        Column("营业收入(千元)", "number"),
        Column("利润总额(千元)", "number", optional=True),
        Column("研发费用(千元)", "number", optional=True),
        Column("平均用工人数(人)", "number", nonnegative=True),
        Column("工业增加值(千元)", "number"),
    ),
    ways={
        "unknown_enterprise": 2,
        "not_a_number": 3,
        "out_of_range": 2,
        "conflicting_duplicate": 2,
        "duplicate": 2,
    },
    conflict="工业增加值(千元)",
    empty_codes=0.01,
)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    who = county.in_register(k)
    by_code = county.by_code_only(k)[who]
    for month in range(2, MONTHS + 1):
        m = month - 1
        rng = stream(county.seed, "industry blanks", facts.year, month)
        blank = rng.random((2, len(who))) < 0.02

        def sheet(m: int = m, blank: np.ndarray = blank) -> Sheet:
            profit = facts.profit_ytd_kcny[who, m].astype(object)
            expense = facts.rd_expense_ytd_kcny[who, m].astype(object)
            profit[blank[0]], expense[blank[1]] = None, None
            return Sheet(
                FORM,
                {
                    "统一社会信用代码": county.code[k, who],
                    "单位详细名称": county.name[k, who],
                    "工业总产值(千元)": facts.output_ytd_kcny[who, m],
                    "营业收入(千元)": facts.revenue_ytd_kcny[who, m],
                    "利润总额(千元)": profit,
                    "研发费用(千元)": expense,
                    "平均用工人数(人)": facts.staff[who, m],
                    "工业增加值(千元)": facts.value_added_ytd_kcny[who, m],
                },
                by_code_only=by_code,
                former_name=county.former_names[k, who],
                former_code=county.former_code[k, who],
            )

        taken = desk.deliver(FORM, sheet, facts.year, month)
        if taken is not None:
            good = who[taken.accepted]
            known.value_added_wan[good, m] = facts.value_added_ytd_kcny[good, m] / 10
            known.revenue_wan[good, m] = facts.revenue_ytd_kcny[good, m] / 10
            known.staff[good, m] = facts.staff[good, m]
