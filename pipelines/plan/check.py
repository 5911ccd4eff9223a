"""What may be wrong with the folder of a plan: a line each, with file, row, column and mend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipelines.home import CHECKOUT

OWN_SEEDS = CHECKOUT / "dbt_project" / "seeds"
REGISTRY = "indicator_registry"
# Without these there is no plan.
REQUIRED = (REGISTRY, "area", "campaign_clause")
# What a cell may say: seed → column → words.
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    REGISTRY: {
        "row_type": ("target", "threshold", "duplicate_ref", "policy_parameter"),
        "comparator": (">=", ">", "<=", "=", "~", "between", "decline>="),
        "binding": ("binding", "soft"),
    },
    "area": {"area_type": ("county", "town", "subdistrict")},
}
NUMBERS = {REGISTRY: ("target_value", "target_upper")}
KEYS = {REGISTRY: "target_id", "area": "code", "campaign_clause": "clause"}


def check_plan(folder: Path) -> list[str]:
    """What is wrong with a plan's folder, a line each; rows count as in a spreadsheet, the heading is row 1."""
    return list(_faults(folder))


def read_seed(path: Path) -> pl.DataFrame:
    """A seed as text, an empty cell as null."""
    return pl.read_csv(path, infer_schema=False, encoding="utf8")


def _faults(folder: Path) -> Iterator[str]:
    for name in REQUIRED:
        if not (folder / f"{name}.csv").is_file():
            yield f"{name}.csv: missing; `fenghuang plan new` writes its heading"
    frames: dict[str, pl.DataFrame] = {}
    for path in sorted(folder.glob("*.csv")):
        own = OWN_SEEDS / path.name
        if not own.is_file():
            known = ", ".join(sorted(p.stem for p in OWN_SEEDS.glob("*.csv")))
            yield f"{path.name}: no seed of this name; there are {known}"
            continue
        try:
            frame = read_seed(path)
        except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
            yield f"{path.name}: not readable as UTF-8 csv with one heading row ({error})"
            continue
        expected = read_seed(own).columns
        if missing := [c for c in expected if c not in frame.columns]:
            yield f"{path.name}: no column {', '.join(missing)}"
        elif foreign := [c for c in frame.columns if c not in expected]:
            yield f"{path.name}: no such column {', '.join(foreign)}; there are {', '.join(expected)}"
        else:
            frames[path.stem] = frame
            yield from _cells(path.name, path.stem, frame)
    if {"area", REGISTRY, "campaign_clause"} <= set(frames):
        yield from _references(frames)


def _cells(file: str, seed: str, frame: pl.DataFrame) -> Iterator[str]:
    if key := KEYS.get(seed):
        for row, value in _rows(frame, pl.col(key).is_null(), key):
            yield f"{file} row {row}, {key}: {value or 'empty'}; every row needs one"
        for row, value in _rows(frame, pl.col(key).is_duplicated() & pl.col(key).is_not_null(), key):
            yield f"{file} row {row}, {key}: {value} stands there more than once"
    for column, words in WORDS.get(seed, {}).items():
        for row, value in _rows(frame, ~pl.col(column).is_in(list(words)).fill_null(False), column):
            yield f"{file} row {row}, {column}: {value or 'empty'}; write one of {' '.join(words)}"
    for column in NUMBERS.get(seed, ()):
        bad = pl.col(column).is_not_null() & pl.col(column).cast(pl.Float64, strict=False).is_null()
        for row, value in _rows(frame, bad, column):
            yield f"{file} row {row}, {column}: {value} is no number"


def _references(frames: dict[str, pl.DataFrame]) -> Iterator[str]:
    registry, area, clauses = frames[REGISTRY], frames["area"], frames["campaign_clause"]
    for row, value in _rows(registry, ~pl.col("clause").is_in(clauses.get_column("clause").to_list()), "clause"):
        yield f"{REGISTRY}.csv row {row}, clause: {value or 'empty'} stands in no row of campaign_clause.csv"
    kinds = read_seed(OWN_SEEDS / "rule_progress.csv").get_column("kind").unique().sort().to_list()
    odd = (pl.col("row_type") == "target") & ~pl.col("kind").is_in(kinds).fill_null(False)
    for row, value in _rows(registry, odd, "kind"):
        yield f"{REGISTRY}.csv row {row}, kind: {value or 'empty'}; a target is one of {' '.join(kinds)}"
    whole = area.filter(pl.col("area_type") == "county")
    if whole.height != 1:
        yield f"area.csv: {whole.height} rows of area_type county; one stands for the whole"
        return
    code = whole.get_column("code").item()
    outside = (pl.col("area_type") != "county") & (pl.col("parent_code") != code).fill_null(True)
    for row, value in _rows(area, outside, "parent_code"):
        yield f"area.csv row {row}, parent_code: {value or 'empty'}; the areas lie in {code}"


def _rows(frame: pl.DataFrame, bad: pl.Expr, column: str) -> list[tuple[int, str | None]]:
    """Row as a spreadsheet counts it, and the cell, of the rows that are `bad`."""
    found = frame.with_row_index("row", offset=2).filter(bad.fill_null(True)).select("row", column)
    return [(row, value) for row, value in found.iter_rows()]
