"""`register`: 规上工业企业名录, the enterprises above scale of one year."""

from __future__ import annotations

import numpy as np

from pipelines.demo.county import County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import setting, stream
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="register",
    stem="规上工业企业名录",
    channel="workbook",
    title="{when}规上工业企业名录",
    columns=(
        Column("统一社会信用代码", "code", ("信用代码",)),
        Column("单位详细名称", "name", ("企业名称",)),
        Column("曾用名"),
        Column("曾用信用代码"),
        Column("行业代码"),
        Column("乡镇代码"),
        Column("平台"),
        Column("高新技术产业", "flag"),
        Column("重点骨干", "flag"),
        Column("投产日期", "date"),
    ),
    ways={"conflicting_duplicate": 2, "cell_note": 3, "duplicate": 1, "unknown_enterprise": 1},
    conflict="高新技术产业",
    empty_codes=0.0,
    at_least=1,
)


def yes_no(flags: np.ndarray) -> np.ndarray:
    """是 or 否."""
    return np.where(flags, "是", "否").astype(object)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    who = county.in_register(k)
    towns = setting()["towns"]
    town = county.town[k, who]
    codes = np.array([towns[at]["code"] for at in town], dtype=object)
    old = stream(county.seed, "old town codes", k).random(len(who)) < 0.3
    for at, place in enumerate(towns):
        if "old_code" in place:
            codes[old & (town == at)] = place["old_code"]

    def sheet() -> Sheet:
        return Sheet(
            FORM,
            {
                "统一社会信用代码": county.code[k, who],
                "单位详细名称": county.name[k, who],
                "曾用名": county.former_names[k, who],
                "曾用信用代码": county.former_code[k, who],
                "行业代码": county.industry_code[who],
                "乡镇代码": codes,
                "平台": county.platform[k, who],
                "高新技术产业": yes_no(county.is_hightech[who]),
                "重点骨干": yes_no(county.is_backbone[who]),
                "投产日期": county.started[who],
            },
            by_code_only=np.ones(len(who), dtype=bool),
            spare=~county.exposed[who],
        )

    taken = desk.deliver(FORM, sheet, facts.year)
    if taken is not None:
        known.scope[who[taken.accepted]] = True
        dated = who[np.setdiff1d(taken.accepted, taken.noted)]
        known.started_on[dated] = county.started[dated]
