"""Figures as a bulletin prints them: decimals of their unit, rounded half up (四舍五入), no thousands separators."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

MOST_DIGITS = 12
POINTS = "百分点"


def rounded(value: float, digits: int) -> str:
    """`value` as decimal notation gives it, rounded half up; never a negative zero."""
    text = str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))
    return text.removeprefix("-") if Decimal(text) == 0 else text


def figure_text(value: float, unit: str, decimals: Mapping[str, int], line: float | None = None) -> str:
    """A figure without its unit. `decimals`: digits by unit, and `default`, which also serves a count that is not
    whole (a mean). More digits where fewer would print a figure as zero that is not, or as its target `line`."""
    digits = decimals.get(unit, decimals["default"])
    if digits == 0 and not float(value).is_integer():
        digits = decimals["default"]
    while digits < MOST_DIGITS:
        shown = float(rounded(value, digits))
        if (shown == 0) == (value == 0) and (line is None or _side(shown, line) == _side(value, line)):
            break
        digits += 1
    return rounded(value, digits)


def share_text(value: float) -> str:
    """A share in %, one digit; never the full hundred that it is not."""
    return figure_text(100 * value, "%", {"default": 1}, 100.0) + "%"


def points_text(value: float) -> str:
    """A difference of two shares in percentage points, without its unit or sign."""
    return figure_text(abs(100 * value), POINTS, {"default": 1})


def unit_text(unit: str) -> str:
    """A unit beside a number: `(ratio)` has none; what counts in a year is counted in the unit itself."""
    return "" if unit.startswith("(") else unit.removesuffix("/年")


def _side(value: float, line: float) -> int:
    return (value > line) - (value < line)
