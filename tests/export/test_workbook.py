"""The workbook of a quarter, read back: its figures and marks, what is frozen, that nothing in it computes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.export.public import open_public
from pipelines.export.workbook import MISSING, SUPPRESSED, quarters
from pipelines.export.write import write_exports
from tests.export.conftest import CONTENT_HASH
from tests.export.conftest import SUPPRESSED as CELLS

SHEETS = [
    "说明 Notes",
    "目标进度 Targets",
    "全县 County",
    "乡镇 Towns",
    "平台 Platforms",
    "行业 Industries",
    "定义 Definitions",
]


@pytest.fixture(scope="module")
def book(exported: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(exported / "excel" / "2021Q2.xlsx")


def table(sheet: Worksheet) -> Iterator[dict[str, object]]:
    """Rows by the Chinese half of their headings; the mark beside a month by `<month>标记`."""
    headings = [str(cell.value).partition("\n")[0] for cell in sheet[1]]
    for n, heading in enumerate(headings):
        if heading == "标记":
            headings[n] = headings[n - 1] + heading
    for row in sheet.iter_rows(min_row=2, values_only=True):
        yield dict(zip(headings, row, strict=True))


def test_there_is_one_for_every_quarter_of_the_plan_with_figures(public, exported) -> None:
    names = sorted(path.stem for path in (exported / "excel").iterdir())
    assert names == ["2021Q1", "2021Q2", "2021Q3", "2021Q4"]
    with open_public(public) as con:
        assert quarters(con)["2021Q2"] == ["2021-04", "2021-05", "2021-06"]


def test_every_sheet_is_frozen_filtered_and_fit_to_print(book) -> None:
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet.freeze_panes is not None and sheet.freeze_panes.endswith("2"), sheet.title
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.fitToHeight == 0 and sheet.sheet_properties.pageSetUpPr.fitToPage
        for cell in sheet[1]:
            chinese, _, english = cell.value.partition("\n")
            assert chinese and english.isascii(), cell.value
            assert sheet.column_dimensions[cell.column_letter].width > 5


def test_county_values_are_those_of_the_public_file(public, book) -> None:
    with duckdb.connect(str(public), read_only=True) as con:
        expected = {
            (i, p): v
            for i, p, v in con.execute(
                "select indicator_id, period, value from marts.indicator_value "
                "where breakdown = 'county' and period between '2021-04' and '2021-06'"
            ).fetchall()
        }
    found = {
        (row["编号"], month): row[month]
        for row in table(book["全县 County"])
        for month in ("2021-04", "2021-05", "2021-06")
    }
    assert {cell: value for cell, value in found.items() if cell in expected} == {
        cell: MISSING if value is None else pytest.approx(value, rel=1e-15) for cell, value in expected.items()
    }
    assert len(expected) > 150


def test_areas_and_ranks_are_those_of_the_public_file_and_suppressed_cells_are_marked(public, book) -> None:
    rows = {(row["编号"], row["代码"]): row for row in table(book["乡镇 Towns"])}
    with duckdb.connect(str(public), read_only=True) as con:
        ranks = con.execute(
            "select indicator_id, breakdown_code, rank, value, conf_status from marts.area_ranking "
            "where breakdown = 'town' and period = '2021-06'"
        ).fetchall()
    assert len(ranks) > 30
    for indicator, code, rank, value, conf in ranks:
        row = rows[indicator, code]
        assert row["名次 2021-06"] == (SUPPRESSED if conf != "F" else rank)
        assert row["2021-06"] == (SUPPRESSED if conf != "F" else MISSING if value is None else pytest.approx(value))
    for indicator, month, breakdown, code, _ in CELLS:
        sheet = {"town": "乡镇 Towns", "industry": "行业 Industries"}[breakdown]
        row = next(row for row in table(book[sheet]) if (row["编号"], row["代码"]) == (indicator, code))
        assert row[month] == SUPPRESSED and row[f"{month}标记"] is None


def test_figures_of_the_latest_year_are_marked_provisional_and_estimates_as_such(public, book) -> None:
    rows = list(table(book["行业 Industries"]))
    marks = {(row["编号"], row["代码"]): row["2021-05标记"] for row in rows if row["2021-05"] is not None}
    with duckdb.connect(str(public), read_only=True) as con:
        estimated = con.execute(
            "select indicator_id, breakdown_code from marts.indicator_value where breakdown = 'industry' "
            "and period = '2021-05' and estimated_share > 0 and value is not null"
        ).fetchall()
    assert estimated
    assert {cell for cell, mark in marks.items() if mark == "E"} == set(estimated)
    assert {mark for cell, mark in marks.items() if cell not in estimated and cell[0] != "composite"} == {"P", None}
    assert [cell for cell, mark in marks.items() if mark is None and cell[0] != "composite"] == [
        (indicator, code)
        for indicator, month, breakdown, code, _ in CELLS
        if (month, breakdown) == ("2021-05", "industry")
    ]


def test_targets_stand_with_verdict_unit_and_lead_unit(public, book) -> None:
    rows = {row["编号"]: row for row in table(book["目标进度 Targets"])}
    with duckdb.connect(str(public), read_only=True) as con:
        expected = con.execute(
            "select p.target_id, p.value, p.target_value, p.achieved_share, p.elapsed_share, p.light, "
            "i.unit, i.lead_unit from marts.indicator_progress as p join marts.indicator as i using (target_id) "
            "where period = '2021-06'"
        ).fetchall()
    assert len(expected) > 50
    for target, value, asked, achieved, elapsed, light, unit, lead in expected:
        row = rows[target]
        assert row["月份"] == "2021-06"
        assert row["数值"] == (MISSING if value is None else pytest.approx(value))
        for heading, share in (("目标值", asked), ("完成率", achieved), ("时序进度", elapsed)):
            assert row[heading] == (None if share is None else pytest.approx(share)), (target, heading)
        assert (row["单位"], row["牵头单位"], row["灯"].split()[1]) == (unit, lead, light)
    sheet = book["目标进度 Targets"]
    formats = {sheet.cell(n, 10).number_format for n in range(2, sheet.max_row + 1)}
    assert "0.0%" in formats


def test_every_registry_row_is_defined(public, book) -> None:
    rows = list(table(book["定义 Definitions"]))
    assert len(rows) == 83
    row = next(row for row in rows if row["编号"] == "tax_per_mu_above_scale")
    assert row["方案原文"] == "全县规上工业亩均税收达到39.8万元" and row["单位"] == "万元/亩"
    assert "实际用地" in row["口径"] and row["口径（英文）"].startswith("Above-scale register")


def test_the_notes_explain_marks_and_name_the_content(book) -> None:
    text = "\n".join(str(cell) for row in book["说明 Notes"].iter_rows(values_only=True) for cell in row)
    for word in (CONTENT_HASH, "2021-12", SUPPRESSED, MISSING, "初步数", "Provisional", "德清县", "licence"):
        assert word in text


def test_nothing_computes_or_links_and_the_time_is_of_the_content(public, tmp_path) -> None:
    spoiled = tmp_path / "public.duckdb"
    spoiled.write_bytes(public.read_bytes())
    attacks = ['=HYPERLINK("http://x")', "+1", "-2+3", "@SUM(A1)", "http://example.org", "＝1"]
    with duckdb.connect(str(spoiled)) as con:
        towns = con.execute("select breakdown_code from marts.dimension where breakdown = 'town'").fetchall()
        for (code,), attack in zip(towns, attacks, strict=False):
            con.execute("update marts.dimension set name_zh = ? where breakdown_code = ?", [attack, code])
    write_exports(spoiled, tmp_path, CONTENT_HASH, ["excel"])
    path = tmp_path / "excel" / "2021Q4.xlsx"
    book = openpyxl.load_workbook(path)
    seen = set()
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n") and cell.hyperlink is None, cell.coordinate
                if isinstance(cell.value, str) and cell.value in attacks:
                    seen.add(cell.value)
                    assert cell.quotePrefix == (not cell.value.startswith("http"))
    assert len(seen) >= 3
    assert book.properties.created.isoformat() == "2021-12-31T00:00:00"
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]
