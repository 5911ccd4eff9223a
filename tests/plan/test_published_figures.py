"""Real published figures as official values: what was published is taken, what was not found gets no value."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from pipelines.contracts import load_contracts
from pipelines.intake.parse import parse
from pipelines.intake.refusal import Refused

CONTRACT = load_contracts()["official_value"]
COUNTY = "330521"
# Listed companies as the county itself gave them; the rest of what is published there is no target of the plan.
PUBLISHED = [("2020", "11"), ("2022-08", "12")]
SHARED = Path(__file__).parents[3] / "shared" / "reference" / "published_figures.csv"
NAMES = {
    "规上工业亩均税收": "tax_per_mu_above_scale",
    "规上工业亩均增加值": "value_added_per_mu_above_scale",
    "规上制造业全员劳动生产率": "labour_productivity_mfg",
    "单位工业增加值能耗下降率": "energy_intensity_decline_3y",
    "规上制造业R&D经费占营收": "rd_to_revenue_mfg",
    "每万人高价值发明专利": "high_value_patents_per_10k",
    "制造业投资": "mfg_investment_3y",
}


def delivered(rows: list[tuple[str, str, str]]):
    """Rows of (target, period, value) as the county would send them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.header for column in CONTRACT.columns)
    writer.writerows((target, period, COUNTY, value, "公开报道", "2022-08-31") for target, period, value in rows)
    return parse(text.getvalue().encode("utf-8-sig"), CONTRACT, "2022-09-01").tables[""]


def test_published_figures_are_taken_with_source_and_date():
    taken = delivered([("listed_companies_total", period, value) for period, value in PUBLISHED])
    assert [float(value) for value in taken.get_column("value")] == [11, 12]
    assert taken.get_column("value_period").to_list() == ["2020", "2022-08"]


@pytest.mark.parametrize("target", NAMES.values())
def test_what_was_not_found_gets_no_value(target):
    with pytest.raises(Refused) as caught:
        delivered([(target, "2021", "")])
    assert caught.value.reason == "malformed" and "empty_cell (数值)" in caught.value.detail


def test_the_list_of_what_was_not_found_is_the_reference_s():
    if not SHARED.is_file():
        pytest.skip(f"{SHARED} is not on this machine; the names it marks not_found stand above")
    with SHARED.open(encoding="utf-8") as file:
        missing = [row for row in csv.DictReader(file) if row["status"] == "not_found"]
    assert {row["indicator_zh"] for row in missing} == set(NAMES) and not any(row["value"] for row in missing)
