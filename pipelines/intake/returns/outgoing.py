"""Writes what goes back: one workbook a bureau, the same bytes for the same content."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path, PurePath
from typing import NamedTuple

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.intake.returns import layout
from pipelines.intake.returns.layout import (
    FIRST_DATA_ROW,
    GUIDE_SHEET,
    HEADING_ROW,
    MARK,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_SHEETS,
    OWN_COLUMNS,
    SHEET_PREFIX,
    clipped,
    heading_fingerprint,
    neutralised,
    plain,
    row_fingerprint,
)
from pipelines.workers import Failed, Task, Workers

# Chinese wording of each quarantine reason and what to do (contract: "What happens to a row").
REASONS = {
    "unknown_enterprise": "信用代码无效，按名称也查不到唯一的企业：请填写正确的18位统一社会信用代码",
    "not_a_number": "此处应为数字（或单位不认识）：请改为数字；不掌握的请留空",
    "not_a_date": "此处应为日期：请改为如 2021-03-05 的日期",
    "out_of_range": "此数不能为负：请核对",
    "outside_period": "日期不在本表所属的时期内：请核对日期",
    "no_evidence": "缺少佐证文号：请补填",
    "conflicting_duplicate": "同一对象有多行而数据不一致：请改正，只留正确的一行，其余各行的数据清空",
}

GUIDE = (
    "这些行没有进入统计，请改正后交回。",
    "1. 每个工作表对应贵单位交来的一个文件；“原因”说明问题，标红的单元格是出问题的地方。",
    "2. 直接在原单元格里改正。改了几行就更正几行，没有改的行保持原状（仍不进入统计）。",
    "3. 要删除某一行，把该行右侧的数据全部清空（前四列不要动）。",
    "4. 不要增删列、不要改前四列和第1至3行；要补充新的行，请按原办法另交完整的更正文件。",
    "5. 以 = + - @ 开头的内容前面加了一个撇号 '，防止被当作公式；交回时会自动去掉，不必处理。",
    "6. 改好后存为 .xlsx，放回 raw/inbox 下的任何文件夹（平时交文件的地方即可），文件名不限。",
    "7. 系统据此生成该文件的下一个“_更正N”；原合计数不再适用，不列入更正文件。",
    "",
    "These rows did not enter the statistics. Please mend them and hand the workbook in again.",
    "1. One sheet for each file you sent; 原因 gives the reason, the red cell is the one in question.",
    "2. Mend the cells in place. Rows you leave as they are stay out as before.",
    "3. To drop a row, empty all its data cells (leave the first four columns alone).",
    "4. Don't insert or delete columns, don't touch rows 1 to 3; new rows go into a whole corrected file.",
    "5. Text that begins with = + - @ has an apostrophe before it against formulas; it is taken off again.",
    "6. Save as .xlsx, under any name, into any folder below raw/inbox (where you always drop files).",
    "7. It is taken as the next _更正N of each file; the old 合计 row is left out of it.",
)

# What writes a workbook: a change of it writes all of them again.
_WRITER = hashlib.sha256(
    b"".join(Path(module).read_bytes() for module in (__file__, layout.__file__)) + xlsxwriter.__version__.encode()
).hexdigest()

# Roughly what a returned row takes as bytes of a delivery: for the workers to know what is much.
BYTES_A_ROW = 100

# Workbooks carry a creation time; a fixed one keeps the same content at the same bytes.
CREATED = datetime(2020, 1, 1)


class ReturnRow(NamedTuple):
    """A quarantined row: number as the clerk sees it, reason code, offending column as printed, cells."""

    row_number: int
    reason: str
    column_name: str | None
    cells: Sequence[str | None]


@dataclass(frozen=True)
class ReturnItem:
    """The quarantined rows of one delivery in force. `cells` of a row stand under `header`, position by position."""

    bureau: str
    source: str
    file_name: str
    delivery_id: str
    header: Sequence[str]
    rows: Sequence[ReturnRow | tuple[int, str, str | None, Sequence[str | None]]]

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def content(self) -> str:
        return _sha256(repr(self).encode())

    def read(self) -> ReturnItem:
        return self


@dataclass(frozen=True)
class KeptReturn:
    """The same, as the archive keeps it: `count` rows in `quarantined` (Parquet: `row_number`, `reason`,
    `column_name`, `cells` as a JSON object), whose sha256 is `content`; read only where a workbook is made."""

    bureau: str
    source: str
    file_name: str
    delivery_id: str
    count: int
    content: str
    quarantined: Path

    def read(self) -> ReturnItem:
        kept = pl.read_parquet(self.quarantined).sort("row_number")
        rows = [(number, reason, column, json.loads(cells)) for number, reason, column, cells in kept.iter_rows()]
        return ReturnItem(
            self.bureau,
            self.source,
            self.file_name,
            self.delivery_id,
            header=list(rows[0][3]),
            rows=[(number, reason, column, list(cells.values())) for number, reason, column, cells in rows],
        )


class NotWritten(Exception):
    """Workbooks that could not be made, with the reason; `written` are the others."""

    def __init__(self, failed: Mapping[Path, str], written: list[Path]) -> None:
        super().__init__("退回表未能写出 return workbooks not written: " + "; ".join(failed.values()))
        self.written = written


def write_returns(
    items: Sequence[ReturnItem | KeptReturn], returns_dir: Path, workers: Workers | None = None
) -> list[Path]:
    """Writes `<returns_dir>/<bureau>/退回_<bureau>.xlsx` for each bureau with quarantined rows; returns the paths.

    A workbook whose content did not change is left untouched; that of a bureau without quarantined rows is removed.
    """
    written: list[Path] = []
    changed = []
    wanted = sorted((i for i in items if i.count), key=attrgetter("bureau", "source", "file_name", "delivery_id"))
    for bureau, of_bureau in groupby(wanted, key=attrgetter("bureau")):
        path = returns_dir / _safe_name(bureau) / f"退回_{_safe_name(bureau)}.xlsx"
        written.append(path)
        rows = list(of_bureau)
        made_from = _made_from(rows)
        if not _stands(path, made_from):
            changed.append(Task(_write, (path, bureau, rows, made_from), BYTES_A_ROW * sum(i.count for i in rows)))
    failed = {}
    with nullcontext(workers) if workers else Workers() as at_work:
        for index, outcome in at_work.run(changed):
            if isinstance(outcome, Failed):
                path, bureau, *_ = changed[index].arguments
                failed[path] = f"{bureau}: {outcome.detail}"
    for old in sorted(returns_dir.glob("*/退回_*.xlsx")):
        if old not in written:
            old.unlink()
            _seal(old).unlink(missing_ok=True)
            if not any(old.parent.iterdir()):
                old.parent.rmdir()
    if failed:
        raise NotWritten(failed, [path for path in written if path not in failed])
    return written


def _made_from(items: Sequence[ReturnItem | KeptReturn]) -> str:
    return _sha256(repr((_WRITER, [(i.source, i.file_name, i.delivery_id, i.content) for i in items])).encode())


def _stands(path: Path, made_from: str) -> bool:
    """Making a workbook takes longer than all else here, so beside it stands a seal: what it was made from, and the
    bytes that were made. Where both still hold there is nothing to do."""
    seal = _seal(path)
    return path.is_file() and seal.is_file() and seal.read_text() == f"{made_from} {_sha256(path.read_bytes())}"


def _write(path: Path, bureau: str, items: list[ReturnItem | KeptReturn], made_from: str) -> None:
    content = _workbook(bureau, items)
    if not (path.is_file() and path.read_bytes() == content):
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    _replace(_seal(path), f"{made_from} {_sha256(content)}".encode())


def _seal(workbook: Path) -> Path:
    return workbook.with_name(f".{workbook.stem}.seal")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_bytes(content)
    aside.replace(path)


def _safe_name(bureau: str) -> str:
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", bureau).strip(" .")
    if not name:
        raise ValueError(f"a bureau without a usable name: {bureau!r}")
    return name


def _workbook(bureau: str, items: Sequence[ReturnItem | KeptReturn]) -> bytes:
    target = io.BytesIO()
    # Rows go to a temporary file as they come: a workbook's memory does not grow with them.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"title": f"退回 {bureau}", "author": "Fenghuang 凤凰", "created": CREATED})
    look = {
        "text": book.add_format({"num_format": "@", "locked": False}),
        "bad": book.add_format({"num_format": "@", "locked": False, "bg_color": "#FFC7CE", "border": 1}),
        "reason": book.add_format({"font_color": "#9C0006"}),
        "head": book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1}),
        "faint": book.add_format({"font_color": "#808080", "font_size": 8}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }
    shown = items[:MAX_SHEETS]
    names = _sheet_names([item.file_name for item in shown])
    guide = book.add_worksheet(GUIDE_SHEET)
    for item, name in zip(shown, names, strict=True):
        _sheet(book.add_worksheet(name), item.read(), look)
    _guide(guide, bureau, items, names, look)
    book.close()
    return target.getvalue()


def _guide(
    guide: Worksheet,
    bureau: str,
    items: Sequence[ReturnItem | KeptReturn],
    names: list[str],
    look: dict[str, Format],
) -> None:
    guide.set_column(0, 0, 44)
    guide.set_column(1, 1, 34)
    guide.set_column(2, 3, 14)
    _text(guide, 0, 0, f"退回改正 · {bureau}", look["title"])
    row = 2
    for line in GUIDE:
        _text(guide, row, 0, line)
        row += 1
    row += 1
    for column, heading in enumerate(("文件 file", "工作表 sheet", "退回行数 rows", "本表列出 listed")):
        _text(guide, row, column, heading, look["head"])
    for index, item in enumerate(items):
        row += 1
        listed = min(item.count, MAX_ROWS) if index < len(names) else 0
        _text(guide, row, 0, item.file_name)
        _text(guide, row, 1, names[index] if index < len(names) else "下次列出 next time")
        guide.write_number(row, 2, item.count)
        guide.write_number(row, 3, listed)


def _sheet(sheet: Worksheet, item: ReturnItem, look: dict[str, Format]) -> None:
    heading = [clipped(plain(name)) for name in item.header[:MAX_COLUMNS]]
    own = len(OWN_COLUMNS)
    marks = (MARK, item.source, item.file_name, item.delivery_id, heading_fingerprint(heading), str(len(heading)))
    for column, mark in enumerate(marks):
        _text(sheet, 0, column, mark, look["faint"])
    _text(sheet, 1, 0, "在标红的单元格处改正；要删除一行就清空其数据；前四列和前三行请勿改动。", look["reason"])
    for column, name in enumerate((*OWN_COLUMNS, *heading)):
        _text(sheet, HEADING_ROW, column, name, look["head"])
    rows = sorted((ReturnRow(*row) for row in item.rows), key=attrgetter("row_number"))
    for at, row in enumerate(rows[:MAX_ROWS], start=FIRST_DATA_ROW):
        cells = [clipped(plain(cell)) for cell in row.cells[: len(heading)]]
        cells += [""] * (len(heading) - len(cells))
        reason = REASONS.get(row.reason, row.reason)
        bad = item.header.index(row.column_name) if row.column_name in item.header else None
        sheet.write_number(at, 0, row.row_number)
        _text(sheet, at, 1, f"{reason}（{row.reason}）", look["reason"])
        _text(sheet, at, 2, plain(row.column_name))
        _text(sheet, at, 3, row_fingerprint(row.row_number, cells), look["faint"])
        for column, cell in enumerate(cells):
            _text(sheet, at, own + column, cell, look["bad" if column == bad else "text"])
        if bad is not None and bad < len(heading):
            sheet.write_comment(at, own + bad, reason, {"author": "Fenghuang"})
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 1, 44)
    sheet.set_column(2, 2, 18)
    sheet.set_column(3, 3, 8, None, {"hidden": True})
    sheet.set_column(own, own + max(len(heading) - 1, 0), 20)
    sheet.freeze_panes(FIRST_DATA_ROW, 1)
    # Without a password: against slips, not against people.
    sheet.protect("", {"format_cells": True, "format_columns": True, "format_rows": True})


def _text(sheet: Worksheet, row: int, column: int, text: str, look: Format | None = None) -> None:
    safe = neutralised(text)
    if safe:
        sheet.write_string(row, column, safe, look)
    else:
        sheet.write_blank(row, column, None, look)


def _sheet_names(file_names: list[str]) -> list[str]:
    """Names a spreadsheet accepts: at most 31 characters, none of []:*?/\\, no two alike but for case."""
    taken: set[str] = set()
    names = []
    for file_name in file_names:
        stem = SHEET_PREFIX + re.sub(r"[\[\]:*?/\\'\x00-\x1f]", "_", PurePath(file_name).stem)
        name, attempt = stem[:31], 1
        while name.casefold() in taken:
            attempt += 1
            name = f"{stem[: 31 - len(f'~{attempt}')]}~{attempt}"
        taken.add(name.casefold())
        names.append(name)
    return names
