"""Planting the defects that the raw contracts foresee ("What happens to a row"), and remembering them."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np

from pipelines.demo.setting import county_code
from pipelines.demo.sheet import BAD_DATES, Column, Sheet

QUARANTINED = (
    "unknown_enterprise",
    "not_a_number",
    "not_a_date",
    "out_of_range",
    "outside_period",
    "no_evidence",
    "conflicting_duplicate",
)
# A code cut short, which is no code.
_CUT_CODE = "91{county}YY0000000"


def spoil(
    sheet: Sheet, share: float, rng: np.random.Generator, *, turn: int = 0, shared_name: str = ""
) -> Counter[str]:
    """Spoil about `share` of the rows in place; returns how many in which way.

    `turn` says where the ways that must occur begin, so that yearly files differ. `shared_name` is a former name of
    two enterprises, which identifies neither.
    """
    ways = sheet.form.ways
    planted: Counter[str] = Counter()
    free = [row for row in range(len(sheet)) if not sheet.spare[row]]
    if share <= 0 or not ways or not free:
        return planted
    wanted = len(sheet) * share
    count = int(wanted) + int(rng.random() < wanted % 1)
    count = max(count, sheet.form.at_least)
    rows = rng.choice(free, size=min(count, len(free)), replace=False).tolist()
    names = list(ways)
    weights = np.array([ways[name] for name in names], dtype=float)
    drawn = [names[at] for at in rng.choice(len(names), size=len(rows), p=weights / weights.sum())]
    for at in range(min(sheet.form.at_least, len(drawn))):
        drawn[at] = names[(turn + at) % len(names)]

    absent: set[int] = set()
    for row, way in zip(rows, drawn, strict=True):
        if way == "absent":
            absent.add(row)
        elif way == "duplicate":
            _mark(sheet, _repeat(sheet, row), "duplicate", None)
        elif way == "conflicting_duplicate":
            _conflict(sheet, row)
        elif way == "unknown_enterprise":
            _unknown(sheet, row, shared_name, rng)
        elif way == "cell_note":
            column = sheet.form.of_kind("date")[0]
            sheet.cells[column.heading][row] = str(rng.choice(BAD_DATES))
            sheet.column[row] = column.heading
        elif not _spoil_cell(sheet, row, way, rng):
            continue
        planted[way] += 1
    sheet.drop(absent)
    return planted


def _mark(sheet: Sheet, row: int, reason: str, column: str | None) -> None:
    sheet.reason[row], sheet.column[row] = reason, column


def _repeat(sheet: Sheet, row: int) -> int:
    again = sheet.repeat(row)
    if sheet.form.name_in_key:
        sheet.former_name[row] = sheet.former_name[again] = None
    return again


def _conflict(sheet: Sheet, row: int) -> None:
    again = _repeat(sheet, row)
    if sheet.form.conflict:
        column = sheet.form.column(sheet.form.conflict)
    else:
        column = next(c for c in sheet.form.of_kind("number") if sheet.cells[c.heading][row] is not None)
    sheet.cells[column.heading][again] = _other(sheet.cells[column.heading][row], column)
    _mark(sheet, row, "conflicting_duplicate", None)
    _mark(sheet, again, "conflicting_duplicate", None)


def _other(value: object, column: Column) -> object:
    if column.choices:
        return next(choice for choice in column.choices if choice != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + max(1, abs(value) // 20)
    if isinstance(value, float):
        return round(value * 1.05 + 10.0**-column.decimals, column.decimals)
    return "否" if value == "是" else "是"


def _unknown(sheet: Sheet, row: int, shared_name: str, rng: np.random.Generator) -> None:
    code, name = sheet.form.of_kind("code")[0].heading, sheet.form.of_kind("name")[0].heading
    if shared_name and rng.random() < 0.25:
        sheet.cells[code][row], sheet.cells[name][row] = None, shared_name
    else:
        given = sheet.cells[code][row]
        nothing = _CUT_CODE.format(county=county_code()) if sheet.form.below_scale_by_name else None
        sheet.cells[code][row] = nothing if given is None else str(given)[:17]
        sheet.cells[name][row] = f"无名氏{rng.integers(100_000, 1_000_000)}号加工点"
    _mark(sheet, row, "unknown_enterprise", code)


def _spoil_cell(sheet: Sheet, row: int, way: str, rng: np.random.Generator) -> bool:
    columns = [column for column in sheet.form.columns if column.heading in sheet.cells]
    if way == "not_a_number":
        columns = [column for column in columns if column.bad_cells and column.kind != "date"]
    elif way == "not_a_date":
        columns = [column for column in columns if column.kind == "date"]
    elif way == "outside_period":
        columns = [column for column in columns if column.within_period]
    elif way == "no_evidence":
        columns = [column for column in columns if column.is_evidence]
    else:
        columns = [c for c in columns if c.nonnegative and sheet.cells[c.heading][row] is not None]
    if not columns:
        return False
    column = columns[rng.integers(len(columns))]
    if way == "out_of_range":
        value = sheet.cells[column.heading][row]
        assert isinstance(value, int | float)
        sheet.cells[column.heading][row] = -abs(value) if value else -1
    elif way == "outside_period":
        day = sheet.cells[column.heading][row]
        assert isinstance(day, dt.date)
        sheet.cells[column.heading][row] = day - dt.timedelta(days=366)
    elif way == "no_evidence":
        sheet.cells[column.heading][row] = None
    else:
        sheet.cells[column.heading][row] = str(rng.choice(column.bad_cells))
    _mark(sheet, row, way, column.heading)
    return True
