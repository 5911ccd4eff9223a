"""The formula of a figure with its numbers filled in: pure text of what was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.reading import number

WINDOWS = {
    "year": ("本年累计", "year to date"),
    "plan": ("方案起始年以来累计", "since the first year of the plan"),
    "ever": ("历年累计", "ever"),
    "period": ("当期", "of the month"),
}
Term = Mapping[str, Any]


def lines(
    formula: Term, figure: Term, unit: str, terms: Mapping[str, Term], base: Mapping[str, float | None]
) -> list[str]:
    """A line for each step, the last one ending in the figure.

    `formula`: a row of int_formula. `figure`: a row of indicator_value. `terms`: side (`figure`, `compared`) to
    `numerator` and `denominator` (sums of the contributions), `fact_period` and `deflator`; empty where the edition
    shows none. `base`: side to the published value of the ratio that a change is of.
    """
    if figure["value"] is None:
        return []
    result = f"= {number(figure['value'])} {unit}"
    kind, what = formula["kind"], formula["result"]
    if kind == "change":
        return _change(formula, result, terms, base)
    if what == "growth":
        return _growth(formula, result, terms)
    if figure["numerator"] is not None and figure["denominator"] is not None:
        below = formula["denominator_unit"] or ""
        if kind == "patent":
            below = f"× {number(formula['divided_by'])} 人 people"
        above = f"{number(figure['numerator'])} {formula['numerator_unit'] or ''}".rstrip()
        divisor = f"{_name(formula, 'denominator')} {number(figure['denominator'])} {below}".rstrip()
        divisor = f"({divisor})" if kind == "patent" else divisor
        return [f"{_name(formula, 'numerator')} {above} ÷ {divisor}{_times(formula)} {result}"]
    sums = terms.get("figure")
    if sums is None or sums["numerator"] is None:
        return [f"{_name(formula, 'numerator')} {_window(formula)} {result}"]
    by = "" if formula["divided_by"] == 1 else f" ÷ {number(formula['divided_by'])}"
    amount = f"{number(sums['numerator'])} {formula['numerator_unit'] or ''}".strip()
    return [f"{_name(formula, 'numerator')} {_window(formula)} {amount}{by}{_times(formula)} {result}"]


def _change(formula: Term, result: str, terms: Mapping[str, Term], base: Mapping[str, float | None]) -> list[str]:
    found, ratios = [], dict(base)
    for side in ("figure", "compared"):
        term = terms.get(side)
        if term is None or not term["denominator"]:
            continue
        price = ""
        factor = 1.0
        if formula["is_comparable_price"] and term["deflator"] is not None:
            factor = 100 / float(term["deflator"])
            price = f" × 100 ÷ {number(term['deflator'])} (价格指数 price index)"
        ratios[side] = float(term["numerator"]) / (float(term["denominator"]) * factor)
        found.append(
            f"{term['fact_period']}: {_name(formula, 'numerator')} {number(term['numerator'])} "
            f"{formula['numerator_unit'] or ''} ÷ ({_name(formula, 'denominator')} {number(term['denominator'])} "
            f"{formula['denominator_unit'] or ''}{price}) = {number(ratios[side])}"
        )
    now, then = ratios.get("figure"), ratios.get("compared")
    if now is None or then is None:
        return [*found, f"(本期 now ÷ 对比期 then − 1){_times(formula)} {result}"]
    return [*found, f"({number(now)} ÷ {number(then)} − 1){_times(formula)} {result}"]


def _growth(formula: Term, result: str, terms: Mapping[str, Term]) -> list[str]:
    now, then = terms.get("figure"), terms.get("compared") or terms.get("figure")
    if now is None or then is None:
        return [f"({_name(formula, 'numerator')} 本期 now ÷ 对比期 then − 1){_times(formula)} {result}"]
    # A project carries both years in one contribution; an observation is a contribution of its own in each.
    earlier = then["numerator"] if "compared" in terms else now["denominator"]
    unit = formula["numerator_unit"] or ""
    return [
        f"({_name(formula, 'numerator')} 本期 now {number(now['numerator'] or 0)} {unit} ÷ "
        f"对比期 then {number(earlier)} {unit} − 1){_times(formula)} {result}"
    ]


def _times(formula: Term) -> str:
    factor = formula["factor"]
    shown = f"{factor:g}"
    return "" if factor == 1 else f" × {f'({shown})' if factor < 0 else shown}"


def _window(formula: Term) -> str:
    return " ".join(WINDOWS.get(formula["time_window"] or "", ("", ""))).strip()


def _name(formula: Term, side: str) -> str:
    zh, en = formula[f"{side}_zh"], formula[f"{side}_en"]
    if zh:
        return f"{zh} {en}"
    if formula["kind"] == "patent" and side == "denominator":
        return "常住人口 Residents"
    if formula["kind"] == "remediation":
        return {
            "land_freed": "腾出用地 Land freed (亩)",
            "energy_freed": "腾出用能 Energy freed (tce)",
            "co2_reduced": "减碳 CO2 reduced (t)",
        }.get(formula["numerator"], "")
    return formula[side] or "数量 Quantity"
