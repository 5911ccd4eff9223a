"""The lists of enterprises and projects of the sample county: equal to the truth where there is one."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipeline.sample_values import TOLERANCE, BuiltSample

# One build for all of them.
pytestmark = pytest.mark.xdist_group("sample")

ITEMS = ("tax_per_mu", "value_added_per_mu", "value_added_per_tce", "emissions", "labour_productivity", "rd_ratio")
# truth file → (table, text columns, number columns), the columns of the truth by their name in the table
LISTS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "evaluation": (
        "enterprise_evaluation",
        {"class": "class", "missing": "missing"},
        {"score": "score"} | {item: item for item in ITEMS},
    ),
    "hcle": ("high_consumption_low_efficiency", {"reasons": "reasons", "status": "status"}, {}),
    "two_high": ("two_high_screening", {}, {}),
    "carbon": (
        "carbon_efficiency",
        {"level": "level", "carbon_class": "carbon_class"},
        {"L": "intensity", "K": "k"},
    ),
}


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return connection.execute(sql, parameters).fetchall()


def truth_rows(truth: Path, name: str) -> dict[tuple[str, str], dict[str, str]]:
    with (truth / f"{name}.csv").open(encoding="utf-8") as file:
        return {(row["year"], row["credit_code"]): row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_enterprises_equals_the_truth(
    built: BuiltSample, connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    """The same rows; text exact, numbers to 1e-9, nulls where the truth has nothing."""
    table, texts, numbers = LISTS[name]
    expected = truth_rows(built.truth, name)
    columns = ", ".join(f'"{column}"' for column in (*texts.values(), *numbers.values()))
    select = f"select cast(year as varchar), credit_code{', ' if columns else ''}{columns} from marts.{table}"
    found = {row[:2]: row[2:] for row in rows(connection, select)}
    assert len(expected) >= 8
    assert set(found) == set(expected)
    for key, row in expected.items():
        for title, is_ in zip(texts, found[key], strict=False):
            assert ("" if is_ is None else str(is_)) == row[title], (key, title)
        for title, is_ in zip(numbers, found[key][len(texts) :], strict=True):
            should = float(row[title]) if row[title] else None
            if should is None or is_ is None:
                assert is_ is should, (key, title)
            else:
                assert math.isclose(is_, should, rel_tol=TOLERANCE, abs_tol=0.0), (key, title, is_, should)
