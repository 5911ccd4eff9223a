"""The county's own inputs are taken whole or refused with the row and the reason."""

from __future__ import annotations

import pytest

from pipelines.build.dbt_sources import PATH, rendered
from pipelines.contracts import load_contracts
from pipelines.intake.parse import parse
from pipelines.intake.refusal import Refused

STRICT = {name: contract for name, contract in load_contracts().items() if contract.strict}
GOOD = {
    "target_revision": "指标编号,生效月份,目标值,依据文号\nlisted_companies_total,2022-07,18,德政发〔2022〕1号\n",
    "target_split": "指标编号,年份,当年目标\nmfg_investment_3y,2021,80\nmfg_investment_3y,2022,100\n",
    "area_target": "指标编号,区域代码,生效月份,目标值\nmfg_investment_3y,PF-HTZ,2021年1月,100\n",
    "ranking_weight": "指标编号,生效月份,权重\nlabour_productivity_mfg,202101,2\n",
    "official_value": "指标编号,所属期,区域代码,数值,来源,发布日期\n"
    "listed_companies_total,2021,330521,12,公报,2022-08-01\n",
}


def taken(source: str, text: str):
    return parse(text.encode("utf-8-sig"), STRICT[source], "2022-09-01").tables[""]


@pytest.mark.parametrize("source", sorted(GOOD))
def test_a_good_input_is_taken(source):
    assert set(GOOD) == set(STRICT)
    assert taken(source, GOOD[source]).height == GOOD[source].count("\n") - 1


@pytest.mark.parametrize(
    ("source", "row", "says"),
    [
        ("target_revision", "no_such_target,2022-07,18,文", "第3行 row 3: unknown_code (指标编号)"),
        ("target_revision", "listed_companies_total,2022-13,18,文", "第3行 row 3: not_a_date (生效月份)"),
        ("target_revision", "listed_companies_total,2022-08,约18,文", "第3行 row 3: not_a_number (目标值)"),
        ("target_revision", "listed_companies_total,2022-08,,文", "第3行 row 3: empty_cell (目标值)"),
        ("target_split", "mfg_investment_3y,2021,80\nmfg_investment_3y,2021,90", "conflicting_duplicate"),
        ("target_split", "mfg_investment_3y,2023,-1", "out_of_range (当年目标)"),
        ("area_target", "mfg_investment_3y,330521999,2021-01,100", "unknown_code (区域代码)"),
    ],
)
def test_a_malformed_row_refuses_the_input_and_is_named(source, row, says):
    with pytest.raises(Refused) as caught:
        text = GOOD[source].splitlines()[:2] if source != "target_split" else GOOD[source].splitlines()[:1]
        taken(source, "\n".join([*text, row]) + "\n")
    assert caught.value.reason == "malformed" and says in caught.value.detail


def test_an_observation_of_an_unknown_area_is_quarantined_alone():
    contract = load_contracts()["observation"]
    text = "measure,period,area,value,unit,source\npopulation,2020,330521,1,人,x\npopulation,2020,999,1,人,x\n"
    frame = parse(text.encode(), contract, "2022-09-01").tables[""]
    assert frame.get_column("bad_reason").to_list() == [None, "unknown_code"]


def test_the_dbt_sources_are_the_contracts():
    """Written, not kept by hand: `python -m pipelines.build.dbt_sources`."""
    assert PATH.read_text(encoding="utf-8") == rendered()
