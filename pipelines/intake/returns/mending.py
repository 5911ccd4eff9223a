"""Puts mended cells into a delivered file: same format and encoding, every other byte of content as it was.

Row numbers of what stays are kept: a dropped row leaves an empty one, which no reader takes for data.
"""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import fastexcel
from xlsxwriter.utility import xl_col_to_name

from pipelines.intake.readers import TOTAL_WORDS
from pipelines.intake.returns.layout import safe_xml, workbook_xml

REMARK = "备注：本表按退回表更正生成，原合计数不再适用，未列合计。"


@dataclass(frozen=True)
class Mend:
    """New content of the changed cells of a row, by position under the heading; `dropped`: of it nothing else stays."""

    cells: Mapping[int, str | None]
    dropped: bool = False


def mended(file_name: str, content: bytes, mends: Mapping[int, Mend], heading: Sequence[str]) -> bytes:
    """`content` with the rows of `mends` (by row number) mended; positions count under `heading`.

    Raises `ValueError` where a row is not there or the format cannot be mended.
    """
    suffix = posixpath.splitext(file_name)[1].lower()
    if suffix == ".xlsx":
        return _mended_workbook(content, mends)
    if suffix == ".csv":
        return _mended_csv(content, mends, len(heading))
    if suffix == ".jsonl":
        return _mended_jsonl(content, mends, heading)
    raise ValueError(f"{suffix} 文件不能由退回表更正 files of this kind cannot be mended by a return workbook")


def _check_all_found(mends: Mapping[int, Mend], found: set[int]) -> None:
    if missing := sorted(set(mends) - found):
        raise ValueError(f"原文件没有第 {missing[0]} 行 the file has no row {missing[0]}")


# ------------------------------------------------------------------------------------------------- csv


def _mended_csv(content: bytes, mends: Mapping[int, Mend], width: int) -> bytes:
    encoding = _encoding(content)
    found: set[int] = set()
    out: list[str] = []
    for number, (text, fields) in enumerate(_records(content.decode(encoding)), start=1):
        mend = mends.get(number)
        if mend is None:
            out.append(text)
            continue
        found.add(number)
        ending = text[len(text.rstrip("\r\n")) :]
        if mend.dropped:
            out.append(ending or "\n")
            continue
        # Fields beyond the heading were not shown to the clerk, who mended the row as it stood without them.
        fields = (fields + [""] * width)[:width]
        for position, cell in mend.cells.items():
            fields[position] = cell or ""
        line = io.StringIO()
        csv.writer(line).writerow(fields)
        out.append(line.getvalue().removesuffix("\r\n") + ending)
    _check_all_found(mends, found)
    return "".join(out).encode(encoding)


def _encoding(content: bytes) -> str:
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _records(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each record with the very text it was read from (more than one line where a field holds a line break)."""
    lines = io.StringIO(text, newline="\n").readlines()
    used = 0
    reader = csv.reader(lines)
    try:
        for fields in reader:
            yield "".join(lines[used : reader.line_num]), fields
            used = reader.line_num
    except csv.Error as error:
        raise ValueError(f"第 {used + 1} 行起不是 csv not csv from line {used + 1} on ({error})") from error


# ----------------------------------------------------------------------------------------------- jsonl


def _mended_jsonl(content: bytes, mends: Mapping[int, Mend], heading: Sequence[str]) -> bytes:
    encoding = _encoding(content)
    lines = content.decode(encoding).split("\n")
    _check_all_found(mends, {number for number, line in enumerate(lines, start=1) if line.strip()})
    kinds: dict[str, set[type]] = {}
    for line in lines:
        for key, value in json.loads(line).items() if line.strip() else ():
            kinds.setdefault(key, set()).add(type(value))
    for number, mend in mends.items():
        if mend.dropped:
            lines[number - 1] = ""
            continue
        row = json.loads(lines[number - 1])
        for position, cell in mend.cells.items():
            key = heading[position]
            if key not in kinds:
                raise ValueError(f"原文件没有 {key} the file has no key {key}")
            row[key] = _json_value(cell, kinds[key])
        lines[number - 1] = json.dumps(row, ensure_ascii=False)
    return "\n".join(lines).encode(encoding)


_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_JSON_FLAGS = {"true": True, "false": False, "是": True, "否": False}


def _json_value(cell: str | None, kinds: set[type]) -> object:
    """The value a clerk typed, of a type that the key has elsewhere in the file; text where it fits none."""
    if cell is None:
        return None
    if bool in kinds and cell.lower() in _JSON_FLAGS:
        return _JSON_FLAGS[cell.lower()]
    if kinds & {int, float} and _JSON_NUMBER.fullmatch(cell):
        return float(cell) if "." in cell else int(cell)
    return cell


# -------------------------------------------------------------------------------------------- workbook


def _mended_workbook(content: bytes, mends: Mapping[int, Mend]) -> bytes:
    """The package with the sheet's rows replaced in its XML: everything else (merges, dates, numbers to their last
    digit) stays as it was delivered, which reading and writing the workbook anew would not give."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheet, part = _first_visible_sheet(package)
        sheet_xml = package.read(part).decode("utf-8-sig")
        totals = _total_rows(content, sheet, after=max(mends))
        replaced = {part: _mended_sheet(sheet_xml, mends, totals).encode()}
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for item in package.infolist():
                # The order of calculation may name cells that are no longer formulas; it is made again.
                if item.filename == "xl/calcChain.xml":
                    continue
                data = replaced.get(item.filename) or package.read(item)
                if item.filename in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
                    data = re.sub(rb"<(?:Override|Relationship)\b[^>]*calcChain[^>]*/>", b"", data)
                entry = zipfile.ZipInfo(item.filename, item.date_time)
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, data)
    return target.getvalue()


def _first_visible_sheet(package: zipfile.ZipFile) -> tuple[str, str]:
    """(name, part) of the sheet that holds the data: the first one that is not hidden."""
    sheets = workbook_xml(package).findall("{*}sheets/{*}sheet")
    sheet = next((s for s in sheets if s.get("state", "visible") == "visible"), None)
    if sheet is None:
        raise ValueError("工作簿没有可见的工作表 the workbook has no visible sheet")
    link = next(value for name, value in sheet.attrib.items() if name.endswith("}id"))
    for relation in safe_xml(package.read("xl/_rels/workbook.xml.rels")):
        if relation.get("Id") == link:
            return sheet.get("name", ""), posixpath.join("/xl", relation.get("Target", "")).lstrip("/")
    raise ValueError("工作簿缺少数据表 the workbook lacks the part of its first sheet")


def _total_rows(content: bytes, sheet: str, after: int) -> list[int]:
    """Row numbers of 合计 and 总计 below row `after`."""
    grid = fastexcel.read_excel(content).load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    rows = grid.to_polars().rows()
    firsts = (next((cell for cell in row if cell and cell.strip()), "") for row in rows)
    return [
        number
        for number, first in enumerate(firsts, start=1)
        if number > after and re.sub(r"\s", "", first) in TOTAL_WORDS
    ]


# A sheet's rows and cells are never nested, and its texts hold no bare `<`: patterns find them exactly.
_ROW = re.compile(r"<(?P<p>(?:\w+:)?)row\b(?P<attributes>[^>]*?)(?:/>|>(?P<cells>.*?)</(?P=p)row>)", re.DOTALL)
_CELL = re.compile(r"<(?P<p>(?:\w+:)?)c\b(?P<attributes>[^>]*?)(?:/>|>(?P<value>.*?)</(?P=p)c>)", re.DOTALL)
_FILLED = re.compile(r"<(?:\w+:)?c\b(?=[^>]*\sr=\"([A-Z]{1,3})\d+\")[^>]*(?<!/)>(?!</)")
_ROW_NUMBER = re.compile(r"\sr=\"(\d+)\"")
_CELL_COLUMN = re.compile(r"\sr=\"([A-Z]{1,3})\d+\"")
_STYLE = re.compile(r"\ss=\"\d+\"")


def _mended_sheet(xml: str, mends: Mapping[int, Mend], totals: list[int]) -> str:
    # Readers count columns from the first one used in the sheet, and so do the cells that were returned.
    offset = min((_column_index(match.group(1)) for match in _FILLED.finditer(xml)), default=0)
    remarks = {number: {0: REMARK} if number == totals[0] else {} for number in totals}
    changes = {**{number: Mend(cells, dropped=True) for number, cells in remarks.items()}, **mends}
    found: set[int] = set()
    number = 0

    def row(match: re.Match[str]) -> str:
        nonlocal number
        said = _ROW_NUMBER.search(match["attributes"])
        number = int(said.group(1)) if said else number + 1
        change = changes.get(number)
        if change is None:
            return match.group()
        found.add(number)
        prefix = match["p"]
        cells = {} if change.dropped else _cells(match["cells"] or "")
        for position, text in change.cells.items():
            column = offset + position
            style = _STYLE.search(cells.get(column, "").partition(">")[0])
            cells[column] = _cell_xml(prefix, column, number, style.group() if style else "", text)
        inner = "".join(cells[column] for column in sorted(cells))
        return f"<{prefix}row{match['attributes']}>{inner}</{prefix}row>"

    mended_xml = _ROW.sub(row, xml)
    _check_all_found(changes, found)
    return mended_xml


def _cells(xml: str) -> dict[int, str]:
    """The cells of a row as they are written, by zero-based column."""
    cells: dict[int, str] = {}
    column = -1
    for match in _CELL.finditer(xml):
        said = _CELL_COLUMN.search(match["attributes"])
        column = _column_index(said.group(1)) if said else column + 1
        cells[column] = match.group()
    return cells


def _cell_xml(prefix: str, column: int, row: int, style: str, text: str | None) -> str:
    start = f'<{prefix}c r="{xl_col_to_name(column)}{row}"{style}'
    if text is None:
        return f"{start}/>"
    inner = f'<{prefix}is><{prefix}t xml:space="preserve">{escape(text)}</{prefix}t></{prefix}is>'
    return f'{start} t="inlineStr">{inner}</{prefix}c>'


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
