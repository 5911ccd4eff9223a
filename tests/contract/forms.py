"""Small deliveries written cell by cell, for tests of the contract."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter
from stdnum.cn import uscc

Grid = Sequence[Sequence[object]]


def code(number: int) -> str:
    """A valid credit code of an invented enterprise."""
    body = f"91330521XX{number:07d}"
    return body + uscc.calc_check_digit(body)


def workbook(grid: Grid, hidden: Grid | None = None) -> bytes:
    """An .xlsx whose first sheet is the grid; `hidden` is a scratch sheet behind it."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, rows in (("Sheet1", grid), ("草稿", hidden)):
        if rows is None:
            continue
        sheet = book.add_worksheet(name)
        if name != "Sheet1":
            sheet.hide()
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if cell is not None:
                    sheet.write(r, c, cell)
    book.close()
    return buffer.getvalue()


def tax(
    rows: Grid, *, title: str = "德清县2021年3月企业入库税收明细表", unit: str = "单位:万元", tail: Grid = ()
) -> bytes:
    """A tax workbook with two heading rows."""
    heading = [["纳税人识别号", "纳税人名称", "税收", None], [None, None, "本月", "本年累计"]]
    return workbook([[title], [None, unit], *heading, *rows, *tail])


def register(
    rows: Sequence[tuple[str, str]], *, year: int = 2021, former: dict[str, tuple[str, str]] | None = None
) -> bytes:
    """A register of (code, name); `former`: code → (former name, former code)."""
    heading = ["统一社会信用代码", "单位详细名称", "曾用名", "曾用信用代码", "行业代码", "乡镇代码", "高新技术产业"]
    heading += ["重点骨干", "投产日期"]
    past = former or {}
    body = [[c, n, *past.get(c, (None, None)), "3615", "330521102", "是", "否", "2001年2月23日"] for c, n in rows]
    return workbook([[f"德清县{year}年规上工业企业名录"], ["单位：见表头"], heading, *body])
