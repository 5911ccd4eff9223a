"""How clerks write things that are nevertheless right: every form that the raw contracts say can be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np

from pipelines.demo.sheet import Cell, Column, Sheet

UNKNOWN_TOKENS = ("/", "-", "—", "…", "*", "－")
NAME_NOTES = ("(重点)", "（重点）", "(停产)", "（停产）", "(筹)", "（筹）")
_WIDE = {ord(narrow): chr(ord(narrow) + 0xFEE0) for narrow in "0123456789ABCDEFGHJKLMNPQRTUWXY"}
_SHARE = {"code": 0.07, "former_code": 0.25, "name": 0.06, "former_name": 0.15, "number": 0.03, "unknown": 0.05}


def untidy(sheet: Sheet, rng: np.random.Generator, *, dates_as_cells: bool) -> None:
    """Rewrite some of the cells in place. Spoiled cells stay as they are."""
    for column in sheet.form.columns:
        cells = sheet.cells.get(column.heading)
        if cells is None:
            continue
        if column.kind == "number":
            _numbers(cells, column, rng)
        elif column.kind == "date":
            _dates(cells, rng, dates_as_cells)
    untidy_identities(sheet, rng)


def untidy_identities(sheet: Sheet, rng: np.random.Generator) -> None:
    """Rewrite some codes and names in place, so that the enterprise can still be found."""
    for column in sheet.form.columns:
        if column.kind == "code":
            _codes(sheet, sheet.cells[column.heading], rng)
        elif column.kind == "name":
            _names(sheet, sheet.cells[column.heading], rng)


def _some(size: int, share: float, rng: np.random.Generator) -> list[int]:
    return np.flatnonzero(rng.random(size) < share).tolist()


def _spaced(code: str) -> str:
    return f" {code[:6]} {code[6:]} "


def _mistyped(code: str) -> str:
    return code.replace("1", "I").replace("0", "O")


def _widened(code: str) -> str:
    return code.translate(_WIDE)


_CODE_FORMS: tuple[Callable[[str], str], ...] = (_spaced, _mistyped, _widened, str.lower)


def _codes(sheet: Sheet, cells: list[Cell], rng: np.random.Generator) -> None:
    size = len(cells)
    for row in _some(size, _SHARE["former_code"], rng):
        if sheet.former_code[row] is not None and sheet.reason[row] != "unknown_enterprise":
            cells[row] = sheet.former_code[row]
    forms = rng.integers(len(_CODE_FORMS), size=size)
    for row in _some(size, _SHARE["code"], rng):
        if sheet.reason[row] != "unknown_enterprise" and cells[row] is not None:
            cells[row] = _CODE_FORMS[forms[row]](str(cells[row]))
    for row in _some(size, sheet.form.empty_codes, rng):
        if not sheet.by_code_only[row] and sheet.reason[row] != "unknown_enterprise":
            cells[row] = None
    # A code cut short is no code: the name has to do.
    for row in _some(size, 0.004, rng):
        if not sheet.by_code_only[row] and sheet.reason[row] != "unknown_enterprise" and cells[row] is not None:
            cells[row] = str(cells[row])[:15]


def _swap_brackets(name: str) -> str:
    return name.translate(str.maketrans("()（）", "（）()"))


def _names(sheet: Sheet, cells: list[Cell], rng: np.random.Generator) -> None:
    size = len(cells)
    for row in _some(size, _SHARE["former_name"], rng):
        former = sheet.former_name[row]
        if former is not None and sheet.reason[row] != "unknown_enterprise":
            cells[row] = former.split("、")[0]
    forms = rng.integers(3, size=size)
    notes = rng.integers(len(NAME_NOTES), size=size)
    for row in _some(size, _SHARE["name"], rng):
        if cells[row] is None:
            continue
        name = str(cells[row])
        if forms[row] == 0:
            cells[row] = f"  {name[:2]} {name[2:]} "
        elif forms[row] == 1:
            cells[row] = _swap_brackets(name)
        elif sheet.reason[row] != "unknown_enterprise":
            cells[row] = name + NAME_NOTES[notes[row]]


def _numbers(cells: list[Cell], column: Column, rng: np.random.Generator) -> None:
    size = len(cells)
    forms = rng.integers(5, size=size)
    for row in _some(size, _SHARE["number"], rng):
        value = cells[row]
        if isinstance(value, int | float):
            decimals = 0 if isinstance(value, int) else column.decimals
            cells[row] = number_text(value, decimals, int(forms[row]))
    tokens = rng.integers(len(UNKNOWN_TOKENS), size=size)
    for row in _some(size, _SHARE["unknown"], rng):
        if cells[row] is None:
            cells[row] = UNKNOWN_TOKENS[tokens[row]]


def number_text(value: float, decimals: int, form: int) -> str:
    """A number as text: plain, with thousands separators of either width, padded, or in full-width digits."""
    plain = f"{value:.{decimals}f}"
    if form == 1:
        return f"{value:,.{decimals}f}"
    if form == 2:
        return f"{value:,.{decimals}f}".replace(",", "，")
    if form == 3:
        return f" {plain} "
    if form == 4 and value >= 0:
        return plain.translate(_WIDE)
    return plain


def _dates(cells: list[Cell], rng: np.random.Generator, as_cells: bool) -> None:
    # A clerk keeps to one habit in a file, with slips.
    habits = rng.integers(0, 7, size=2)
    forms = np.where(rng.random(len(cells)) < 0.85, habits[0], habits[1]).tolist()
    for row, value in enumerate(cells):
        if isinstance(value, dt.date):
            cells[row] = date_cell(value, forms[row], as_cells)


def date_cell(day: dt.date, form: int, as_cells: bool) -> Cell:
    """A date in one of the forms the raw contracts list; `as_cells` allows Excel dates and serial numbers."""
    if form == 1:
        return f"{day.year}/{day.month}/{day.day}"
    if form == 2:
        return f"{day.year}年{day.month}月{day.day}日"
    if form == 3 and day.year >= 2000:
        return f"{day.year % 100:02d}年{day.month}月{day.day}日"
    if form == 4 and day.day == 1:
        return f"{day.year}.{day.month}"
    if form == 5 and as_cells:
        return day
    if form == 6 and as_cells:
        return (day - dt.date(1899, 12, 30)).days
    return day.isoformat()
