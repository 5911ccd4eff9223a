"""Every figure of the sample county is as its truth lists it, and the same rows stand there."""

from __future__ import annotations

import csv
import io
import math

import duckdb
import pytest
from rich.console import Console

from pipelines.scoreboard import NothingThere, board, target
from tests.pipeline.sample_values import (
    COMMITTED,
    FIGURES,
    KEY,
    SHARED,
    TOLERANCE,
    build_sample,
    differences,
    true_figures,
)

# One build for all of them.
pytestmark = pytest.mark.xdist_group("sample")

EFFICIENCY = {
    "tax_per_mu_above_scale",
    "value_added_per_mu_above_scale",
    "labour_productivity_mfg",
    "energy_intensity_decline_3y",
    "rd_to_revenue_mfg",
    "tax_per_mu_growth",
    "value_added_per_mu_growth",
    "hightech_zone_hightech_va_share",
    "rd_active_enterprise_share",
    "rd_institution_setup_rate",
    "old_park_tax_per_mu",
    "old_park_plot_ratio",
}
PATENTS = {"high_value_patents_per_10k"}
INVESTMENT = {
    "mfg_investment_3y",
    "industrial_investment_growth",
    "tech_upgrade_investment_growth",
    "major_mfg_projects_1bn_3y",
    "mfg_projects_1bn_annual",
    "mfg_projects_10bn_annual",
    "projects_100m_started_annual",
    "projects_300m_started_annual",
    "projects_100m_completed_annual",
    "projects_300m_completed_annual",
    "mfg_share_of_projects_introduced",
    "projects_landing_rate",
    "landed_project_investment_completion",
    "fortune500_mfg_projects_3y",
    "mfg_projects_100m_usd_3y",
    "mfg_fdi_utilised_3y",
}
INDICATORS = EFFICIENCY | PATENTS | INVESTMENT


@pytest.fixture(scope="module", params=["committed", "shared"])
def built(request, tmp_path_factory):
    sample = COMMITTED if request.param == "committed" else SHARED
    if not sample.is_dir():
        pytest.skip(f"{sample} is not on this machine; the committed copy is tested")
    return build_sample(sample, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def connection(built):
    with duckdb.connect(str(built.work_file), read_only=True) as connection:
        yield connection


def rows(connection, sql, *parameters):
    return connection.execute(sql, parameters).fetchall()


def test_every_model_test_and_unit_test_ran_and_passed(built):
    assert {k: v for k, v in built.results.items() if v not in ("success", "pass")} == {}
    assert sum(name.startswith("unit_test.") for name in built.results) >= 20
    assert sum(name.startswith("test.") for name in built.results) >= 100


def test_every_figure_equals_the_truth(built, connection):
    select = f"select {', '.join(KEY + FIGURES)} from marts.indicator_value where breakdown <> 'industry'"
    found = {row[: len(KEY)]: row[len(KEY) :] for row in rows(connection, select) if row[0] in INDICATORS}
    expected = true_figures(built.truth, INDICATORS)
    assert len(expected) > 2800
    assert {key[0] for key in found} == INDICATORS
    assert list(differences(found, expected)) == []


def test_divisions_of_an_above_scale_ratio_add_up_to_the_county(connection):
    parts = rows(
        connection,
        """
        select p.indicator_id, p.period, sum(p.numerator), sum(p.n_enterprises),
            any_value(c.numerator), any_value(c.n_enterprises)
        from marts.indicator_value as p
        join marts.indicator_value as c using (indicator_id, period)
        where p.breakdown = 'industry' and c.breakdown = 'county' and p.indicator_id = 'tax_per_mu_above_scale'
        group by all
        """,
    )
    assert len(parts) == 22  # 24 months without the two whose file was refused
    for indicator, period, numerator, n, county_numerator, county_n in parts:
        assert numerator == pytest.approx(county_numerator, rel=1e-12), (indicator, period)
        assert n == county_n, (indicator, period)


def test_estimated_energy_is_published_beside_the_decline(connection):
    shares = dict(
        rows(
            connection,
            "select period, estimated_share from marts.indicator_value "
            "where indicator_id = 'energy_intensity_decline_3y' and breakdown = 'county' and value is not null",
        )
    )
    assert len(shares) == 10
    assert all(0 < share < 0.05 for share in shares.values())


def test_registry_is_whole(connection):
    count, units, leads, soft = rows(
        connection,
        "select count(*), count(unit), count(lead_unit), count(*) filter (where binding = 'soft') from marts.indicator",
    )[0]
    assert (count, units, leads, soft) == (83, 83, 83, 10)
    computed = {
        row[0] for row in rows(connection, "select target_id from marts.indicator where definition is not null")
    }
    assert computed >= INDICATORS | {"hightech_investment_in_library_share"}


def test_every_table_and_column_carries_a_comment_in_both_languages(connection):
    tables = rows(connection, "select table_name, comment from duckdb_tables() where schema_name = 'marts'")
    columns = rows(
        connection, "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts'"
    )
    assert {name for name, _ in tables} >= {"indicator", "indicator_value", "enterprise_month", "project"}
    assert len(columns) > 80
    for *name, comment in tables + columns:
        assert comment and "/ " in comment, name
        assert any("一" <= c <= "鿿" for c in comment) and any(c.isascii() and c.isalpha() for c in comment), name
    for table, column, comment in columns:
        if column.endswith(("_wan", "_mu", "_kwh", "_tce", "_t", "_10km3", "_gj")):
            assert comment.endswith("]"), (table, column)


def test_every_other_county_figure_equals_the_truth(built, connection):
    """Titles, remediation, achievements, land and money: the truth lists the county alone."""
    with (built.truth / "values.csv").open(encoding="utf-8") as file:
        others = {row["indicator_id"] for row in csv.DictReader(file)} - INDICATORS
    select = f"select {', '.join(KEY + FIGURES)} from marts.indicator_value where breakdown = 'county'"
    found = {row[: len(KEY)]: row[len(KEY) :] for row in rows(connection, select) if row[0] not in INDICATORS}
    expected = true_figures(built.truth, others)
    assert len(others) == 44 and len(expected) > 700
    assert list(differences(found, expected)) == []


def test_areas_of_a_ledger_are_carried_through_the_enterprise(connection):
    """Towns (and platforms) never hold more than the county, and the sample's ledgers do name areas."""
    over = rows(
        connection,
        """
        select a.indicator_id, a.period, a.breakdown from marts.indicator_value as a
        join marts.indicator_value as c using (indicator_id, period)
        where c.breakdown = 'county' and a.breakdown in ('town', 'platform')
            and a.indicator_id in ('hightech_enterprises_total', 'quality_method_enterprises_annual',
                'inefficient_industrial_land_freed_3y')
        group by a.indicator_id, a.period, a.breakdown, c.value having sum(a.value) > c.value * (1 + 1e-12)
        """,
    )
    assert over == []
    named = rows(
        connection,
        "select distinct indicator_id, breakdown from marts.indicator_value where breakdown <> 'county' "
        "and indicator_id in ('hightech_enterprises_total', 'inefficient_industrial_land_freed_3y')",
    )
    assert len(named) == 6


def test_progress_equals_the_truth(built, connection):
    figures = ("value", "baseline", "target_value", "achieved_share", "elapsed_share")
    found = {
        row[:2]: row[2:]
        for row in rows(
            connection, f"select target_id, period, {', '.join(figures)}, status, light from marts.indicator_progress"
        )
    }
    with (built.truth / "progress.csv").open(encoding="utf-8") as file:
        expected = {(row["target_id"], row["period"]): row for row in csv.DictReader(file)}
    assert set(found) == set(expected) and len(found) == 768
    for key, row in expected.items():
        assert found[key][5:] == (row["status"], row["light"]), key
        for name, is_ in zip(figures, found[key], strict=False):
            should = float(row[name]) if row[name] else None
            if should is None or is_ is None:
                assert is_ is should, (key, name)
            else:
                assert math.isclose(is_, should, rel_tol=TOLERANCE, abs_tol=1e-15), (key, name)


def test_ranking_equals_the_truth(built, connection):
    with (built.truth / "ranking.csv").open(encoding="utf-8") as file:
        expected = {tuple(row[c] for c in KEY): row["rank"] for row in csv.DictReader(file)}
    found = {
        row[:4]: "" if row[4] is None else str(row[4])
        for row in rows(connection, f"select {', '.join(KEY)}, rank from marts.area_ranking")
    }
    assert len(expected) == 74
    assert {key: found[key] for key in expected} == expected
    decembers = {key for key in found if key[1].endswith("-12") and key[0] != "composite"}
    assert decembers == set(expected)


def test_the_scoreboard_shows_every_target_by_campaign(built):
    shown = board(built.work_file, "2021-12")
    assert len(shown.rows) == 74
    assert [row["campaign_zh"] for row in shown.rows] == sorted(
        (row["campaign_zh"] for row in shown.rows), key=[row["campaign_zh"] for row in shown.rows].index
    )
    pending = [row["target_id"] for row in shown.rows if row["status"] == "definition_pending"]
    assert pending == ["hightech_investment_in_library_share"]
    june = {row["target_id"]: row for row in board(built.work_file, "2021-06").rows}
    assert june["tax_per_mu_above_scale"]["value"] == pytest.approx(34.028963, abs=1e-6)
    with pytest.raises(NothingThere, match="2021-01 … 2021-12"):
        board(built.work_file, "2025-01")


def test_one_target_is_shown_whole_and_a_wrong_name_gets_the_nearest(built):
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(target(built.work_file, "tax_per_mu_above_scale"))
    text = console.export_text()
    assert all(part in text for part in ("39.8", "县经信局", "全县规上工业亩均税收达到39.8万元", "2021-06", "34.029"))
    with pytest.raises(NothingThere, match="tax_per_mu_growth"):
        target(built.work_file, "亩均税收增")
