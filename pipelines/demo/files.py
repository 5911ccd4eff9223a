"""Files as bureaus send them. The same arguments give the same bytes."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xlsxwriter

from pipelines.demo.sheet import Cell, Column, Sheet

_OPTIONS = {
    "constant_memory": True,
    "strings_to_urls": False,
    "strings_to_formulas": False,
    "default_date_format": "yyyy/m/d",
}


@dataclass(frozen=True)
class Layout:
    """What changes from file to file."""

    headings: tuple[str, ...]
    """Contract headings in printed order."""
    printed: dict[str, str]
    """Contract heading → heading as printed."""
    two_rows: bool
    serial: bool
    total_label: str | None
    subtotals_after: tuple[int, ...]
    note: str | None
    scratch: bool
    unit_cell: int
    filled_in: str

    @property
    def first_data_row(self) -> int:
        """Number of the first data row, as the clerk sees it."""
        return 5 if self.two_rows else 4

    def row_number(self, position: int) -> int:
        """Number in the workbook of the data row at a position (subtotals take numbers too)."""
        return self.first_data_row + position + sum(after < position for after in self.subtotals_after)


def draw_layout(sheet: Sheet, columns: Sequence[Column], rng: np.random.Generator) -> Layout:
    """Draw how this file looks: order, aliases, header rows, notes, totals."""
    printed = {}
    for column in columns:
        names = (column.heading, *column.aliases)
        printed[column.heading] = names[rng.integers(len(names))]
    groups: dict[str, list[str]] = {}
    for column in columns:
        groups.setdefault(column.heading.split("/")[0], []).append(column.heading)
    order = [list(groups)[at] for at in rng.permutation(len(groups))]
    serial = bool(rng.random() < 0.5)
    kinds = {column.heading: column.kind for column in columns}
    texts = [name for name in order if kinds[groups[name][0]] != "number"]
    if not serial and order[0] != texts[0]:
        # The word 合计 stands in the first column, so no figures can.
        order.remove(texts[0])
        order.insert(0, texts[0])
    size = len(sheet)
    has_total = sheet.form.totals and rng.random() < 0.85
    split = sheet.form.totals and size > 10 and rng.random() < 0.25
    # In the second row the upper heading is merged over its own columns: only then can there be two rows.
    grouped = any(len(group) > 1 for group in groups.values())
    two_rows = grouped and bool(rng.random() < 0.6)
    headings = tuple(heading for name in order for heading in groups[name])
    if grouped and not two_rows and rng.random() < 0.3:
        headings = (headings[0], *(headings[1:][at] for at in rng.permutation(len(headings) - 1)))
    return Layout(
        headings=headings,
        printed=printed,
        two_rows=two_rows,
        serial=serial,
        total_label=str(rng.choice(["合计", "总计"])) if has_total else None,
        subtotals_after=tuple(sorted(rng.choice(size - 1, size=2, replace=False).tolist())) if split else (),
        note=str(rng.choice(["注:本表数据以年报为准。", "备注：数据截至填报日。"])) if rng.random() < 0.45 else None,
        scratch=bool(rng.random() < 0.2),
        unit_cell=int(rng.integers(0, len(columns))),
        filled_in=str(rng.choice(["", "填报日期:2024年2月6日  ", "填报日期：2024年2月6日 "])),
    )


def column_sums(sheet: Sheet, start: int = 0, stop: int | None = None) -> dict[str, float]:
    """What a clerk adds up under the columns that have a total; before numbers are turned into text."""
    sums = {}
    for column in sheet.form.columns:
        if column.has_total and column.heading in sheet.cells:
            cells = sheet.cells[column.heading][start:stop]
            sums[column.heading] = round(sum(c for c in cells if isinstance(c, int | float)), column.decimals)
    return sums


def write_workbook(
    path: Path,
    sheet: Sheet,
    layout: Layout,
    *,
    title: str,
    unit: str,
    totals: dict[str, float],
    subtotals: Sequence[dict[str, float]],
    created: dt.datetime,
) -> None:
    """Write one workbook row by row: title, unit row, one or two header rows, data, total, note."""
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    book.set_properties({"created": created, "author": ""})
    page = book.add_worksheet("Sheet1")
    first = 1 if layout.serial else 0
    width = len(layout.headings) + first
    page.merge_range(0, 0, 0, width - 1, title)
    page.write_string(1, layout.unit_cell, f"{layout.filled_in}{unit}")
    _write_header(page, layout, first)

    top = layout.first_data_row - 1
    rows: Iterable[tuple[Cell, ...]] = zip(*(sheet.cells[heading] for heading in layout.headings), strict=True)
    at = top
    remaining = list(zip(layout.subtotals_after, subtotals, strict=True))
    for position, row in enumerate(rows):
        # Repeated rows keep the serial number of the row they repeat.
        page.write_row(at, 0, (sheet.base[position] + 1, *row) if layout.serial else row)
        at += 1
        if remaining and remaining[0][0] == position:
            page.write_row(at, 0, _sum_row("小计", layout, first, remaining.pop(0)[1]))
            at += 1
    if layout.total_label:
        page.write_row(at, 0, _sum_row(layout.total_label, layout, first, totals))
        at += 1
    if layout.note:
        page.write_string(at, 0, layout.note)
    if layout.scratch:
        draft = book.add_worksheet("草稿")
        draft.write_row(0, 0, ("勿删", 1, 2, 3))
        draft.hide()
    book.close()


def _sum_row(label: str, layout: Layout, first: int, sums: dict[str, float]) -> list[Cell]:
    row: list[Cell] = [None] * first + [sums.get(heading) for heading in layout.headings]
    row[0] = label
    return row


def _write_header(page: xlsxwriter.worksheet.Worksheet, layout: Layout, first: int) -> None:
    names = ["序号"] * first + [layout.printed[heading] for heading in layout.headings]
    if not layout.two_rows:
        page.write_row(2, 0, names)
        return
    parts = [name.split("/", 1) for name in names]
    start = 0
    for at, part in enumerate(parts):
        if part[0] != parts[start][0]:
            start = at
        ends = at + 1 == len(parts) or parts[at + 1][0] != part[0]
        if ends and at > start:
            page.merge_range(2, start, 2, at, part[0])
        elif ends:
            # An upper heading over one column is merged downwards, unless it has a lower one.
            if len(part) == 1:
                page.merge_range(2, at, 3, at, part[0])
            else:
                page.write_string(2, at, part[0])
    page.write_row(3, 0, [part[1] if len(part) > 1 else None for part in parts])


def write_csv(path: Path, sheet: Sheet, layout: Layout, *, encoding: str) -> None:
    """Write a csv: header in line 1, CRLF, no total."""
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([layout.printed[heading] for heading in layout.headings])
        writer.writerows(zip(*(sheet.cells[heading] for heading in layout.headings), strict=True))


def cut_short(path: Path) -> None:
    """Lose the last part of a file, as an interrupted copy does."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])
