"""What a return workbook looks like, known to the side that writes it and the side that reads it again.

A sheet carries all it needs by itself (row 1), so that it is still understood when a clerk copies it into another
workbook:

    row 1   MARK | source | file name | delivery id | fingerprint of the heading | number of its columns
    row 2   a word to the clerk
    row 3   行号 | 原因 | 问题列 | 校验 (hidden) | the heading as printed …
    row 4 … row number | reason | offending column | fingerprints of the cells | the cells …

Fingerprints tell which cells a clerk changed, whatever the spreadsheet program did to the others.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from xml.etree import ElementTree

MARK = "FENGHUANG-RETURN-1"
GUIDE_SHEET = "退回说明"
SHEET_PREFIX = "退回_"
OWN_COLUMNS = ("行号", "原因", "问题列", "校验")
HEADING_ROW = 2  # zero-based
FIRST_DATA_ROW = 3

MAX_CELL = 2000  # characters shown of one cell
MAX_COLUMNS = 500
MAX_ROWS = 5000  # of one sheet
MAX_SHEETS = 200
MAX_UNPACKED_BYTES = 256 * 1024**2

# What a spreadsheet (or a csv made from it) would take for a formula, half and full width.
_FORMULA = r"\s*[=+\-@＝＋－＠]"
_NEEDS_APOSTROPHE = re.compile(rf"'*{_FORMULA}")
_HAS_APOSTROPHE = re.compile(rf"'+{_FORMULA}")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2}) 00:00:00")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class ReturnError(ValueError):
    """A mended workbook that cannot be taken. The message names sheet and cell, and the mend."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")


def plain(cell: str | None) -> str:
    """A cell as it is shown and compared: control characters (line breaks, tabs) as blanks, none at the ends, and
    a date without the midnight that readers of workbooks add to it."""
    text = _CONTROL.sub(" ", cell or "").strip()
    midnight = _MIDNIGHT.fullmatch(text)
    return midnight.group(1) if midnight else text


def neutralised(text: str) -> str:
    """Text that no spreadsheet takes for a formula; `restored` is its inverse."""
    return f"'{text}" if _NEEDS_APOSTROPHE.match(text) else text


def restored(text: str) -> str:
    return text[1:] if _HAS_APOSTROPHE.match(text) else text


def clipped(text: str) -> str:
    return text if len(text) <= MAX_CELL else text[:MAX_CELL] + "…"


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def heading_fingerprint(heading: Sequence[str]) -> str:
    return fingerprint("\x1f".join(heading))


def row_fingerprint(row_number: int, cells: Sequence[str]) -> str:
    """`row:cell,cell,…`; one entry a cell, so that each is compared by itself."""
    return f"{row_number}:" + ",".join(fingerprint(cell) for cell in cells)


def is_return_workbook(content: bytes) -> bool:
    """Whether these bytes are a workbook with one of our sheets in it. False for anything that is no workbook.

    Looks at the names of the sheets first: large ordinary workbooks are told apart without unpacking them.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if not any(name.startswith(SHEET_PREFIX) for name in sheet_names(package)):
                return False
            check_size(package)
            parts = [n for n in package.namelist() if re.fullmatch(r"xl/(?:sharedStrings|worksheets/[^/]+)\.xml", n)]
            return any(MARK.encode() in package.read(part) for part in parts)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, ReturnError, EOFError, OSError, ValueError):
        return False


def check_size(package: zipfile.ZipFile) -> None:
    if sum(item.file_size for item in package.infolist()) > MAX_UNPACKED_BYTES:
        raise ReturnError(
            f"工作簿展开后超过 {MAX_UNPACKED_BYTES // 1024**2} MB，不能读取。",
            f"The workbook unpacks to more than {MAX_UNPACKED_BYTES // 1024**2} MB.",
        )


def sheet_names(package: zipfile.ZipFile) -> list[str]:
    return [sheet.get("name", "") for sheet in workbook_xml(package).iterfind("{*}sheets/{*}sheet")]


def workbook_xml(package: zipfile.ZipFile) -> ElementTree.Element:
    return safe_xml(package.read("xl/workbook.xml"))


def safe_xml(text: bytes) -> ElementTree.Element:
    """Raises `ValueError` for a document type declaration, which no workbook has: entities could explode."""
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("a workbook part with a document type declaration")
    return ElementTree.fromstring(text)
