"""Every figure of the sample county is as its truth lists it, and the same rows stand there."""

from __future__ import annotations

import duckdb
import pytest

from tests.pipeline.sample_values import (
    COMMITTED,
    FIGURES,
    KEY,
    SHARED,
    build_sample,
    differences,
    true_figures,
)

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
