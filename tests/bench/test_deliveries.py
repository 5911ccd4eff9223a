"""A correction of a tax file is another file about the same total."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

from tests.bench.deliveries import correct_one

ROWS: tuple[tuple[Any, ...], ...] = (
    ("德清县2020年12月企业入库税收明细表", None, None, None, None),
    ("序号", "统一社会信用代码", "税收/本月", "税收/本年累计", "纳税人名称"),
    (1, "91330521YY00000001", 300, 4000, "甲"),
    (2, "91330521YY00000002", "２００", " 1000 ", "数字为文本"),
    (3, "91330521YY00000003", 100, 1000, "乙"),
    ("合计", None, 600, 6000, None),
)


def tax_file(inbox: Path, month: str) -> Path:
    """A small tax file of `month` (YYYYMM) in `inbox`."""
    path = inbox / "tax" / f"企业入库税收_{month}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook = openpyxl.Workbook()
    for row in ROWS:
        workbook.worksheets[0].append(row)
    workbook.save(path)
    return path


def amounts(path: Path) -> list[Any]:
    return [row[3] for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(min_row=3, values_only=True)]


def test_each_correction_of_the_last_month_moves_another_amount(tmp_path: Path) -> None:
    inbox = tmp_path / "raw" / "inbox"
    tax_file(inbox, "202011")
    sent = tax_file(inbox, "202012")
    first, second = correct_one(tmp_path), correct_one(tmp_path)
    assert [first.name, second.name] == ["企业入库税收_202012_更正1.xlsx", "企业入库税收_202012_更正2.xlsx"]
    assert amounts(sent) == [4000, " 1000 ", 1000, 6000]
    assert amounts(first) == [3980, " 1000 ", 1020, 6000]
    assert amounts(second) == [3960, " 1000 ", 1040, 6000]
