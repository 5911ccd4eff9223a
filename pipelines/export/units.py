"""Units of the registry as SDMX writes them: a code without Chinese, and the power of ten before it (`units.csv`).

A unit that is not there, of another plan, gets a code made from its own letters and no power of ten.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

UNITS = Path(__file__).with_name("units.csv")


@cache
def units() -> pl.DataFrame:
    """unit, code, exponent (integer), is_count (boolean), name_zh, name_en."""
    return pl.read_csv(UNITS)


@cache
def counted() -> frozenset[str]:
    """Units that come in whole numbers."""
    return frozenset(units().filter("is_count")["unit"])
