"""`rd`: 规上工业研发年报, R&D expenditure in 千元."""

from __future__ import annotations

from pipelines.demo.county import County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.sheet import Column, Form, Sheet
from pipelines.demo.sources.register import yes_no

FORM = Form(
    source="rd",
    stem="规上工业研发年报",
    channel="csv",
    encoding="gb18030",
    columns=(
        Column("统一社会信用代码", "code"),
        Column("单位详细名称", "name"),
        Column("研发经费内部支出(千元)", "number", nonnegative=True),
        Column("是否有研发活动", "flag"),
        Column("是否设研发机构", "flag"),
    ),
    ways={
        "not_a_number": 2,
        "unknown_enterprise": 2,
        "conflicting_duplicate": 1,
        "out_of_range": 2,
        "duplicate": 1,
    },
    conflict="研发经费内部支出(千元)",
    at_least=1,
)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    who = county.in_register(k)

    def sheet() -> Sheet:
        return Sheet(
            FORM,
            {
                "统一社会信用代码": county.code[k, who],
                "单位详细名称": county.name[k, who],
                "研发经费内部支出(千元)": facts.rd_kcny[who],
                "是否有研发活动": yes_no(facts.rd_active[who]),
                "是否设研发机构": yes_no(facts.rd_institution[who]),
            },
            by_code_only=county.by_code_only(k)[who],
            former_name=county.former_names[k, who],
            former_code=county.former_code[k, who],
        )

    taken = desk.deliver(FORM, sheet, facts.year)
    if taken is not None:
        good = who[taken.accepted]
        known.rd_wan[good] = facts.rd_kcny[good] / 10
        known.rd_active[good] = facts.rd_active[good]
        known.rd_institution[good] = facts.rd_institution[good]
