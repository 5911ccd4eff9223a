"""Small invented counties for disclosure control: enterprises in, what `decide` reads out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipelines.disclosure.decide import Decision
from pipelines.disclosure.facts import COUNTY, KEY, Inputs
from tests.disclosure.attacker import Table

RULES = [
    {"name": name, "valid_from": "2020-01", "value": value}
    for name, value in (("min_contributors", 3.0), ("dominance_n", 1.0), ("dominance_k_pct", 75.0), ("p_pct", 10.0))
]
SUM = "invented_sum"
ABOUT = {
    "indicator_id": SUM, "rule": "project", "sensitivity": "amount", "is_published": True, "base_id": None,
    "compared_with": None, "baseline_year": "2020", "time_window": "year", "family": SUM,
}  # fmt: skip
# Enterprise → town, and its amount in each month.
Enterprises = Mapping[str, tuple[str, Sequence[float]]]


def county(months: Sequence[str], enterprises: Enterprises, about: Mapping[str, object] = ABOUT) -> Inputs:
    """One indicator, a sum by town; amounts are those of the year to date."""
    cells = []
    for number, month in enumerate(months):
        for breakdown in (COUNTY, "town"):
            parts: dict[str, list[tuple[float, float]]] = {}
            for town, amounts in enterprises.values():
                before = amounts[number - 1] if number else 0.0
                parts.setdefault("000" if breakdown == COUNTY else town, []).append((amounts[number], before))
            for code, held in sorted(parts.items()):
                for side, amounts_ in (
                    ("numerator", [a for a, _ in held]),
                    ("numerator_flow_1", [a - b for a, b in held]),
                ):
                    sizes = [*sorted((abs(a) for a in amounts_), reverse=True), 0.0, 0.0]
                    cells.append(
                        (str(about["indicator_id"]), month, breakdown, code, side, sum(a != 0 for a in amounts_),
                         sum(amounts_), sum(sizes), sizes[0], sizes[1])
                    )  # fmt: skip
    schema = {
        **{c: pl.String for c in (*KEY, "side")}, "n_contributors": pl.Int32,
        **{c: pl.Float64 for c in ("amount", "total", "largest", "second_largest")},
    }  # fmt: skip
    frame = pl.DataFrame(cells, schema=schema, orient="row").filter(pl.col("n_contributors") > 0)
    indicators = pl.DataFrame([dict(about)], schema_overrides={"base_id": pl.String, "compared_with": pl.String})
    return Inputs(frame, indicators, frame.filter(pl.col("side") == "numerator").select(KEY), RULES)


def shown(inputs: Inputs, decision: Decision, month: str) -> Table:
    """What the public file would show of one month."""
    hidden = {(row[2], row[3]) for row in decision.status.iter_rows() if row[1] == month}
    rows = inputs.cells.filter((pl.col("side") == "numerator") & (pl.col("period") == month))
    amount = {
        (row["breakdown"], row["breakdown_code"]): None if (row["breakdown"], row["breakdown_code"]) in hidden
        else row["amount"]
        for row in rows.iter_rows(named=True)
    }  # fmt: skip
    return Table(amount.get((COUNTY, "000")), {code: value for (b, code), value in amount.items() if b == "town"})


def hidden_towns(decision: Decision, month: str) -> dict[str, str]:
    """Town to conf_status."""
    return {row[3]: row[4] for row in decision.status.iter_rows() if row[1] == month and row[2] == "town"}


def truth(inputs: Inputs, month: str) -> dict[str, float]:
    """Town to amount."""
    rows = inputs.cells.filter(
        (pl.col("side") == "numerator") & (pl.col("period") == month) & (pl.col("breakdown") == "town")
    )
    return dict(rows.select("breakdown_code", "amount").iter_rows())
