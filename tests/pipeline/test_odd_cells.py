"""Cells no contract foresees (a misspelt category, an empty key, a negative sum) are kept, noted, and stop no night."""

from __future__ import annotations

import shutil

import duckdb
import openpyxl

from pipelines.home import Home
from pipelines.release import current_release
from tests.nights import SAMPLE, Nightly

# file → heading → what the clerk wrote into the first rows
ODD = {
    "land_transfer/土地出让台账_2021": {"是否标准地": ["是的"], "盘活存量": ["不"], "用途": [None], "合同编号": [None]},
    "remediation/高耗低效企业整治台账_202112_更正1": {
        "状态": ["整治", None],
        "整治方式": [None, "其它"],
        "列入日期": [None],
    },
    "title/企业资质名单_2021": {"认定日期": [None, None], "资质名称": [None], "所属平台": ["xx"]},
    "achievement/成果台账_2021Q2": {"数量": [-5, 2.5, None], "指标编号": [None, None, "no_such"]},
    "achievement/成果台账_2021Q4": {"数量": [-5, 2.5, -7, -9, -3, -100]},
    "land/工业用地宗地台账_2021": {"取得方式": ["自有?", None], "乡镇": ["火星"], "老旧园区": ["园"]},
    "register/规上工业企业名录_2021": {
        "高新技术产业": ["?"],
        "投产日期": ["坏"],
        "行业代码": ["99"],
        "乡镇代码": ["999"],
    },
}
FIRST_DATA_ROW = 6


def spoil(path, cells) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headings = {
        cell.value.strip(): cell.column
        for row in sheet.iter_rows(min_row=2, max_row=5)
        for cell in row
        if isinstance(cell.value, str)
    }
    for heading, values in cells.items():
        column = next(c for name, c in headings.items() if name.startswith(heading))
        for n, value in enumerate(values):
            sheet.cell(row=FIRST_DATA_ROW + 2 * n, column=column).value = value
    book.save(path)


def test_odd_cells_stop_no_night(tmp_path) -> None:
    home = Home(tmp_path)
    shutil.copytree(SAMPLE / "inbox", home.inbox)
    for name, cells in ODD.items():
        spoil(home.inbox / f"{name}.xlsx", cells)
    code, screen = Nightly(home).run()
    assert code == 0, screen
    assert "not_null_stg_land_transfer_contract_no (1 rows)" in screen
    release = current_release(home)
    with duckdb.connect(str(release.tables), read_only=True) as con:
        notes = con.execute(
            "select distinct source, column_name from audit.cell_note where reason = 'unknown_value' order by all"
        ).fetchall()
    assert ("land_transfer", "是否标准地") in notes and ("remediation", "状态") in notes
