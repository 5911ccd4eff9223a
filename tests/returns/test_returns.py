"""Rows that go back and come home: round trips on the sample's own files, and what a clerk may do to a workbook."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fastexcel
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.contracts import load_contracts
from pipelines.intake.readers import RawTable, read_table
from pipelines.intake.returns import (
    Corrected,
    ReturnError,
    ReturnItem,
    corrected_files,
    is_return_workbook,
    outgoing,
    write_returns,
)
from pipelines.intake.returns.layout import FIRST_DATA_ROW, neutralised, plain, restored
from pipelines.intake.returns.mending import REMARK, Mend, mended

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
OWN = 4  # columns of ours before the cells
Cells = dict[tuple[int, int], str | None]
Book = dict[str, list[list[str | None]]]


def table_of(source: str, content: bytes) -> RawTable:
    return read_table(content, load_contracts()[source])


def cells_of(table: RawTable) -> dict[int, tuple[str | None, ...]]:
    return {row[0]: row[1:] for row in table.cells.iter_rows()}


def quarantine() -> dict[tuple[str, str], list[tuple[int, str, str | None]]]:
    """What the sample's truth says is spoiled, by source and file, for the sources that have a contract."""
    found: dict[tuple[str, str], list[tuple[int, str, str | None]]] = defaultdict(list)
    with (SAMPLE / "truth" / "quarantine.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] in load_contracts():
                entry = (int(row["row_number"]), row["reason"], row["column"] or None)
                found[row["source"], row["file"]].append(entry)
    return found


def sample_bytes(source: str, file_name: str) -> bytes:
    return (SAMPLE / "inbox" / source / file_name).read_bytes()


def item_of(source: str, file_name: str, bureau: str = "县统计局") -> ReturnItem:
    table = table_of(source, sample_bytes(source, file_name))
    cells = cells_of(table)
    rows = [(n, reason, column, list(cells[n])) for n, reason, column in quarantine()[source, file_name]]
    return ReturnItem(bureau, source, file_name, f"id-{source}-{len(file_name)}", list(table.header), rows)


def sent(tmp_path: Path, *items: ReturnItem) -> bytes:
    (path,) = write_returns(items, tmp_path)
    return path.read_bytes()


def read_book(content: bytes) -> Book:
    book = fastexcel.read_excel(content)
    return {
        name: [list(r) for r in book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars().rows()]
        for name in book.sheet_names
    }


def save_book(sheets: Book) -> bytes:
    """As a spreadsheet program saves it after the clerk's work: values kept, our formats and properties gone."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if cell is not None:
                    sheet.write_string(r, c, cell)
    book.close()
    return target.getvalue()


def data_sheet(sheets: Book) -> list[list[str | None]]:
    (name,) = [name for name in sheets if name.startswith("退回_")]
    return sheets[name]


def originals(*items: ReturnItem) -> Callable[[str], tuple[str, bytes]]:
    by_id = {item.delivery_id: item for item in items}

    def original(delivery_id: str) -> tuple[str, bytes]:
        item = by_id[delivery_id]
        return item.file_name, sample_bytes(item.source, item.file_name)

    return original


def next_name(file_name: str) -> str:
    stem, suffix = file_name.rsplit(".", 1)
    return f"{stem}_更正1.{suffix}"


def come_home(content: bytes, *items: ReturnItem) -> list[Corrected]:
    return corrected_files(content, originals(*items), next_name)


FILES = sorted(quarantine())


@pytest.mark.parametrize(("source", "file_name"), FILES, ids=[name for _, name in FILES])
def test_every_quarantined_sample_file_goes_and_comes_home(tmp_path: Path, source: str, file_name: str) -> None:
    """Mend one cell, drop the last row where there are several, leave the rest: exactly that changes."""
    item = item_of(source, file_name)
    content = sample_bytes(source, file_name)
    before = table_of(source, content)
    sheets = read_book(sent(tmp_path, item))
    rows = data_sheet(sheets)
    first, last = rows[FIRST_DATA_ROW], rows[FIRST_DATA_ROW + len(item.rows) - 1]
    first[OWN] = "改 正 & <后>"
    expected = cells_of(before)
    expected[item.rows[0][0]] = ("改 正 & <后>", *expected[item.rows[0][0]][1:])
    if len(item.rows) > 1:
        last[OWN:] = [None] * len(last[OWN:])
        del expected[item.rows[-1][0]]
    (corrected,) = come_home(save_book(sheets), item)
    assert corrected[:2] == (source, next_name(file_name))
    after = table_of(source, corrected.content)
    assert after.header == before.header
    assert cells_of(after) == expected
    assert (after.title, after.unit, after.totals) == (before.title, before.unit, None)
    assert come_home(save_book(sheets), item) == [corrected]


@pytest.mark.parametrize(("source", "file_name"), FILES, ids=[name for _, name in FILES])
def test_an_untouched_workbook_corrects_nothing(tmp_path: Path, source: str, file_name: str) -> None:
    item = item_of(source, file_name)
    content = sent(tmp_path, item)
    assert come_home(content, item) == []
    assert come_home(save_book(read_book(content)), item) == []


def pick(source: str, reason: str = "") -> ReturnItem:
    for (of_source, file_name), rows in sorted(quarantine().items()):
        if of_source == source and (not reason or reason in {r[1] for r in rows}):
            return item_of(source, file_name)
    raise LookupError(source)


def test_encodings_and_untouched_lines_are_kept(tmp_path: Path) -> None:
    for source, start, encoding in (
        ("industry", b"", "gb18030"),
        ("electricity", b"\xef\xbb\xbf", "utf-8-sig"),
        ("patent", b"", "utf-8"),
    ):
        item = pick(source)
        content = sample_bytes(item.source, item.file_name)
        sheets = read_book(sent(tmp_path / source, item))
        data_sheet(sheets)[FIRST_DATA_ROW][OWN + 1] = "某某有限公司"
        (corrected,) = come_home(save_book(sheets), item)
        assert corrected.content.startswith(start)
        old = content.decode(encoding).splitlines(keepends=True)
        new = corrected.content.decode(encoding).splitlines(keepends=True)
        changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True), start=1) if a != b]
        assert changed == [item.rows[0][0]]


def test_json_values_keep_their_types(tmp_path: Path) -> None:
    item = pick("patent", "not_a_number")
    sheets = read_book(sent(tmp_path, item))
    row = next(r for r in data_sheet(sheets)[FIRST_DATA_ROW:] if r[2] == "pledge_amount_wan")
    header = list(item.header)
    row[OWN + header.index("pledge_amount_wan")] = "512.50"
    row[OWN + header.index("strategic_emerging")] = "是"
    row[OWN + header.index("town_code")] = "330521001"
    row[OWN + header.index("award")] = None
    (corrected,) = come_home(save_book(sheets), item)
    patent = json.loads(corrected.content.decode().split("\n")[int(row[0] or 0) - 1])
    assert patent["pledge_amount_wan"] == 512.5
    assert patent["strategic_emerging"] is True
    assert patent["town_code"] == "330521001"
    assert patent["award"] is None
    original = json.loads(sample_bytes("patent", item.file_name).decode().split("\n")[int(row[0] or 0) - 1])
    assert list(patent) == list(original)


def test_a_corrected_workbook_has_a_remark_in_place_of_its_total(tmp_path: Path) -> None:
    item = pick("tax")
    assert table_of("tax", sample_bytes("tax", item.file_name)).totals is not None
    sheets = read_book(sent(tmp_path, item))
    data_sheet(sheets)[FIRST_DATA_ROW][OWN] = "1"
    (corrected,) = come_home(save_book(sheets), item)
    old, new = (
        [row[0] for row in next(iter(read_book(content).values()))]
        for content in (sample_bytes("tax", item.file_name), corrected.content)
    )
    assert [b for a, b in zip(old, new, strict=True) if a in ("合计", "总计")] == [REMARK]


def test_parts_and_merged_headings_of_a_workbook_stay_as_delivered(tmp_path: Path) -> None:
    item = pick("tax")
    sheets = read_book(sent(tmp_path, item))
    data_sheet(sheets)[FIRST_DATA_ROW][OWN] = "1"
    (corrected,) = come_home(save_book(sheets), item)
    with (
        zipfile.ZipFile(io.BytesIO(sample_bytes("tax", item.file_name))) as old,
        zipfile.ZipFile(io.BytesIO(corrected.content)) as new,
    ):
        assert old.namelist() == new.namelist()
        differ = [name for name in old.namelist() if old.read(name) != new.read(name)]
        assert differ == ["xl/worksheets/sheet1.xml"]
        merged = re.compile(rb"<mergeCells.*</mergeCells>")
        assert merged.findall(old.read(differ[0])) == merged.findall(new.read(differ[0]))


def test_same_content_same_bytes_and_nothing_rewritten(tmp_path: Path) -> None:
    items = [pick("industry"), pick("rd")]
    (first,) = write_returns(items, tmp_path / "a")
    (second,) = write_returns(list(reversed(items)), tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    stamp = first.stat().st_mtime_ns
    write_returns(items, tmp_path / "a")
    assert first.stat().st_mtime_ns == stamp
    assert first.relative_to(tmp_path / "a") == Path("县统计局") / "退回_县统计局.xlsx"


def test_a_workbook_is_made_again_only_where_it_would_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(bureau: str, items: list[ReturnItem]) -> bytes:
        made.append(bureau)
        return workbook(bureau, items)

    workbook = outgoing._workbook
    monkeypatch.setattr(outgoing, "_workbook", counted)
    item = pick("industry")
    (path,) = write_returns([item], tmp_path)
    content = path.read_bytes()
    write_returns([item], tmp_path)
    assert made == ["县统计局"]

    path.write_bytes(content[:100])  # cut short, or written over by a clerk
    write_returns([item], tmp_path)
    assert path.read_bytes() == content
    path.unlink()
    write_returns([item], tmp_path)
    assert path.read_bytes() == content

    number, reason, column, cells = item.rows[0]
    changed = replace(item, rows=[(number, reason, column, ["改", *cells[1:]]), *item.rows[1:]])
    write_returns([changed], tmp_path)
    assert path.read_bytes() != content
    assert len(made) == 4


def test_one_workbook_a_bureau_and_none_where_nothing_is_left(tmp_path: Path) -> None:
    tax, industry = pick("tax"), pick("industry")
    tax = ReturnItem("县税务局", tax.source, tax.file_name, tax.delivery_id, tax.header, tax.rows)
    empty = ReturnItem("供电公司", "electricity", "工业用户电量_202001.csv", "e1", ["户号"], [])
    paths = write_returns([tax, industry, empty], tmp_path)
    assert [path.parent.name for path in paths] == ["县税务局", "县统计局"]
    assert write_returns([tax], tmp_path) == paths[:1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["县税务局"]
    assert write_returns([], tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_workbook_explains_itself_and_marks_the_cell(tmp_path: Path) -> None:
    item = pick("industry", "not_a_number")
    content = sent(tmp_path, item)
    sheets = read_book(content)
    assert next(iter(sheets)) == "退回说明"
    guide = [row[0] or "" for row in sheets["退回说明"]]
    assert any("raw/inbox" in line for line in guide) and item.file_name in guide
    row = data_sheet(sheets)[FIRST_DATA_ROW]
    number, reason, column, cells = item.rows[0]
    assert row[0] == str(number)
    assert row[1] is not None and "数字" in row[1] and reason in row[1]
    assert row[2] == column
    assert row[OWN:] == [restored(plain(cell)) or None for cell in cells]
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        comments = package.read("xl/comments1.xml").decode()
        assert column is not None
        letter = "ABCDEFGHIJKLMN"[OWN + list(item.header).index(column)]
        assert f'ref="{letter}{FIRST_DATA_ROW + 1}"' in comments


# ------------------------------------------------------------------------------------------ injection

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", "''-x", "＝1", '=HYPERLINK("http://x")']


def made_up(cells: list[str | None], header: list[str] | None = None) -> tuple[ReturnItem, bytes]:
    """A csv of one spoiled row, and the item that sends it back."""
    header = header or [f"列{i}" for i in range(len(cells))]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([header, ["first"] * len(cells), cells])
    item = ReturnItem("县统计局", "industry", "月报_202101.csv", "d1", header, [(3, "not_a_number", header[0], cells)])
    return item, text.getvalue().encode("gb18030")


def test_nothing_in_the_workbook_begins_like_a_formula(tmp_path: Path) -> None:
    item, content = made_up([*EVIL], header=[f"{evil}列{i}" for i, evil in enumerate(EVIL)])
    book = sent(tmp_path, item)
    for rows in read_book(book).values():
        for row in rows:
            for cell in row:
                assert not re.match(r"\s*[=+\-@＝]|[\t\r]", cell or "")
    with zipfile.ZipFile(io.BytesIO(book)) as package:
        for name in package.namelist():
            if name.startswith("xl/worksheets/sheet"):
                assert b"<f" not in package.read(name).replace(b"<formatPr", b"")
    assert corrected_files(book, lambda _: (item.file_name, content), next_name) == []


def test_apostrophes_come_off_and_what_stood_beside_stays(tmp_path: Path) -> None:
    item, content = made_up([*EVIL])
    sheets = read_book(sent(tmp_path, item))
    row = data_sheet(sheets)[FIRST_DATA_ROW]
    row[OWN + 2] = "'-2"
    row[OWN + 3] = "SUM"
    (corrected,) = corrected_files(save_book(sheets), lambda _: (item.file_name, content), next_name)
    records = list(csv.reader(io.StringIO(corrected.content.decode("gb18030"), newline="")))
    assert records[2] == [*EVIL[:2], "-2", "SUM", *EVIL[4:]]
    assert records[:2] == list(csv.reader(io.StringIO(content.decode("gb18030"), newline="")))[:2]


def test_an_apostrophe_that_the_spreadsheet_ate_is_no_change(tmp_path: Path) -> None:
    item, content = made_up([*EVIL])
    sheets = read_book(sent(tmp_path, item))
    row = data_sheet(sheets)[FIRST_DATA_ROW]
    row[OWN] = restored(row[OWN] or "")
    assert row[OWN] == "=1+1"
    assert corrected_files(save_book(sheets), lambda _: (item.file_name, content), next_name) == []


@given(st.text(max_size=20))
@example("'=1")
@example("''''-")
def test_restored_undoes_neutralised(text: str) -> None:
    assert restored(neutralised(text)) == text
    assert not re.match(r"\s*[=+\-@]", neutralised(text))


@settings(deadline=None, max_examples=50)  # each writes and reads a workbook
@given(
    st.lists(
        st.one_of(st.none(), st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"))),
        min_size=2,
        max_size=4,
    )
)
def test_whatever_the_cells_hold_sending_them_changes_nothing(cells: list[str | None]) -> None:
    item, content = made_up(cells)
    with tempfile.TemporaryDirectory() as folder:
        book = sent(Path(folder), item)
    assert is_return_workbook(book)
    assert corrected_files(book, lambda _: (item.file_name, content), next_name) == []


# ------------------------------------------------------------------------------- what a clerk may do


def touched() -> tuple[ReturnItem, bytes]:
    return made_up(["x", "12"])


def corrected_of(sheets: Book, content: bytes, item: ReturnItem) -> list[Corrected]:
    return corrected_files(save_book(sheets), lambda _: (item.file_name, content), next_name)


def test_sorted_deleted_and_annotated_lines_are_understood(tmp_path: Path) -> None:
    item = pick("electricity", "out_of_range")
    sheets = read_book(sent(tmp_path, item))
    rows = data_sheet(sheets)
    assert len(rows) - FIRST_DATA_ROW >= 2
    rows[FIRST_DATA_ROW:] = reversed(rows[FIRST_DATA_ROW:])
    mended_row = rows[-1]
    mended_row[OWN + 3] = "123"
    mended_row.append("已核实")  # a word beside the table
    del rows[FIRST_DATA_ROW]  # a line taken out: the row stays as it was
    (corrected,) = come_home(save_book(sheets), item)
    expected = cells_of(table_of("electricity", sample_bytes("electricity", item.file_name)))
    number = int(mended_row[0] or 0)
    expected[number] = (*expected[number][:3], "123")
    assert cells_of(table_of("electricity", corrected.content)) == expected


def test_a_sheet_copied_into_another_workbook_is_understood(tmp_path: Path) -> None:
    item, content = touched()
    sheets = read_book(sent(tmp_path, item))
    (name,) = [n for n in sheets if n.startswith("退回_")]
    sheets[name][FIRST_DATA_ROW][OWN] = "7"
    copied = save_book({"Sheet1": [["我的"]], name: sheets[name]})
    assert is_return_workbook(copied)
    assert len(corrected_files(copied, lambda _: (item.file_name, content), next_name)) == 1


def test_numbers_and_dates_typed_as_such(tmp_path: Path) -> None:
    item, content = touched()
    sheets = read_book(sent(tmp_path, item))
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    sheet.write_string(r, c, cell or "")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(FIRST_DATA_ROW, OWN, dt.datetime(2021, 3, 5), date)
        sheet.write_number(FIRST_DATA_ROW, OWN + 1, 1234.5)
    (corrected,) = corrected_files(target.getvalue(), lambda _: (item.file_name, content), next_name)
    assert corrected.content.decode("gb18030").splitlines()[2] == "2021-03-05,1234.5"


def test_only_files_that_were_touched_are_corrected(tmp_path: Path) -> None:
    items = [pick("industry", "not_a_number"), pick("rd")]
    sheets = read_book(sent(tmp_path, *items))
    sheets["退回_" + items[1].file_name.removesuffix(".csv")][FIRST_DATA_ROW][OWN + 1] = "改"
    assert [c.source for c in come_home(save_book(sheets), *items)] == ["rd"]


def test_broken_and_foreign_workbooks_are_not_return_workbooks(tmp_path: Path) -> None:
    whole = sent(tmp_path, touched()[0])
    assert is_return_workbook(whole)
    assert not is_return_workbook(whole[: len(whole) // 2])
    assert not is_return_workbook(b"")
    assert not is_return_workbook(b"PK\x03\x04 not a zip")
    assert not is_return_workbook(sample_bytes("tax", "企业入库税收_202103.xlsx"))
    assert not is_return_workbook(save_book({"退回_表": [["ordinary"]]}))
    with pytest.raises(ReturnError, match="打不开"):
        corrected_files(whole[: len(whole) // 2], originals(), next_name)
    with pytest.raises(ReturnError, match="没有退回的工作表"):
        corrected_files(save_book({"退回_表": [["ordinary"]]}), originals(), next_name)


def spoil_heading(rows: list[list[str | None]]) -> None:
    rows[2][OWN] = "别的列"


def insert_column(rows: list[list[str | None]]) -> None:
    for row in rows[2:]:
        row.insert(OWN, "新")


def change_row_number(rows: list[list[str | None]]) -> None:
    rows[3][0] = "9"


def add_row(rows: list[list[str | None]]) -> None:
    rows.append(["12", "", "", "", "新行", "1"])


def copy_row(rows: list[list[str | None]]) -> None:
    rows.append(list(rows[3]))


def escape_path(rows: list[list[str | None]]) -> None:
    rows[0][1] = "../../etc"


def lose_fingerprint(rows: list[list[str | None]]) -> None:
    rows[3][3] = None


@pytest.mark.parametrize(
    ("spoil", "cell"),
    [
        (spoil_heading, "A3"),
        (insert_column, "A3"),
        (change_row_number, "A4"),
        (add_row, "A5"),
        (copy_row, "A5"),
        (escape_path, "B1"),
        (lose_fingerprint, "A4"),
    ],
)
def test_errors_name_sheet_and_cell(tmp_path: Path, spoil: Callable[[list[list[str | None]]], None], cell: str) -> None:
    item, content = touched()
    sheets = read_book(sent(tmp_path, item))
    data_sheet(sheets)[3][OWN] = "7"
    spoil(data_sheet(sheets))
    with pytest.raises(ReturnError, match=rf"退回_月报_202101.*{cell}\b"):
        corrected_of(sheets, content, item)


def test_a_formula_error_is_named(tmp_path: Path) -> None:
    item, content = touched()
    sheets = read_book(sent(tmp_path, item))
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    sheet.write_string(r, c, cell or "")
        sheet.write_formula(FIRST_DATA_ROW, OWN + 1, "=1/0", None, "#DIV/0!")
    with pytest.raises(ReturnError, match="单元格 F4"):
        corrected_files(target.getvalue(), lambda _: (item.file_name, content), next_name)


def test_a_delivery_no_longer_in_force_is_named(tmp_path: Path) -> None:
    item, _ = touched()
    sheets = read_book(sent(tmp_path, item))
    data_sheet(sheets)[3][OWN] = "7"
    with pytest.raises(ReturnError, match=r"已被新的文件取代"):
        corrected_files(save_book(sheets), originals(), next_name)


def test_the_same_file_twice_is_named(tmp_path: Path) -> None:
    item, content = touched()
    sheets = read_book(sent(tmp_path, item))
    sheets["退回_再来"] = data_sheet(sheets)
    with pytest.raises(ReturnError, match="两份"):
        corrected_of(sheets, content, item)


def test_an_archive_that_does_not_hold_the_row(tmp_path: Path) -> None:
    item, content = touched()
    sheets = read_book(sent(tmp_path, item))
    data_sheet(sheets)[3][OWN] = "7"
    with pytest.raises(ReturnError, match="第 3 行"):
        corrected_of(sheets, content.splitlines(keepends=True)[0], item)


# ---------------------------------------------------------------------------------------------- limits


def test_many_and_long_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_ROWS", 2)
    monkeypatch.setattr(outgoing, "MAX_SHEETS", 1)
    long = "长" * 40_000
    rows = [(n, "not_a_number", "甲", [long, str(n)]) for n in (4, 3, 2)]
    items = [ReturnItem("局", "industry", f"报_{n}.csv", f"d{n}", ["甲", "乙"], rows) for n in (1, 2)]
    book = sent(tmp_path, *items)
    sheets = read_book(book)
    assert [row[0] for row in data_sheet(sheets)[FIRST_DATA_ROW:]] == ["2", "3"]
    listed = {row[0]: row[2:4] for row in sheets["退回说明"] if row[0] in ("报_1.csv", "报_2.csv")}
    assert listed == {"报_1.csv": ["3", "2"], "报_2.csv": ["3", "0"]}
    assert corrected_files(book, lambda _: ("报_1.csv", b""), next_name) == []


def test_sheet_names_are_safe_and_unique(tmp_path: Path) -> None:
    stem = "特别长的文件名" * 6
    names = [f"{stem}{n}.csv" for n in range(12)] + ["a[b]:c*d?.csv", "A_b__c_d_.csv"]
    items = [ReturnItem("局", "industry", n, f"d{i}", ["甲"], [(2, "x", None, ["1"])]) for i, n in enumerate(names)]
    sheets = list(read_book(sent(tmp_path, *items)))
    assert len({name.casefold() for name in sheets}) == len(names) + 1
    assert max(map(len, sheets)) <= 31


def test_a_bureau_cannot_name_another_folder(tmp_path: Path) -> None:
    item, _ = touched()
    item = ReturnItem("../../外面", item.source, item.file_name, item.delivery_id, item.header, item.rows)
    (path,) = write_returns([item], tmp_path / "returns")
    assert path.parent.parent == tmp_path / "returns"


# ------------------------------------------------------------------- workbooks of other programs


def other_program(sheet_xml: str) -> bytes:
    """A package as another program writes it: prefixed names, a hidden sheet first, a calculation chain."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/calcChain.xml" ContentType="application/calcChain+xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/workbook.xml",
            '<x:workbook xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><x:sheets>'
            '<x:sheet name="草稿" sheetId="1" state="hidden" r:id="a"/><x:sheet name="表" sheetId="2" r:id="b"/>'
            "</x:sheets></x:workbook>",
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            + "".join(
                f'<Relationship Id="{i}" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
                f'relationships/{kind}" Target="{part}"/>'
                for i, kind, part in (
                    ("a", "worksheet", "worksheets/one.xml"),
                    ("b", "worksheet", "/xl/worksheets/two.xml"),
                    ("c", "calcChain", "calcChain.xml"),
                )
            )
            + "</Relationships>",
        )
        package.writestr("xl/calcChain.xml", "<calcChain/>")
        for name, xml in (("one", "<x:row r='1'/>"), ("two", sheet_xml)):
            package.writestr(
                f"xl/worksheets/{name}.xml",
                '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
                f"{xml}</x:sheetData></x:worksheet>",
            )
    return target.getvalue()


def inline(ref: str, text: str) -> str:
    return f'<x:c r="{ref}" t="inlineStr"><x:is><x:t>{text}</x:t></x:is></x:c>'


def test_prefixes_offset_columns_formulas_and_second_totals() -> None:
    content = other_program(
        '<x:row r="1"><x:c r="A1" s="2"/>' + inline("B1", "题") + "</x:row>"
        '<x:row r="3">' + inline("B3", "名") + inline("C3", "数") + "</x:row>"
        '<x:row r="4" ht="15">' + inline("B4", "甲") + '<x:c r="C4"><x:v>1.10</x:v></x:c></x:row>'
        '<x:row r="5">' + inline("B5", "乙") + '<x:c r="C5" s="7"><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>'
        '<x:row r="6">' + inline("B6", "丙") + "</x:row>"
        '<x:row r="7">' + inline("B7", "合 计") + '<x:c r="C7"><x:f>SUM(C4:C6)</x:f><x:v>3</x:v></x:c></x:row>'
        '<x:row r="8">' + inline("B8", "总计") + "</x:row>"
    )
    fixed = mended("表.xlsx", content, {5: Mend({1: "8"}), 6: Mend({}, dropped=True)}, ["名", "数"])
    rows = read_book(fixed)["表"]
    assert rows == [
        ["题", None],
        [None, None],
        ["名", "数"],
        ["甲", "1.1"],
        ["乙", "8"],
        [None, None],
        [REMARK, None],
    ]
    with zipfile.ZipFile(io.BytesIO(fixed)) as package:
        assert "xl/calcChain.xml" not in package.namelist()
        assert b"calcChain" not in package.read("[Content_Types].xml")
        xml = package.read("xl/worksheets/two.xml").decode()
    assert '<x:row r="4" ht="15">' in xml and "<x:v>1.10</x:v>" in xml
    assert '<x:c r="C5" s="7" t="inlineStr">' in xml


def test_entities_are_refused() -> None:
    content = other_program("")
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, b'<!DOCTYPE x [<!ENTITY a "b">]>' + data if name == "xl/workbook.xml" else data)
    assert not is_return_workbook(target.getvalue())
    with pytest.raises(ValueError, match="document type"):
        mended("表.xlsx", target.getvalue(), {4: Mend({0: "x"})}, ["名"])


def test_csv_rows_with_line_breaks_and_too_many_fields() -> None:
    content = '名,数\r\n"甲\n一",1\r\n乙,1,234\r\n\r\n丙,3'.encode("utf-8-sig")
    fixed = mended("表.csv", content, {3: Mend({1: "1,234"}), 5: Mend({}, dropped=True)}, ["名", "数"])
    assert fixed == '名,数\r\n"甲\n一",1\r\n乙,"1,234"\r\n\r\n\n'.encode("utf-8-sig")


def test_row_numbers_are_the_readers(tmp_path: Path) -> None:
    """A csv with an empty line and a field over two lines: our row numbers are those of the intake's reader."""
    industry = load_contracts()["industry"]
    header = [column.header for column in industry.columns]
    lines = [header, [], [*["甲\n一"], *["1"] * (len(header) - 1)], [*["乙"], *["2"] * (len(header) - 1)]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    content = text.getvalue().encode("gb18030")
    before = cells_of(read_table(content, industry))
    last = max(before)
    assert before[last][0] == "乙"
    after = cells_of(read_table(mended("a.csv", content, {last: Mend({0: "丁"})}, header), industry))
    assert after == {**before, last: ("丁", *before[last][1:])}
    dropped = cells_of(read_table(mended("a.csv", content, {3: Mend({}, dropped=True)}, header), industry))
    assert dropped == {last: before[last]}


def test_other_kinds_of_files_are_named() -> None:
    with pytest.raises(ValueError, match=r"\.sqlite"):
        mended("项目库_20211231.sqlite", b"", {1: Mend({0: "x"})}, ["a"])
