"""The registry says all that the plan leaves open, in both languages, where every output finds it."""

from __future__ import annotations

import re

import polars as pl
import pytest

from pipelines.plan.check import OWN_SEEDS, check_plan, read_seed

REGISTRY = {row["target_id"]: row for row in read_seed(OWN_SEEDS / "indicator_registry.csv").iter_rows(named=True)}
BOTH = re.compile(r"[一-鿿].* / .*[A-Za-z]")

# The ambiguities of the text by number: the targets that carry each, and words of the caveat.
AMBIGUITIES = {
    1: (("major_mfg_projects_1bn_3y", "mfg_projects_1bn_annual"), "两项检验"),
    2: (("pinzibiao_brand_enterprises_3y", "pinzibiao_brand_enterprises_annual"), "两项检验"),
    3: (("listed_companies_total", "listed_companies_total_c20"), "境外上市"),
    4: (("sci_tech_sme_new_3y", "provincial_sci_tech_sme_total"), "两项指标"),
    5: (("tax_per_mu_growth", "value_added_per_mu_growth", "industrial_investment_growth"), "按每年计（假定）"),
    6: (("tax_per_mu_above_scale", "old_park_tax_per_mu"), "范围不同"),
    7: (("inefficient_industrial_land_freed_3y", "old_park_land_renovated"), "两本账"),
    8: (("energy_use_freed_3y", "co2_reduced_3y"), "互不推算"),
    9: (("labour_productivity_mfg", "rd_to_revenue_mfg"), "规上制造业"),
    10: (("rd_to_revenue_mfg", "technology_transactions_3y"), "严格大于"),
    11: (("hightech_enterprises_total",), "按大于等于计"),
    12: (("projects_100m_started_annual", "projects_300m_completed_annual"), "按制造业计"),
    13: (("ip_pledge_financing",), "当年登记额"),
    14: (("hightech_investment_in_library_share",), "未定义分子与分母"),
    15: (("standard_land_share",), "按面积还是按宗数"),
    16: (("enterprises_eliminated_3y", "mfg_investment_3y"), "自2021年1月起计"),
    17: (("old_park_plot_ratio", "key_rd_projects_annual"), "软目标"),
    18: (("inefficient_industrial_land_freed_3y", "national_standards_3y"), "换行"),
}


@pytest.mark.parametrize("number", AMBIGUITIES)
def test_an_ambiguity_of_the_text_is_a_caveat(number):
    targets, words = AMBIGUITIES[number]
    assert [t for t in targets if words not in (REGISTRY[t]["caveat"] or "")] == []


def test_every_ambiguity_is_there():
    assert list(AMBIGUITIES) == list(range(1, 19))


def test_definitions_and_caveats_are_in_both_languages():
    assert [t for t, row in REGISTRY.items() if not BOTH.search(row["definition"] or "")] == []
    assert [t for t, row in REGISTRY.items() if row["caveat"] and not BOTH.search(row["caveat"])] == []


def test_every_soft_target_and_every_inferred_lead_says_so():
    soft = {t for t, row in REGISTRY.items() if row["binding"] == "soft"}
    assert soft == {t for t, row in REGISTRY.items() if "软目标" in (row["caveat"] or "")} and len(soft) == 10
    headline = {t for t, row in REGISTRY.items() if row["clause"] == "二"}
    assert headline == {t for t, row in REGISTRY.items() if "牵头单位为推定" in (row["caveat"] or "")}


def test_83_rows_of_which_71_are_targets():
    kinds = pl.Series([row["row_type"] for row in REGISTRY.values()]).value_counts().rows()
    assert dict(kinds) == {"target": 71, "policy_parameter": 6, "threshold": 3, "duplicate_ref": 3}


def test_strict_where_the_text_says_beyond():
    strict = {t for t, row in REGISTRY.items() if row["comparator"] == ">"}
    assert strict == {t for t, row in REGISTRY.items() if re.search("突破|超过", row["quote"])}


def test_the_checkout_keeps_its_own_rules():
    assert check_plan(OWN_SEEDS) == []
