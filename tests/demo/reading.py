"""Writing a made-up county for a test, and reading its workbooks with no more than the contract's layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl

from pipelines.demo import DemoReport, write_demo


@dataclass(frozen=True)
class Written:
    inbox: Path
    truth: Path
    report: DemoReport

    def read(self, name: str) -> pl.DataFrame:
        return pl.read_csv(self.truth / f"{name}.csv", infer_schema_length=None)


def write(folder: Path, **arguments) -> Written:
    report = write_demo(folder / "inbox", folder / "truth", **arguments)
    return Written(folder / "inbox", folder / "truth", report)


def sheet_rows(path: Path) -> tuple[list[tuple], list[tuple[int, tuple]]]:
    """The rows above the data, and the data rows with their numbers."""
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string", skip_whitespace_tail_rows=False)
    rows = sheet.to_polars().rows()
    top = 3
    if any(cell in ("本月", "消费量/本年累计") for cell in rows[3]):
        top = 4
    data = []
    for number, row in enumerate(rows[top:], start=top + 1):
        first = next((str(cell) for cell in row if cell not in (None, "")), "")
        if first in ("合计", "总计") or first.startswith(("注:", "注：", "备注:", "备注：")):
            break
        if first != "小计":
            data.append((number, row))
    return rows[:top], data


def printed(header: list[tuple]) -> list[str]:
    """Full names of the columns, as the contract forms them."""
    if len(header) == 3:
        return [str(cell) for cell in header[2]]
    names, upper = [], ""
    for over, under in zip(header[2], header[3], strict=True):
        upper = over or upper
        names.append(f"{upper}/{under}" if under else upper)
    return names


def table(path: Path) -> list[dict[str, str | None]]:
    """The data rows of a workbook by the full names of their columns."""
    header, data = sheet_rows(path)
    names = printed(header)
    return [dict(zip(names, row, strict=True)) for _, row in data]
