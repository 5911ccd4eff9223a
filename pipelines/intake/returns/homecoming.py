"""Reads a mended return workbook and makes the corrected files of it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import fastexcel
from xlsxwriter.utility import xl_rowcol_to_cell

from pipelines.intake.returns.layout import (
    FIRST_DATA_ROW,
    HEADING_ROW,
    MARK,
    OWN_COLUMNS,
    ReturnError,
    check_size,
    fingerprint,
    heading_fingerprint,
    plain,
    restored,
)
from pipelines.intake.returns.mending import Mend, mended

Grid = list[tuple[str | None, ...]]

_FINGERPRINTS = re.compile(r"(\d{1,7}):([0-9a-f]{12}(?:,[0-9a-f]{12})*)?")


class Corrected(NamedTuple):
    """A corrected file, to be archived like any other delivery."""

    source: str
    file_name: str
    content: bytes


@dataclass(frozen=True)
class _MendedSheet:
    name: str
    source: str
    file_name: str
    delivery_id: str
    heading: list[str]
    mends: dict[int, Mend]


def corrected_files(
    workbook: bytes, original: Callable[[str], tuple[str, bytes]], next_name: Callable[[str], str]
) -> list[Corrected]:
    """The corrected file of each delivery that the mended workbook changes, in the order of its sheets.

    `original` gives file name and bytes of a delivery id and raises `KeyError` where that delivery is unknown or
    no longer the one in force; `next_name` turns a file name into that of the next correction. A sheet in which
    nothing was changed gives nothing. All or nothing: raises `ReturnError` naming sheet and cell.
    """
    sheets = list(_sheets(workbook))
    if not sheets:
        raise ReturnError(
            "这个工作簿里没有退回的工作表；请用收到的退回表改正。",
            "No sheet of this workbook is one that was returned; mend the workbook you were given.",
        )
    ids = [sheet.delivery_id for sheet in sheets]
    corrected = []
    for sheet in sheets:
        if ids.count(sheet.delivery_id) > 1:
            raise _error(sheet.name, None, "同一文件的工作表有两份，请只留一份", "two sheets for one file; keep one")
        if not sheet.mends:
            continue
        try:
            file_name, content = original(sheet.delivery_id)
        except KeyError as error:
            raise _error(
                sheet.name,
                "D1",
                "所退回的文件已被新的文件取代（或编号有误），请删去此工作表，改用最新的退回表",
                "the file it belongs to has been replaced since; delete this sheet and mend the newest return",
            ) from error
        try:
            fixed = mended(file_name, content, sheet.mends, sheet.heading)
        except ValueError as error:
            raise _error(sheet.name, None, f"无法写回 {file_name}：{error}", "cannot be put back") from error
        corrected.append(Corrected(sheet.source, next_name(file_name), fixed))
    return corrected


def _sheets(workbook: bytes) -> Iterator[_MendedSheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(workbook)) as package:
            check_size(package)
        book = fastexcel.read_excel(workbook)
        names = book.sheet_names
    except (zipfile.BadZipFile, fastexcel.FastExcelError) as error:
        raise ReturnError(
            "退回表打不开（文件不完整或不是 .xlsx）；请重新保存后再放入。",
            "The return workbook cannot be opened (cut short, or no .xlsx); save it again.",
        ) from error
    for name in names:
        grid = _grid(book, name)
        if grid and grid[0] and grid[0][0] == MARK:
            yield _read(name, grid)


def _grid(book: fastexcel.ExcelReader, name: str) -> Grid:
    try:
        sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        rows: Grid = sheet.to_polars().rows()
    except fastexcel.FastExcelError as error:
        raise _error(name, None, "工作表读不出来，请重新保存", "cannot be read; save it again") from error
    if rows and rows[0][0] == MARK:
        _, errors = sheet.to_arrow_with_errors()
        for bad in errors.errors if errors else ():
            raise _error(
                name, xl_rowcol_to_cell(*bad.position), "公式出错，请填写数值", "a formula error; type the value"
            )
    return rows


def _read(name: str, grid: Grid) -> _MendedSheet:
    source, file_name, delivery_id, heading_mark, width_text = (_cell(grid, 0, column) for column in range(1, 6))
    if not (
        re.fullmatch(r"[a-z][a-z0-9_]*", source)
        and re.fullmatch(r"[\w-]{1,128}", delivery_id)
        and re.fullmatch(r"\d{1,4}", width_text)
    ):
        raise _error(name, "B1", "第1行的标识被改动，请用原退回表", "row 1 was changed; use the original workbook")
    own, width = len(OWN_COLUMNS), int(width_text)
    found = tuple(_cell(grid, HEADING_ROW, column) for column in range(own))
    heading = [restored(_cell(grid, HEADING_ROW, own + column)) for column in range(width)]
    if found != OWN_COLUMNS or heading_fingerprint(heading) != heading_mark:
        raise _error(
            name,
            f"A{HEADING_ROW + 1}",
            "表头与退回时不同（增删了列或改了列名），请恢复原表头",
            "the heading differs from the one returned (a column moved or renamed); restore it",
        )
    mends: dict[int, Mend] = {}
    seen: set[int] = set()
    for at in range(FIRST_DATA_ROW, len(grid)):
        cells = [restored(_cell(grid, at, own + column)) for column in range(width)]
        number_text, mark = _cell(grid, at, 0), _cell(grid, at, own - 1)
        if not (number_text or mark or any(cells)):
            continue
        number, marks = _identity(name, at, number_text, mark, width)
        if number in seen:
            raise _error(name, f"A{at + 1}", f"行号 {number} 出现两次", f"row number {number} stands twice")
        seen.add(number)
        changed = {i: cell or None for i, cell in enumerate(cells) if fingerprint(cell) != marks[i]}
        if changed:
            dropped = not any(cells)
            mends[number] = Mend({} if dropped else changed, dropped)
    return _MendedSheet(name, source, restored(file_name), delivery_id, heading, mends)


def _identity(sheet: str, at: int, number_text: str, mark: str, width: int) -> tuple[int, list[str]]:
    match = _FINGERPRINTS.fullmatch(mark)
    marks = (match.group(2) or "").split(",") if match else []
    if match is None or number_text != match.group(1) or len(marks) != width:
        raise _error(
            sheet,
            f"A{at + 1}",
            "行号或隐藏的校验列被改动，或这是新添的行；请只改正退回的行，新行另交完整的更正文件",
            "row number or hidden column D was changed, or the row is new; mend only the rows returned",
        )
    return int(number_text), marks


def _cell(grid: Grid, row: int, column: int) -> str:
    return plain(grid[row][column]) if row < len(grid) and column < len(grid[row]) else ""


def _error(sheet: str, cell: str | None, zh: str, en: str) -> ReturnError:
    where_zh = f"工作表“{sheet}”" + (f"单元格 {cell}" if cell else "")
    where_en = f"sheet {sheet}" + (f", cell {cell}" if cell else "")
    return ReturnError(f"{where_zh}：{zh}", f"{where_en}: {en}")
