"""A plan's folder is checked before anything stands on it, and laid over the checkout's seeds."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.plan import PlanBroken, plan_in_force
from pipelines.plan.check import check_plan, read_seed
from pipelines.plan.seeds import keep_plan, plan_codes, plan_digest, seed_path, seeds_folder, start_plan

CENSUS = Path(__file__).parent.parent / "data" / "us_census" / "plan"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(CENSUS, tmp_path / "plan")
    return tmp_path / "plan"


def change(folder: Path, seed: str, old: str, new: str) -> None:
    path = folder / f"{seed}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_census_plan_is_whole():
    assert check_plan(CENSUS) == []


@pytest.mark.parametrize(
    ("seed", "old", "new", "says"),
    [
        (
            "indicator_registry",
            "300000000",
            "300 million",
            "row 2, target_value: 300 million is no number",
        ),
        ("indicator_registry", ",>=,80", ",over,80", "row 3, comparator: over; write one of >= >"),
        ("indicator_registry", ",growth,>=", ",faster,>=", "row 4, kind: faster; a target is one of annual_minimum"),
        ("indicator_registry", "population_density,", "resident_population,", "stands there more than once"),
        ("indicator_registry", "Table 1", "Table 9", "row 2, clause: Table 9 stands in no row of campaign_clause.csv"),
        (
            "area",
            "01,Alabama,Alabama,town,US",
            "01,Alabama,Alabama,state,US",
            "area.csv row 3, area_type: state;",
        ),
        ("area", "town,US", "town,CA", "area.csv row 3, parent_code: CA; the areas lie in US"),
        ("area", "United States,county", "United States,town", "0 rows of area_type county; one stands for the whole"),
        ("unit_factor", "unit,canonical_unit", "unit,canonical", "unit_factor.csv: no column canonical_unit"),
    ],
)
def test_what_is_wrong_is_named_by_file_row_and_column(folder, seed, old, new, says):
    change(folder, seed, old, new)
    assert any(says in fault for fault in check_plan(folder)), check_plan(folder)


def test_a_file_that_is_missing_or_foreign_is_named(folder):
    (folder / "area.csv").unlink()
    shutil.copyfile(folder / "unit_factor.csv", folder / "units.csv")
    faults = check_plan(folder)
    assert any(fault.startswith("area.csv: missing") for fault in faults)
    assert any(fault.startswith("units.csv: no seed of this name") for fault in faults)


def test_a_broken_plan_is_refused_before_it_is_used(folder, monkeypatch):
    change(folder, "indicator_registry", "binding,Table", "hard,Table")
    monkeypatch.setenv("FENGHUANG_PLAN", str(folder))
    with pytest.raises(PlanBroken, match="row 2, binding: hard; write one of binding soft"):
        seeds_folder()
    monkeypatch.setenv("FENGHUANG_PLAN", str(folder / "nowhere"))
    with pytest.raises(PlanBroken, match="is no folder"):
        seeds_folder()


def test_what_belongs_to_the_other_county_is_left_out(folder, monkeypatch):
    own = plan_digest()
    monkeypatch.setenv("FENGHUANG_PLAN", str(folder))
    assert plan_digest() != own
    assert plan_codes("area.code") >= {"US", "01", "56"} and "330521" not in plan_codes("area.code")
    assert read_seed(seed_path("platform")).is_empty() and read_seed(seed_path("rule_project")).is_empty()
    assert read_seed(seed_path("rule_enterprise_ratio")).get_column("is_published").unique().to_list() == ["false"]
    # lists that a plan changes or adds to, row by row
    years = dict(read_seed(seed_path("plan_parameter")).select("name", "value").iter_rows())
    assert years["window_start_year"] == "2010" and years["at_risk_margin"] == "0.10"
    units = read_seed(seed_path("unit_factor"))
    assert {"square mile", "亩"} <= set(units.get_column("unit"))


def test_a_county_with_our_forms_needs_its_registry_alone(folder, monkeypatch):
    """Rules of the targets its registry lists are taken over; of the others, none."""
    for name in ("rule_observation", "indicator_registry"):
        (folder / f"{name}.csv").unlink()
    ours = read_seed(Path("dbt_project/seeds/indicator_registry.csv").resolve())
    ours.filter(pl.col("target_id") == "listed_companies_total").with_columns(clause=pl.lit("Table 1")).write_csv(
        folder / "indicator_registry.csv"
    )
    monkeypatch.setenv("FENGHUANG_PLAN", str(folder))
    assert read_seed(seed_path("rule_title")).get_column("indicator_id").to_list() == ["listed_companies_total"]
    assert read_seed(seed_path("rule_remediation")).is_empty()


def test_a_new_plan_begins_with_its_headings(tmp_path):
    written = start_plan(tmp_path / "new")
    assert {"indicator_registry.csv", "area.csv", "campaign_clause.csv", "rule_observation.csv"} <= {
        path.name for path in written
    }
    assert all(read_seed(path).is_empty() for path in written)
    with pytest.raises(PlanBroken, match="holds csv files already"):
        start_plan(tmp_path / "new")


@pytest.mark.parametrize("named", [None, CENSUS])
def test_a_plan_that_was_kept_is_that_plan_again(tmp_path, monkeypatch, named):
    """Seed by seed, byte by byte: nothing of the checkout's lists is merged into it, nothing of it is cut."""
    if named is None:
        monkeypatch.delenv("FENGHUANG_PLAN", raising=False)
    else:
        monkeypatch.setenv("FENGHUANG_PLAN", str(named))
    digest = plan_digest()
    keep_plan(tmp_path / "kept")
    change(tmp_path / "kept", "plan_parameter", "at_risk_margin,0.10", "at_risk_margin,0.20")
    with plan_in_force(tmp_path / "kept"):
        assert plan_digest() != digest
    assert plan_digest() == digest
    change(tmp_path / "kept", "plan_parameter", "at_risk_margin,0.20", "at_risk_margin,0.10")
    with plan_in_force(tmp_path / "kept"):
        assert plan_digest() == digest and seeds_folder() != (named or tmp_path)
