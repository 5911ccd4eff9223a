"""Each promise of `expectations/` holds for the sample county, and breaks when the published table breaks it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.gate import expectations
from pipelines.gate.model import CheckKey, CheckResult
from pipelines.gate.suites import Suite, expected_checks, load_suites
from pipelines.home import Home
from pipelines.orchestration.night import LINK

pytestmark = pytest.mark.slow

# What an honest mistake upstream would do to the table, by (table, check).
BREAKS: dict[CheckKey, str] = {
    ("marts.indicator_addend", "figures_of_the_county_come_of_it"): (
        "update marts.indicator_addend set earlier_denominator = 2 * earlier_denominator "
        "where indicator_id = 'tax_per_mu_growth' and period = '2021-06'"
    ),
    ("marts.indicator", "whole_plan_registered"): "delete from marts.indicator where target_id = 'tax_per_mu_growth'",
    (
        "marts.indicator",
        "every_target_is_cited",
    ): "update marts.indicator set clause = null where target_id = 'tax_per_mu_growth'",
    (
        "marts.indicator",
        "ranges_have_two_ends",
    ): "update marts.indicator set target_upper = null where comparator = 'between'",
    ("marts.indicator", "repeats_point_at_their_originals"): (
        "update marts.indicator set target_value = 17 where target_id = 'listed_companies_total_c20'"
    ),
    ("marts.indicator", "every_entry_is_defined_and_led"): (
        "update marts.indicator set caveat = null where target_id = 'old_park_plot_ratio'"
    ),
    ("marts.indicator_value", "county_row_everywhere"): (
        "delete from marts.indicator_value where breakdown = 'county' and indicator_id = 'tax_per_mu_above_scale' "
        "and period = '2021-05'"
    ),
    ("marts.indicator_value", "no_period_lost"): (
        "delete from marts.indicator_value where indicator_id = 'tax_per_mu_above_scale' and period = '2021-05'"
    ),
    ("marts.indicator_value", "shares_of_a_count_within_0_and_100"): (
        "update marts.indicator_value set value = 101 where indicator_id = 'projects_landing_rate' "
        "and period = '2021-05' and breakdown = 'county'"
    ),
    ("marts.indicator_value", "counts_are_whole"): (
        "update marts.indicator_value set value = 1.5 where indicator_id = 'projects_100m_started_annual' "
        "and period = '2021-05' and breakdown = 'county'"
    ),
    ("marts.indicator_value", "never_negative"): (
        "update marts.indicator_value set value = -1 where indicator_id = 'old_park_plot_ratio'"
    ),
    ("marts.indicator_value", "december_is_the_year"): (
        "update marts.indicator_value set rolling12_value = value + 1 where period = '2021-12' "
        "and indicator_id = 'tax_per_mu_above_scale'"
    ),
    ("marts.indicator_value", "little_is_estimated"): (
        "update marts.indicator_value set estimated_share = 0.06 where breakdown = 'county' and period = '2021-05'"
    ),
    ("marts.indicator_value", "nearly_all_value_added_is_covered"): (
        "update marts.indicator_value set coverage_weighted = 0.5 where breakdown = 'county' and period = '2021-05'"
    ),
    ("marts.enterprise_month", "no_month_lost"): (
        "delete from marts.enterprise_month where period = '2021-05' "
        "and credit_code = (select min(credit_code) from marts.enterprise_month)"
    ),
    ("marts.enterprise_month", "codes_are_credit_codes"): (
        "update marts.enterprise_month set credit_code = replace(credit_code, '0', 'O')"
    ),
    ("marts.enterprise_month", "quantities_are_not_negative"): (
        "update marts.enterprise_month set staff_avg_ytd = -1 where period = '2021-05'"
    ),
    ("marts.indicator_value", "parts_never_exceed_wholes"): (
        "update marts.indicator_value set value = 1000 where indicator_id = 'projects_300m_started_annual' "
        "and breakdown = 'county' and period = '2021-05'"
    ),
    ("marts.indicator_value", "areas_never_exceed_the_county"): (
        "update marts.indicator_value set value = 1000 where indicator_id = 'projects_100m_started_annual' "
        "and breakdown = 'town' and period = '2021-05'"
    ),
    ("marts.indicator_value", "physical_quantities_never_negative"): (
        "update marts.indicator_value set value = -1 where indicator_id = 'co2_reduced_3y' and period = '2021-06'"
    ),
    ("marts.indicator_value", "no_period_lost_against_the_release_before"): (
        "insert into raw.published_before values ('tax_per_mu_above_scale', '2019-12', true)"
    ),
    ("marts.indicator_value", "no_value_became_unknown"): (
        "insert into raw.published_before values ('tax_per_mu_above_scale', '2021-04', true)"
    ),
    ("marts.indicator_jump", "no_jump_beyond_tolerance"): (
        "insert into marts.indicator_jump values ('tax_per_mu_above_scale', '2021-06', 1, 'X', 10, 30, 60, 1, 0.25)"
    ),
    ("marts.indicator_jump", "jumps_are_beyond_their_tolerance"): (
        "insert into marts.indicator_jump values ('tax_per_mu_above_scale', '2021-06', 1, 'X', 1, 30, 33, 0.1, 0.25)"
    ),
    ("marts.indicator_need", "value_and_gap_make_the_target"): (
        "update marts.indicator_need set gap = gap + 1 where target_id = 'tax_per_mu_above_scale'"
    ),
    ("marts.indicator_need", "every_open_target_has_its_gap"): (
        "delete from marts.indicator_need where target_id = 'tax_per_mu_above_scale' and period = '2021-06'"
    ),
    ("marts.indicator_need", "gaps_name_unit_and_months"): (
        "update marts.indicator_need set numerator_unit = null where target_id = 'tax_per_mu_above_scale'"
    ),
    ("marts.indicator_forecast", "no_forecast_without_its_backtest"): (
        "update marts.indicator_forecast set backtest_error = null where target_id = 'tax_per_mu_above_scale'"
    ),
    ("marts.indicator_forecast", "forecast_lies_in_its_interval"): (
        "update marts.indicator_forecast set forecast_low = forecast_high + 1 where forecast is not null"
    ),
    ("marts.indicator_forecast", "only_open_targets_are_forecast"): (
        "update marts.indicator_progress set status = 'achieved' where period = '2021-12' and status = 'behind'"
    ),
    ("marts.indicator_progress", "no_status_without_its_inputs"): (
        "update marts.indicator_progress set value = null where status = 'behind'"
    ),
    ("marts.indicator_progress", "every_target_in_every_reported_period_once"): (
        "delete from marts.indicator_progress where target_id = 'tax_per_mu_above_scale' and period = '2021-12'"
    ),
    ("marts.indicator_progress", "time_passes_between_0_and_1"): (
        "update marts.indicator_progress set elapsed_share = 1.5 where period = '2021-12'"
    ),
    ("marts.indicator_progress", "achieved_means_the_comparator_holds"): (
        "update marts.indicator_progress set status = 'achieved' where status = 'behind'"
    ),
    ("marts.area_progress", "no_area_status_without_its_inputs"): (
        "insert into marts.area_progress (target_id, period, breakdown, breakdown_code, value, status) "
        "values ('x', '2021-05', 'town', '330521001', null, 'behind')"
    ),
    ("marts.area_ranking", "best_first_and_equal_values_share_a_rank"): (
        "update marts.area_ranking set value = -value where period = '2021-12'"
    ),
    ("marts.area_ranking", "tiny_areas_are_shown_but_not_ranked"): (
        "update marts.area_ranking set rank = 9 where rank is null and indicator_id = 'tax_per_mu_above_scale'"
    ),
    ("marts.area_ranking", "scores_within_0_and_100"): "update marts.area_ranking set score = 101 where rank = 1",
    ("marts.official_value", "official_values_name_source_and_date"): (
        "insert into marts.official_value (indicator_id, period, breakdown, breakdown_code, official_value) "
        "values ('tax_per_mu_above_scale', '2021-12', 'county', '330521', 35.1)"
    ),
    ("marts.dimension", "every_published_code_has_a_name"): (
        "delete from marts.dimension where breakdown_code = '330521001'"
    ),
    ("marts.campaign", "every_row_belongs_to_a_campaign"): (
        "delete from marts.campaign where target_id = 'tax_per_mu_growth'"
    ),
    ("marts.project", "plans_are_not_negative"): "update marts.project set planned_fixed_wan = -1",
    ("marts.project", "kind_is_known"): "update marts.project set kind = '其他'",
    ("marts.enterprise_year", "december_is_the_year_of_every_enterprise"): (
        "delete from marts.enterprise_year where credit_code = (select min(credit_code) from marts.enterprise_year)"
    ),
    ("marts.enterprise_evaluation", "every_enterprise_is_evaluated_or_named_n"): (
        "delete from marts.enterprise_evaluation where class = 'N'"
    ),
    ("marts.enterprise_evaluation", "class_n_alone_has_no_score"): (
        "update marts.enterprise_evaluation set class = 'D' where class = 'N'"
    ),
    ("marts.enterprise_evaluation", "a_better_class_has_the_better_scores"): (
        "update marts.enterprise_evaluation set class = 'A' where class = 'D'"
    ),
    ("marts.enterprise_evaluation", "items_add_up_to_the_score"): (
        "update marts.enterprise_evaluation set score = score + 1 where rank = 1"
    ),
    ("marts.enterprise_evaluation_item", "every_item_of_the_scheme"): (
        "delete from marts.enterprise_evaluation_item where item = 'rd_ratio' "
        "and credit_code = (select min(credit_code) from marts.enterprise_evaluation_item)"
    ),
    ("marts.enterprise_evaluation_item", "negative_or_missing_earns_nothing"): (
        "update marts.enterprise_evaluation_item set score = 3 where is_listed_missing"
    ),
    ("marts.high_consumption_low_efficiency", "reasons_are_those_of_the_list"): (
        "update marts.high_consumption_low_efficiency set reasons = 'class_d;hearsay' where reasons like 'class_d%'"
    ),
    ("marts.high_consumption_low_efficiency", "every_class_d_is_a_candidate"): (
        "delete from marts.high_consumption_low_efficiency where reasons like 'class_d%'"
    ),
    ("marts.high_consumption_low_efficiency", "the_loop_is_closed_in_order"): (
        "update marts.high_consumption_low_efficiency set is_back_on_list = true where status = '未列入'"
    ),
    ("marts.two_high_screening", "energy_reaches_the_threshold"): (
        "update marts.two_high_screening set energy_calorific_tce = threshold_tce - 1 where year = 2021"
    ),
    ("marts.carbon_efficiency", "intensity_is_co2_by_value_added"): (
        "update marts.carbon_efficiency set intensity = 2 * intensity where year = 2021"
    ),
    ("marts.carbon_efficiency", "a_better_level_has_the_lower_k"): (
        "update marts.carbon_efficiency set level = 1 where level = 5"
    ),
    ("marts.enterprise_title", "a_title_held_has_an_award_in_force"): (
        "update marts.enterprise_title set is_held = true where standing = 'expired'"
    ),
    ("marts.enterprise_champion", "holders_and_rungs_are_those_of_the_titles"): (
        "update marts.enterprise_champion set rung = 6 where rung = 1"
    ),
    ("marts.enterprise_delivery", "every_period_names_a_file_in_force"): (
        "update marts.enterprise_delivery set periods = '2021-04' where source = 'tax' and year = '2021'"
    ),
    ("marts.enterprise_delivery", "no_row_without_its_enterprise"): (
        "delete from marts.enterprise_delivery where source = 'industry' and year = '2020' "
        "and credit_code = (select min(credit_code) from marts.enterprise_year where year = 2020)"
    ),
    ("marts.project_stage", "one_stage_now_the_furthest"): (
        "update marts.project_stage set is_current = true where stage = '签约'"
    ),
    ("marts.project_stage", "only_the_stage_now_can_be_overdue"): (
        "update marts.project_stage set overdue = true where stage = '签约'"
    ),
    ("marts.project_life_cycle", "no_project_lost"): "delete from marts.project_life_cycle where stage = '竣工'",
    ("marts.project_life_cycle", "what_has_begun_and_is_not_done_is_on_a_list"): (
        "update marts.project_life_cycle set not_yet_list = null where stage = '开工'"
    ),
    ("marts.project_life_cycle", "the_wall_chart_is_manufacturing"): (
        "update marts.project_life_cycle set is_wall_chart = true"
    ),
    ("marts.land_conversion", "parts_of_land_within_the_whole"): (
        "update marts.land_conversion set industrial_mu = transferred_mu + 1 where year = 2021"
    ),
    ("marts.remediation_action", "every_enterprise_stands_in_one_row"): (
        "update marts.remediation_action set is_latest = true"
    ),
    ("marts.remediation_progress", "every_enterprise_is_in_one_state"): (
        "update marts.remediation_progress set n_left = 1 where breakdown = 'county'"
    ),
    ("marts.remediation_progress", "done_never_exceeds_planned"): (
        "update marts.remediation_progress set land_done_mu = land_planned_mu + 1 where period = '2021-12'"
    ),
    (
        "audit.delivery",
        "each_delivery_once",
    ): "insert into audit.delivery select * from audit.delivery where status = 'refused'",
    (
        "audit.delivery",
        "rows_add_up",
    ): "update audit.delivery set rows_read = rows_read + 1 where file_name like '%202103%'",
    ("audit.delivery", "refusals_have_a_reason"): "update audit.delivery set reason = null where status = 'refused'",
    ("audit.delivery", "one_file_answers_for_a_period"): (
        "update audit.delivery set status = 'accepted', reason = null where status = 'superseded'"
    ),
    ("audit.delivery", "bytes_are_named"): "update audit.delivery set sha256 = upper(sha256)",
    ("audit.quarantined_row", "every_quarantined_row_is_kept"): (
        "delete from audit.quarantined_row where row_number = (select max(row_number) from audit.quarantined_row)"
    ),
    ("audit.quarantined_row", "reason_is_known"): "update audit.quarantined_row set reason = 'other'",
    ("audit.quarantined_row", "rows_can_be_mended"): "update audit.quarantined_row set cells = '\"gone\"'",
    ("audit.cell_note", "notes_belong_to_a_file_in_force"): "update audit.cell_note set file_name = 'nowhere.xlsx'",
    (
        "audit.cell_note",
        "reason_is_known",
    ): "update audit.cell_note set reason = null, cell = null; update audit.cell_note set reason = 'other'",
}


@pytest.fixture(scope="module")
def built(published_home: Home) -> Path:
    """The work file of the night that published the sample county."""
    return (published_home.work / LINK / "build.duckdb").resolve()


def check(suites: list[Suite], work_file: Path, docs: Path) -> dict[CheckKey, CheckResult]:
    results, _ = expectations.run_suites(suites, work_file, docs)
    return {result.key: result for result in results}


def test_every_promise_is_tested_here() -> None:
    assert set(BREAKS) == set(expected_checks(load_suites()))


def test_the_sample_county_keeps_every_promise(built: Path, tmp_path: Path) -> None:
    # A copy: Great Expectations keeps the file open in this process, where nobody could open it with other settings.
    copy = shutil.copyfile(built, tmp_path / "build.duckdb")
    results = check(load_suites(), copy, tmp_path / "docs")
    assert set(results) == set(BREAKS)
    assert [r for r in results.values() if not r.passed] == []


@pytest.mark.parametrize("key", BREAKS, ids=lambda key: ".".join(key))
def test_a_broken_table_breaks_its_promise(built: Path, tmp_path: Path, key: CheckKey) -> None:
    broken = tmp_path / "build.duckdb"
    shutil.copyfile(built, broken)
    with duckdb.connect(str(broken)) as con:
        con.execute(BREAKS[key])
    result = check([suite for suite in load_suites() if suite.table == key[0]], broken, tmp_path)[key]
    assert not result.crashed, result.observed
    assert not result.passed
    assert 0 < len(result.sample) <= 5
