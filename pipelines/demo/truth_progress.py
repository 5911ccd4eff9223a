"""How far each target has come and how areas rank: the sections Progress and Ranking of the indicator rules.

From the figures of `truth` and the plan's table of targets alone, apart from the pipeline. Shares are exact
fractions, so that a target just on its way, or just ten points behind, is judged as it is written.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from pipelines.demo.county import MONTHS
from pipelines.demo.truth import PLAN_START, Row
from pipelines.plan.check import OWN_SEEDS

PROGRESS = {
    "target_id": pl.String,
    "period": pl.String,
    "value": pl.Float64,
    "baseline": pl.Float64,
    "target_value": pl.Float64,
    "achieved_share": pl.Float64,
    "elapsed_share": pl.Float64,
    "status": pl.String,
    "light": pl.String,
}
RANKING = {
    "indicator_id": pl.String,
    "period": pl.String,
    "breakdown": pl.String,
    "breakdown_code": pl.String,
    "value": pl.Float64,
    "rank": pl.Int64,
    "score": pl.Float64,
}
COMPOSITE = "composite"
LIGHTS = {
    "achieved": "green",
    "on_track": "green",
    "at_risk": "yellow",
    "below_line": "yellow",
    "behind": "red",
    "regressing": "red",
    "missed": "red",
    "no_data": "grey",
    "definition_pending": "grey",
}
RANKED = ("tax_per_mu_above_scale", "value_added_per_mu_above_scale", "labour_productivity_mfg")
# Flows of a year over a stock, judged by their rolling twelve months.
_ROLLING = {*RANKED, "old_park_tax_per_mu"}
_FLOW_OF_THE_DEADLINE_YEAR = {"ip_pledge_financing"}
# The plan defines neither side.
_PENDING = {"hightech_investment_in_library_share"}
_SHARE_OF_TARGET = {"cumulative_3y", "cumulative_3y_rate", "cumulative_to_2022", "annual_minimum"}
_LAST_YEAR, _AT_RISK, _FEWEST = 2023, Fraction(1, 10), 3
# What adding up in doubles may leave.
_NOTHING = Fraction(1, 10**12)
_FIRST_DECEMBER = f"{PLAN_START - 1}-12"


def exact(number: float) -> Fraction:
    """The decimal that a double is written as."""
    return Fraction(repr(float(number)))


@dataclass(frozen=True)
class Target:
    """One row of the plan. `deadline` is a year; None where every year is a test of its own."""

    name: str
    kind: str
    is_strict: bool
    line: Fraction
    deadline: int | None

    @classmethod
    def of(cls, row: dict[str, str]) -> Target:
        deadline = row["deadline"]
        if deadline in ("annual", "continuous"):
            year = None
        else:
            year = int(deadline[:4]) if deadline[:4].isdigit() else _LAST_YEAR
        return cls(row["target_id"], row["kind"], row["comparator"] == ">", Fraction(row["target_value"]), year)

    @property
    def is_flow(self) -> bool:
        return self.name in _FLOW_OF_THE_DEADLINE_YEAR

    @property
    def has_baseline(self) -> bool:
        return self.kind == "level" and not self.is_flow

    def is_met(self, value: float) -> bool:
        """=, ~ and a range hold from the (lower) value on."""
        over = exact(value) - self.line
        return over > _NOTHING if self.is_strict else over >= -_NOTHING

    def elapsed(self, year: int, month: int) -> Fraction:
        """φ: the share of the time that has passed."""
        if self.deadline is None or self.is_flow:
            return Fraction(month, MONTHS)
        return Fraction((year - PLAN_START) * MONTHS + month, (self.deadline - PLAN_START + 1) * MONTHS)

    def is_due(self, year: int, month: int) -> bool:
        return month == MONTHS and self.deadline in (None, year)

    def achieved(self, value: float | None, baseline: float | None) -> Fraction | None:
        """A; None where there is none, or where it cannot be known."""
        if value is None:
            return None
        if self.kind in _SHARE_OF_TARGET or self.is_flow:
            return exact(value) / self.line
        if not self.has_baseline or baseline is None or self.is_met(baseline):
            return None
        start = exact(baseline)
        return (exact(value) - start) / (self.line - start)

    def status(self, value: float | None, share: Fraction | None, year: int, month: int) -> str:
        """The first that fits."""
        elapsed = self.elapsed(year, month)
        if self.name in _PENDING:
            return "definition_pending"
        if value is None:
            return "no_data"
        if self.is_met(value):
            return "achieved"
        if self.is_due(year, month):
            return "missed"
        if share is None:
            return "below_line"
        if share < -_NOTHING:
            return "regressing"
        if share >= elapsed - _NOTHING:
            return "on_track"
        return "at_risk" if share >= elapsed - _AT_RISK - _NOTHING else "behind"


def targets() -> list[Target]:
    """The targets and policy parameters of the plan, in its order."""
    with (OWN_SEEDS / "indicator_registry.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [Target.of(row) for row in rows if row["row_type"] in ("target", "policy_parameter")]


def _number(row: Row | None, column: str) -> float | None:
    found = row.get(column) if row else None
    return float(found) if isinstance(found, int | float) else None


def progress(values: Sequence[Row], years: Sequence[int]) -> Iterator[Row]:
    """Every target and month from the plan's start to its deadline in which the county has a row (`PROGRESS`)."""
    of_county: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in values:
        if row["breakdown"] == "county":
            of_county[str(row["indicator_id"])][str(row["period"])] = row
    for name in _PENDING:
        of_county[name] = {f"{year}-{MONTHS}": {} for year in years}
    for target in targets():
        known = of_county.get(target.name, {})
        baseline = _number(known.get(_FIRST_DECEMBER), "value") if target.has_baseline else None
        for period, row in sorted(known.items()):
            year, month = int(period[:4]), int(period[5:])
            if not PLAN_START <= year <= (target.deadline or _LAST_YEAR):
                continue
            value = _number(row, "rolling12_value" if target.name in _ROLLING else "value")
            share = target.achieved(value, baseline)
            status = target.status(value, share, year, month)
            yield {
                "target_id": target.name,
                "period": period,
                "value": value,
                "baseline": baseline,
                "target_value": float(target.line),
                "achieved_share": None if share is None else float(share),
                "elapsed_share": float(target.elapsed(year, month)),
                "status": status,
                "light": LIGHTS[status],
            }


# -- ranking -------------------------------------------------------------------------------------------------------


def ranks(values: Mapping[str, float | Fraction]) -> dict[str, int]:
    """Best first; equal values share a rank (1, 2, 2, 4)."""
    order = sorted(values.values(), reverse=True)
    return {key: order.index(value) + 1 for key, value in values.items()}


def _scores(ranked: Mapping[str, int]) -> dict[str, Fraction]:
    n = len(ranked)
    return {key: Fraction(100 * (n - rank), n - 1) if n > 1 else Fraction(100) for key, rank in ranked.items()}


def ranking(values: Sequence[Row]) -> Iterator[Row]:
    """Towns among towns and platforms among platforms, every month, and their composite (`RANKING`)."""
    shown: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in values:
        if row["indicator_id"] in RANKED and row["breakdown"] in ("town", "platform"):
            shown[str(row["period"]), str(row["breakdown"])][str(row["indicator_id"])].append(row)
    for (period, breakdown), by_indicator in shown.items():
        points: dict[str, list[Fraction]] = defaultdict(list)
        for indicator, rows in by_indicator.items():
            amount = {str(row["breakdown_code"]): _number(row, "value") for row in rows}
            enough = {str(row["breakdown_code"]) for row in rows if (_number(row, "n_enterprises") or 0) >= _FEWEST}
            ranked = ranks({code: value for code, value in amount.items() if value is not None and code in enough})
            scores = _scores(ranked)
            for code, value in amount.items():
                yield _place(indicator, period, breakdown, code, value, ranked.get(code), scores.get(code))
                points[code] += [scores[code]] if code in scores else []
        means = {code: sum(scored, Fraction()) / len(scored) for code, scored in points.items() if scored}
        places = ranks(means)
        # Whoever is shown unranked throughout is shown so here too.
        for code in points:
            mean = means.get(code)
            yield _place(COMPOSITE, period, breakdown, code, mean, places.get(code), mean)


def _place(
    indicator: str,
    period: str,
    breakdown: str,
    code: str,
    value: float | Fraction | None,
    rank: int | None,
    score: Fraction | None,
) -> Row:
    return {
        "indicator_id": indicator,
        "period": period,
        "breakdown": breakdown,
        "breakdown_code": code,
        "value": None if value is None else float(value),
        "rank": rank,
        "score": None if score is None else float(score),
    }
