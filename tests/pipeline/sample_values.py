"""The sample county as a night built it, and its published figures beside the truth."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.orchestration.night import LINK
from tests.nights import night_of

SHARED = Path(__file__).parents[3] / "shared" / "sample"

KEY = ("indicator_id", "period", "breakdown", "breakdown_code")
FIGURES = ("value", "numerator", "denominator", "coverage", "rolling12_value", "n_enterprises")
TOLERANCE = 1e-9

Key = tuple[str, ...]
Figures = tuple[float | None, ...]


@dataclass(frozen=True)
class BuiltSample:
    """`results`: unique_id of each dbt node → how it ended."""

    truth: Path
    work_file: Path
    results: dict[str, str]


def built_sample(sample: Path, temporary: pytest.TempPathFactory) -> BuiltSample:
    """The work file of the night that published the sample's deliveries."""
    run = (night_of(sample, temporary).work / LINK).resolve()
    results = json.loads((run / "dbt_target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return BuiltSample(sample / "truth", run / "build.duckdb", {r["unique_id"]: r["status"] for r in results})


def true_figures(truth: Path, indicators: set[str]) -> dict[Key, Figures]:
    """The rows of `values.csv` for these indicators."""
    with (truth / "values.csv").open(encoding="utf-8") as file:
        return {
            tuple(row[c] for c in KEY): tuple(float(row[c]) if row[c] else None for c in FIGURES)
            for row in csv.DictReader(file)
            if row["indicator_id"] in indicators
        }


def differences(found: dict[Key, Figures], expected: dict[Key, Figures]) -> Iterator[str]:
    """Rows missing, rows too many, and figures that are not equal to 1e-9 relative, nulls included."""
    for key in sorted(expected.keys() - found.keys()):
        yield f"{key}: no row, expected {expected[key]}"
    for key in sorted(found.keys() - expected.keys()):
        yield f"{key}: a row too many, {found[key]}"
    for key in sorted(found.keys() & expected.keys()):
        for name, is_, should in zip(FIGURES, found[key], expected[key], strict=True):
            if is_ is None or should is None:
                equal = is_ is should
            else:
                equal = math.isclose(is_, should, rel_tol=TOLERANCE, abs_tol=0.0)
            if not equal:
                yield f"{key} {name}: {is_}, expected {should}"
