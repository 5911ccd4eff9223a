"""The whole way: intake → return workbook → mended and dropped → correction in force."""

from __future__ import annotations

import shutil
from pathlib import Path

import fastexcel
import pytest

from pipelines.home import Home
from pipelines.intake.run import Delivery, IntakeReport, take_in
from tests.returns.test_returns import OWN, SAMPLE, read_book, save_book

INDUSTRY = "规上工业生产财务月报_202003.csv"
TAX = "企业入库税收_202002.xlsx"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    for source, name in (
        ("register", "规上工业企业名录_2020.xlsx"),
        ("industry", INDUSTRY),
        ("tax", TAX),
    ):
        (home.inbox / source).mkdir(parents=True)
        shutil.copy(SAMPLE / "inbox" / source / name, home.inbox / source / name)
    return home


def in_force(report: IntakeReport, source: str) -> Delivery:
    (delivery,) = [d for d in report.deliveries if d.source == source and d.in_force]
    return delivery


def mend(path: Path, position: int, cell: str | None, *, whole_row: bool = False) -> bytes:
    sheets = read_book(path.read_bytes())
    for name, rows in sheets.items():
        if name.startswith("退回_"):
            row = rows[3]
            if whole_row:
                row[OWN:] = [None] * len(row[OWN:])
            else:
                row[OWN + position] = cell
    return save_book(sheets)


@pytest.mark.parametrize("folder", ["industry", "返回", "tax"])
def test_a_mended_csv_row_is_accepted_and_the_workbook_goes(home: Home, folder: str) -> None:
    first = take_in(home)
    before = in_force(first, "industry")
    assert before.rows_quarantined == 1 and before.rows_read and before.rows_accepted
    (path,) = [p for p in first.returned if p.parent.name == "县统计局"]
    header = fastexcel.read_excel(path.read_bytes()).load_sheet(1, header_row=2).available_columns()
    position = [column.name for column in header].index("工业增加值(千元)") - OWN
    (home.inbox / folder).mkdir(exist_ok=True)
    (home.inbox / folder / "改好了.xlsx").write_bytes(mend(path, position, "1,000"))

    second = take_in(home)
    after = in_force(second, "industry")
    assert second.failures == []
    assert (after.file_name, after.version) == ("规上工业生产财务月报_202003_更正1.csv", 1)
    assert (after.rows_read, after.rows_accepted) == (before.rows_read, before.rows_accepted + 1)
    assert after.rows_quarantined == 0
    assert not path.exists()
    assert in_force(second, "tax").version == 0
    assert take_in(home).new == []


def test_a_dropped_workbook_row_leaves_the_rest(home: Home) -> None:
    first = take_in(home)
    before = in_force(first, "tax")
    assert before.rows_quarantined == 1 and before.rows_read
    (path,) = [p for p in first.returned if p.parent.name == "县税务局"]
    (home.inbox / "tax" / path.name).write_bytes(mend(path, 0, None, whole_row=True))
    second = take_in(home)
    after = in_force(second, "tax")
    assert (after.file_name, after.rows_quarantined) == ("企业入库税收_202002_更正1.xlsx", 0)
    assert (after.rows_read, after.rows_accepted) == (before.rows_read - 1, before.rows_accepted)


def test_a_broken_return_workbook_is_told_and_stops_nothing(home: Home) -> None:
    first = take_in(home)
    (path,) = [p for p in first.returned if p.parent.name == "县税务局"]
    sheets = read_book(path.read_bytes())
    next(rows for name, rows in sheets.items() if name.startswith("退回_"))[2][OWN] = "改了列名"
    (home.inbox / "tax" / "坏.xlsx").write_bytes(save_book(sheets))
    second = take_in(home)
    assert any("退回_企业入库税收_202002" in failure and "A3" in failure for failure in second.failures)
    assert in_force(second, "tax").delivery_id == in_force(first, "tax").delivery_id
