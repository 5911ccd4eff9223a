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
# The pipeline rounds estimated energy to the scale of its fact (1/10 000 of a unit), the truth does not; in a small
# area that shows in the ninth digit. In points of per cent.
ESTIMATED = {"energy_intensity_decline_3y": 1e-5}
RELATIVE = 1e-9
# A list of the truth → the mart, and columns that go by another name there.
LISTS = {
    "evaluation": ("enterprise_evaluation", {}),
    "hcle": ("high_consumption_low_efficiency", {}),
    "two_high": ("two_high_screening", {}),
    "carbon": ("carbon_efficiency", {"L": "intensity", "K": "k"}),
}


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
    codes = {"breakdown_code": pl.String}
    return pl.read_csv(Path(home.demo_truth) / f"{name}.csv", infer_schema_length=None, schema_overrides=codes)


def table(connection: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    """A mart; numbers that are no whole ones as doubles."""
    frame = connection.sql(f"select * from marts.{name}").pl()
    return frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64))


def differences(
    expected: pl.DataFrame, found: pl.DataFrame, key: list[str], estimated: dict[str, float] | None = None
) -> list[dict]:
    """Rows that only one side has, and columns of the truth that the pipeline sees otherwise: numbers apart by more
    than `RELATIVE`, or, of an indicator (the first of the key) that is `estimated`, by more than its tolerance."""
    only = [
        (name, one.join(other, on=key, how="anti"))
        for name, one, other in (("truth", expected, found), ("pipeline", found, expected))
    ]
    apart: list[dict] = [row | {"only": name} for name, rows in only for row in rows.select(key).to_dicts()]
    both = expected.join(found, on=key, suffix="_found")
    tolerance = pl.col(key[0]).replace_strict(estimated or {}, default=0.0, return_dtype=pl.Float64)
    for column in [name for name in expected.columns if name not in key]:
        ours, theirs = pl.col(column), pl.col(f"{column}_found")
        wrong = ours.ne_missing(theirs)
        if expected.schema[column].is_numeric():
            beyond = (ours - theirs).abs() > pl.max_horizontal(RELATIVE * ours.abs(), tolerance)
            wrong = (ours.is_null() != theirs.is_null()) | beyond
        apart += both.filter(wrong).select(*key, column, f"{column}_found").to_dicts()
    return apart


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
    expected = truth(home, "values")
    assert expected.height > 25_000
    found = table(connection, "indicator_value")
    assert set(found["indicator_id"]) == set(expected["indicator_id"])
    assert differences(expected, found, KEY, ESTIMATED) == []


def test_progress(night):
    """Every target in every month up to its deadline: the deadlines of 2022 and 2023 and the yearly tests included."""
    home, connection = night
    expected = truth(home, "progress")
    statuses = set(expected["status"])
    assert statuses >= {"achieved", "missed", "below_line", "on_track", "at_risk", "behind", "no_data"}
    assert set(expected.filter(pl.col("status") == "missed")["period"]) == {"2021-12", "2022-12", "2023-12"}
    found = table(connection, "indicator_progress")
    assert differences(expected, found, ["target_id", "period"], ESTIMATED) == []


def test_ranking(night):
    home, connection = night
    expected = truth(home, "ranking")
    assert set(expected["breakdown"]) == {"town", "platform"}
    assert expected.filter(pl.col("rank").is_null()).height > 0
    assert differences(expected, table(connection, "area_ranking"), KEY) == []


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_enterprises(night, name):
    home, connection = night
    mart, names = LISTS[name]
    expected = truth(home, name).rename(names).with_columns(pl.col(pl.String).fill_null(""))
    assert set(expected["year"]) >= {2020, 2021, 2023}
    found = table(connection, mart).with_columns(pl.col(pl.String).fill_null(""))
    assert differences(expected, found, ["year", "credit_code"]) == []


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
