"""What the registers in force know: who carries which code and which name, in which year.

Rules: contract, "How a row finds its enterprise". A former code leads to the current one across all years.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from pipelines.intake import values

_CODES = {"code": pl.String, "enterprise_code": pl.String}
_NAMES = {"name_norm": pl.String, "by_name": pl.String}


@dataclass(frozen=True)
class Registers:
    """`codes`: every known code → current code. `names`: year → names, with the enterprise behind each or, where
    several share it, null."""

    codes: pl.DataFrame
    names: Mapping[str, pl.DataFrame]
    any_year: pl.DataFrame

    @property
    def newest(self) -> str | None:
        return max(self.names, default=None)

    def names_for(self, names_of: str, year: str | None) -> pl.DataFrame:
        """`name_norm`, `by_name` (current code; null for several hits) of the register that answers for a file."""
        if names_of == "any_year":
            return self.any_year
        wanted = self.newest if names_of == "newest" else year
        return self.names.get(wanted or "", pl.DataFrame(schema=_NAMES))

    def write(self, folder: Path) -> None:
        """`read_registers(folder)` gives them again."""
        self.codes.write_parquet(folder / "codes.parquet")
        self.any_year.write_parquet(folder / "any_year.parquet")
        for year, names in self.names.items():
            names.write_parquet(folder / f"names_{year}.parquet")


@lru_cache(maxsize=1)
def read_registers(folder: Path) -> Registers:
    names = {path.stem.removeprefix("names_"): pl.read_parquet(path) for path in sorted(folder.glob("names_*.parquet"))}
    return Registers(pl.read_parquet(folder / "codes.parquet"), names, pl.read_parquet(folder / "any_year.parquet"))


def build_registers(accepted: Mapping[str, pl.DataFrame]) -> Registers:
    """From the accepted register rows of each year (`code_norm`, `enterprise_name`, `former_names`, `former_codes`)."""
    rows = pl.concat(
        [
            frame.select("code_norm", "enterprise_name", "former_names", "former_codes", year=pl.lit(year))
            for year, frame in sorted(accepted.items())
        ]
        or [
            pl.DataFrame(
                schema=dict.fromkeys(
                    ("code_norm", "enterprise_name", "former_names", "former_codes", "year"), pl.String
                )
            )
        ]
    )
    codes = _current_codes(rows)
    named = _names(rows).join(codes, left_on="code_norm", right_on="code")
    by_year = {year: _by_name(named.filter(pl.col("year") == year)) for year in sorted(accepted)}
    return Registers(codes, by_year, _by_name(named))


def _split(column: pl.Expr) -> pl.Expr:
    return column.str.replace_all(r"[,,;；]", "、").str.split("、")


def _current_codes(rows: pl.DataFrame) -> pl.DataFrame:
    """Every code → the code that names the enterprise now, following chains of re-registration."""
    former = (
        rows.select(pl.col("code_norm").alias("next"), _split(pl.col("former_codes")).alias("code"))
        .explode("code")
        .drop_nulls()
    )
    normal, valid = values.codes(former.get_column("code"))
    former = former.with_columns(normal.alias("code")).filter(valid & (normal != former.get_column("next")))
    # Two enterprises that claim one former code: the claim of the greater code decides, the same every night.
    step = dict(former.select("code", "next").sort("code", "next").iter_rows())
    moved = []
    for code in step:
        seen = {code}
        current = code
        while current in step and step[current] not in seen:
            current = step[current]
            seen.add(current)
        moved.append((code, current))
    follows = pl.DataFrame(moved, schema=_CODES, orient="row")
    stayed = rows.select(code="code_norm", enterprise_code="code_norm").unique().join(follows, on="code", how="anti")
    return pl.concat([follows, stayed]).sort("code")


def _names(rows: pl.DataFrame) -> pl.DataFrame:
    """`year`, `code_norm`, `name_norm`: current and former names."""
    long = pl.concat(
        [
            rows.select("year", "code_norm", name="enterprise_name"),
            rows.select("year", "code_norm", name=_split(pl.col("former_names"))).explode("name"),
        ]
    )
    return long.with_columns(values.names(long.get_column("name")).alias("name_norm")).drop_nulls("name_norm")


def _by_name(named: pl.DataFrame) -> pl.DataFrame:
    code = pl.col("enterprise_code")
    return named.group_by("name_norm").agg(by_name=pl.when(code.n_unique() == 1).then(code.first())).sort("name_norm")
