"""What disclosure control reads: who stands behind each cell, and which rows are to be published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from pipelines.disclosure.rules import Facts

CELLS = "intermediate.int_disclosure_cell"
INDICATORS = "intermediate.int_disclosure_indicator"
COUNTY = "county"
# The code of what belongs to no published area.
REST = "~"
KEY = ("indicator_id", "period", "breakdown", "breakdown_code")
FACTS = ("n_contributors", "amount", "total", "largest", "second_largest")
# A figure is there where any of these is.
FIGURES = ("value", "numerator", "denominator", "rolling12_value")


@dataclass(frozen=True)
class Inputs:
    """`cells`: KEY, side, FACTS. `indicators`: the rows of int_disclosure_indicator. `rows`: KEY of every published row
    that holds a figure. `rules`: the rows of the seed disclosure_rule."""

    cells: pl.DataFrame
    indicators: pl.DataFrame
    rows: pl.DataFrame
    rules: list[dict[str, Any]]


def read_inputs(work_file: Path) -> Inputs:
    """From the night's work file."""
    with duckdb.connect(str(work_file), read_only=True) as con:
        held = " OR ".join(f"{column} IS NOT NULL" for column in FIGURES)
        key = ", ".join(KEY)
        return Inputs(
            con.sql(f"SELECT {key}, side, {', '.join(FACTS)} FROM {CELLS} ORDER BY {key}, side").pl(),  # noqa: S608
            con.sql(f"SELECT * FROM {INDICATORS} ORDER BY indicator_id").pl(),  # noqa: S608
            con.sql(f"SELECT {key} FROM marts.indicator_value WHERE {held} ORDER BY {key}").pl(),  # noqa: S608
            con.sql("SELECT name, valid_from, value FROM seeds.disclosure_rule ORDER BY ALL").pl().to_dicts(),
        )


def tensor(cells: pl.DataFrame, quantities: Sequence[tuple[str, str, str]], codes: Sequence[str]) -> Facts:
    """Facts as arrays [quantity, code]; `quantities`: (indicator, period, side). What is not there is 0."""
    at = pl.DataFrame(
        {
            "indicator_id": [q[0] for q in quantities],
            "period": [q[1] for q in quantities],
            "side": [q[2] for q in quantities],
            "q": list(range(len(quantities))),
        },
        schema={"indicator_id": pl.String, "period": pl.String, "side": pl.String, "q": pl.Int64},
    )
    of = pl.DataFrame(
        {"breakdown_code": list(codes), "a": list(range(len(codes)))},
        schema={"breakdown_code": pl.String, "a": pl.Int64},
    )
    placed = cells.join(at, on=["indicator_id", "period", "side"]).join(of, on="breakdown_code")
    q, a = placed.get_column("q").to_numpy(), placed.get_column("a").to_numpy()
    arrays = []
    for column in FACTS:
        array = np.zeros((len(quantities), len(codes)))
        array[q, a] = placed.get_column(column).to_numpy()
        arrays.append(array)
    return Facts(*arrays)
