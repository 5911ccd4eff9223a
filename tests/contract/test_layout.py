"""How a workbook and a csv are laid out, and why a file is refused whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.contracts import load_contracts
from pipelines.intake.parse import parse
from pipelines.intake.readers import MAX_FILE_BYTES, read_table
from pipelines.intake.refusal import Refused
from tests.contract.forms import code, tax, workbook

TAX = load_contracts()["tax"]
INDUSTRY = load_contracts()["industry"]
POPULATION = load_contracts()["population"]
ROWS = [[code(1), "甲", 1.5, 4], [code(2), "乙", 2, "1,000.5"]]


def refusal(content: bytes, contract, period="2021-03") -> Refused:
    with pytest.raises(Refused) as caught:
        parse(content, contract, period)
    return caught.value


def ytd(parsed) -> list[Decimal | None]:
    return parsed.tables[""].get_column("tax_ytd").to_list()


def test_one_or_two_heading_rows_and_any_order_of_columns_read_the_same():
    two = parse(tax(ROWS), TAX, "2021-03")
    one = parse(
        workbook(
            [
                ["德清县2021年3月企业入库税收明细表"],
                ["填报日期:2024年2月6日  单位：万元"],
                ["序号", "税收/本年累计", "纳税人名称", "税收/本月", "统一社会信用代码"],
                *[[i, r[3], r[1], r[2], r[0]] for i, r in enumerate(ROWS, start=1)],
            ],
            hidden=[["草稿"], ["x"], ["y"]],
        ),
        TAX,
        "2021-03",
    )
    assert ytd(two) == ytd(one) == [4, Decimal("1000.5")]
    assert two.code_header == "纳税人识别号" and one.code_header == "统一社会信用代码"
    assert two.money_unit == one.money_unit == "万元"
    assert two.tables[""].get_column("row_number").to_list() == [5, 6]
    assert one.tables[""].get_column("row_number").to_list() == [4, 5]
    assert one.extra_columns == ("序号",)


def test_subtotals_totals_notes_and_blank_rows_are_not_data_but_count_as_rows_of_the_sheet():
    rows = [ROWS[0], ["小计", None, 1.5, 4], [None, None, None, None], ROWS[1]]
    tail = [["合计", None, 3.5, 1004.5], ["注:以年报为准"], ["垃圾", "垃圾", 9, 9]]
    parsed = parse(tax(rows, tail=tail), TAX, "2021-03")
    assert parsed.tables[""].get_column("row_number").to_list() == [5, 8]


@pytest.mark.parametrize("first", ["注塑制品厂", "备注公司", "合计科技有限公司"])
def test_an_enterprise_whose_name_begins_like_a_note_is_data(first):
    rows = [[first, code(1), 1, 1], ["乙", code(2), 2, 2]]
    content = workbook(
        [["2021年3月"], ["单位:元"], ["纳税人名称", "纳税人识别号", "税收/本月", "税收/本年累计"], *rows]
    )
    assert parse(content, TAX, "2021-03").tables[""].height == 2


def test_refused_unreadable():
    assert refusal(b"PK\x03\x04 cut short", TAX).reason == "unreadable"
    assert refusal(b"<html><table></table></html>", TAX).reason == "unreadable"
    assert refusal(b"\xff\xfe\x00\xd8\xff", INDUSTRY).reason == "unreadable"
    assert refusal(tax(ROWS)[:700], TAX).reason == "unreadable"
    assert refusal(b"x" * (MAX_FILE_BYTES + 1), TAX).reason == "unreadable"


def test_refused_schema_mismatch_names_the_columns():
    content = workbook([["2021年3月"], ["单位:元"], ["纳税人识别号", "纳税人名称"], [code(1), "甲"]])
    error = refusal(content, TAX)
    assert error.reason == "schema_mismatch" and "税收/本月、税收/本年累计" in error.detail


@pytest.mark.parametrize("title", ["德清县2021年2月企业入库税收明细表", "德清县２０２０年3月企业入库税收明细表"])
def test_refused_period_mismatch(title):
    assert refusal(tax(ROWS, title=title), TAX).reason == "period_mismatch"


def test_a_title_without_a_date_contradicts_nothing():
    assert parse(tax(ROWS, title="企业入库税收明细表"), TAX, "2021-03").tables[""].height == 2


@pytest.mark.parametrize("unit", ["单位:万美元", "填报日期:2024年2月6日", "单位:"])
def test_refused_unit_unknown(unit):
    assert refusal(tax(ROWS, unit=unit), TAX).reason == "unit_unknown"


@pytest.mark.parametrize(("total", "refused"), [(1004.5, False), (1005.5, False), (1005.6, True), (0, True)])
def test_a_control_total_may_differ_by_one_per_mille(total, refused):
    content = tax(ROWS, tail=[["合计", None, 3.5, total]])
    if refused:
        assert refusal(content, TAX).reason == "control_total_mismatch"
    else:
        assert parse(content, TAX, "2021-03").tables[""].height == 2


def test_the_control_total_counts_rows_that_will_be_quarantined_where_they_hold_a_number():
    rows = [*ROWS, ["坏代码", "丙", "见附件", 10]]
    parse(tax(rows, tail=[["总计", None, 3.5, 1014.5]]), TAX, "2021-03")
    assert refusal(tax(rows, tail=[["总计", None, 3.5, 1004.5]]), TAX).reason == "control_total_mismatch"


def test_refused_empty():
    assert refusal(tax([]), TAX).reason == "empty"
    assert refusal("乡镇代码,乡镇名称,年末常住人口(人)\n".encode("utf-8-sig"), POPULATION, "2021").reason == "empty"
    assert refusal(b"", POPULATION, "2021").reason == "empty"


def test_a_csv_in_gb18030_keeps_its_line_numbers():
    text = "统一社会信用代码,单位详细名称,工业总产值(千元),工业增加值(千元),营业收入(千元),平均用工人数(人)\n"
    text += f'{code(1)},甲,"1,234.5",10,20,5\n\n{code(2)},乙,1,2,3\n'
    parsed = parse(text.encode("gb18030"), INDUSTRY, "2021-03")
    frame = parsed.tables[""]
    assert frame.get_column("row_number").to_list() == [2, 4]
    assert frame.get_column("output_value_kcny").to_list() == [Decimal("1234.5"), 1]
    assert frame.get_column("staff_avg").to_list() == [5, None]
    assert frame.get_column("profit_kcny").to_list() == [None, None]


def test_a_csv_row_with_too_many_fields_is_not_read_as_something_else():
    text = "乡镇代码,乡镇名称,年末常住人口(人)\n330521001,武康街道,1,234\n330521002,舞阳街道,5\n"
    frame = parse(text.encode(), POPULATION, "2021").tables[""]
    assert frame.get_column("bad_reason").to_list() == ["not_a_number", None]


def test_an_error_cell_is_an_error_and_not_unknown():
    rows = [[code(1), "甲", 1, "=1/0"], ROWS[1]]
    grid = [["2021年3月"], ["单位:元"], ["纳税人识别号", "纳税人名称", "税收/本月", "税收/本年累计"], *rows]
    import io

    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    for r, row in enumerate(grid):
        for c, cell in enumerate(row):
            if cell == "=1/0":
                sheet.write_formula(r, c, cell, None, "#DIV/0!")
            else:
                sheet.write(r, c, cell)
    book.close()
    frame = parse(buffer.getvalue(), TAX, "2021-03").tables[""]
    assert frame.get_column("bad_reason").to_list() == ["not_a_number", None]
    assert frame.get_column("bad_column").to_list() == ["税收/本年累计", None]


def test_an_unknown_unit_of_area_is_no_number_and_the_register_keeps_a_row_with_a_bad_date():
    land = load_contracts()["land"]
    grid = [
        ["2021年"],
        ["单位:见表头"],
        ["宗地编号", "使用权人代码", "使用权人名称", "乡镇", "登记面积", "面积单位", "取得方式", "建筑面积(平方米)"],
        ["1", code(1), "甲", "新市", 2, "英亩", "自有", 1],
        ["2", code(1), "甲", "新市", -2, "亩", "自有", 1],
    ]
    frame = parse(workbook(grid), land, "2021").tables[""]
    assert frame.get_column("bad_reason").to_list() == ["not_a_number", "out_of_range"]
    assert frame.get_column("bad_column").to_list() == ["面积单位", "登记面积"]


def test_the_reader_sees_only_the_first_visible_sheet():
    assert read_table(tax(ROWS), TAX).sheet == "Sheet1"
