"""The pipeline, run on a made-up county, arrives at the truth that was kept beside it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.demo import write_demo
from pipelines.home import Home

pytestmark = pytest.mark.slow

KEY = ["indicator_id", "period", "breakdown", "breakdown_code"]
MEASURES = ("value", "numerator", "denominator", "coverage", "rolling12_value", "n_enterprises")
# The pipeline rounds estimated energy to the scale of its fact (1/10 000 of a unit), the truth does not; in a small
# area that shows in the ninth digit. In points of per cent.
ESTIMATED = {"energy_intensity_decline_3y": 1e-5}
RELATIVE = 1e-9


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    from pipelines.nightly import render, run_nightly

    home = Home(tmp_path_factory.mktemp("county"))
    write_demo(home.inbox, home.demo_truth, enterprises=70, defects=0.03, seed=9)
    result = run_nightly(home)
    assert result.ok and result.release is not None, render(result)
    with duckdb.connect(str(result.release.path / "internal.duckdb"), read_only=True) as connection:
        yield home, connection


def truth(home: Home, name: str) -> pl.DataFrame:
    return pl.read_csv(Path(home.demo_truth) / f"{name}.csv", infer_schema_length=None)


def test_deliveries(night):
    home, connection = night
    counts = ["rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate"]
    columns = ["source", "file_name", "status", "reason", *counts]
    found = connection.sql(f"select {', '.join(columns)} from audit.delivery").pl()
    found = found.with_columns(pl.col("reason").fill_null(""), pl.col(*counts).cast(pl.Int64))
    expected = truth(home, "deliveries").rename({"file": "file_name"}).with_columns(pl.col("reason").fill_null(""))
    # The truth gives no counts where it expects none.
    given = expected.filter(pl.col("rows_read").is_not_null())
    assert given.select(columns).join(found, on=columns, how="anti").to_dicts() == []
    uncounted = ["source", "file_name", "status", "reason"]
    assert sorted(found.select(uncounted).iter_rows()) == sorted(expected.select(uncounted).iter_rows())


def test_quarantined_rows_and_noted_cells(night):
    home, connection = night
    found = connection.execute(
        "select source, file_name, row_number, reason, coalesce(column_name, '') from audit.quarantined_row"
    ).fetchall()
    columns = ["source", "file", "row_number", "reason", "column"]
    expected = truth(home, "quarantine").with_columns(pl.col("column").fill_null("")).select(columns).rows()
    assert len(expected) > 200
    assert sorted(found) == sorted(expected)
    notes = connection.execute("select file_name, row_number, column_name, cell from audit.cell_note").fetchall()
    noted = truth(home, "cell_notes").select("file", "row_number", "column", "cell").rows()
    assert noted and sorted(notes) == sorted(noted)


def test_values(night):
    home, connection = night
    expected = truth(home, "values").with_columns(pl.col("breakdown_code").cast(pl.String))
    numbers = ", ".join(f"{measure}::double as {measure}" for measure in MEASURES)
    found = connection.sql(f"select {', '.join(KEY)}, {numbers} from marts.indicator_value").pl()
    assert set(found["indicator_id"]) == set(expected["indicator_id"])
    assert expected.height > 25_000
    assert expected.join(found, on=KEY, how="anti").select(KEY).to_dicts() == []
    assert found.join(expected, on=KEY, how="anti").select(KEY).to_dicts() == []

    both = expected.join(found, on=KEY, suffix="_found")
    tolerance = pl.col("indicator_id").replace_strict(ESTIMATED, default=0.0, return_dtype=pl.Float64)
    for measure in MEASURES:
        ours, theirs = pl.col(measure).cast(pl.Float64), pl.col(f"{measure}_found")
        apart = (ours - theirs).abs() > pl.max_horizontal(RELATIVE * ours.abs(), tolerance)
        wrong = both.filter((ours.is_null() != theirs.is_null()) | apart)
        assert wrong.select(*KEY, measure, f"{measure}_found").to_dicts() == [], measure


def test_enterprise_facts(night):
    """Every measure of every enterprise and month in scope, before anything is added up."""
    home, connection = night
    columns = {row[0] for row in connection.sql("describe marts.enterprise_month").fetchall()}
    facts = pl.read_parquet(Path(home.demo_truth) / "facts_enterprise_month.parquet").filter("in_scope")
    shared = sorted(columns & set(facts.columns) - {"credit_code", "period"})
    assert {"tax_ytd_wan", "value_added_ytd_wan"} <= set(shared)
    numbers = [name for name in shared if facts.schema[name] == pl.Float64]
    listed = ", ".join(f"{name}::double as {name}" for name in numbers)
    found = connection.sql(f"select credit_code, period, {listed} from marts.enterprise_month").pl()
    both = facts.join(found, on=["credit_code", "period"], how="left", suffix="_found")
    assert both.height == facts.height
    for name in numbers:
        ours, theirs = pl.col(name), pl.col(f"{name}_found")
        apart = (ours - theirs).abs() > pl.max_horizontal(RELATIVE * ours.abs(), pl.lit(1e-6))
        wrong = both.filter((ours.is_null() != theirs.is_null()) | apart)
        assert wrong.select("credit_code", "period", name, f"{name}_found").head(5).to_dicts() == [], name
