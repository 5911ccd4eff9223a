"""Whole intakes of small inboxes: row outcomes, corrections, refusals, what is archived and what is done twice."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from pipelines.home import Home
from pipelines.intake import run as run_module
from pipelines.intake.run import IntakeReport, take_in
from tests.contract.forms import code, register, tax, workbook

NOW = datetime(2022, 1, 5, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def drop(home: Home, source: str, name: str, content: bytes) -> None:
    (home.inbox / source).mkdir(parents=True, exist_ok=True)
    (home.inbox / source / name).write_bytes(content)


def take(home: Home) -> IntakeReport:
    report = take_in(home, now=NOW)
    for delivery in report.deliveries:
        if delivery.rows_read is not None:
            parts = (delivery.rows_accepted, delivery.rows_quarantined, delivery.rows_duplicate)
            assert delivery.rows_read == sum(part or 0 for part in parts)
    return report


def by_name(report: IntakeReport) -> dict[str, object]:
    return {d.file_name: d for d in report.deliveries}


def rows(report: IntakeReport, file_name: str) -> list[tuple[object, ...]]:
    delivery = by_name(report)[file_name]
    frame = pl.read_parquet(delivery.judged / "rows.parquet")
    return frame.select("row_number", "outcome", "enterprise_code").rows()


def test_how_a_row_finds_its_enterprise_and_what_happens_to_it(home):
    old, new = code(90), code(9)
    drop(
        home,
        "register",
        "规上工业企业名录_2021.xlsx",
        register(
            [(code(1), "甲(浙江)机械"), (code(2), "乙电气"), (code(3), "同名厂"), (code(4), "同名厂"), (new, "新名厂")],
            former={new: ("旧名厂、更旧名厂", old)},
        ),
    )
    spoiled = code(2)[:-1] + ("0" if code(2)[-1] != "0" else "1")
    drop(
        home,
        "tax",
        "企业入库税收_202103.xlsx",
        tax(
            [
                [code(1).replace("0", "O").lower(), "随便", 1, 1],  # 5 repaired code
                [spoiled, "乙 电气（重点）", 2, 2],  # 6 by name
                [None, "同名厂", 3, 3],  # 7 several hits
                [spoiled, "无此企业", "坏", 4],  # 8 unknown comes before the bad cell
                [code(50), "规下企业", 5, 5],  # 9 outside the register
                [old, "旧名厂", 6, 6],  # 10 former code
                [None, "更旧名厂", 6, 6],  # 11 the same enterprise and facts again
                [code(3), "同名厂", "坏", 7],  # 12 not a number
                [code(4), "同名厂", 8, 8],  # 13 conflicts with 14
                [code(4), "同名厂", 8, 9],  # 14
            ]
        ),
    )
    report = take(home)
    assert rows(report, "企业入库税收_202103.xlsx") == [
        (5, "accepted", code(1)),
        (6, "accepted", code(2)),
        (7, "unknown_enterprise", None),
        (8, "unknown_enterprise", None),
        (9, "accepted", code(50)),
        (10, "accepted", new),
        (11, "duplicate", new),
        (12, "not_a_number", code(3)),
        (13, "conflicting_duplicate", code(4)),
        (14, "conflicting_duplicate", code(4)),
    ]
    delivery = by_name(report)["企业入库税收_202103.xlsx"]
    quarantined = pl.read_parquet(delivery.judged / "quarantined.parquet")
    assert quarantined.select("row_number", "column_name").rows() == [
        (7, "纳税人识别号"),
        (8, "纳税人识别号"),
        (12, "税收/本月"),
        (13, None),
        (14, None),
    ]
    assert json.loads(quarantined["cells"][2]) == {
        "纳税人识别号": code(3),
        "纳税人名称": "同名厂",
        "税收/本月": "坏",
        "税收/本年累计": "7",
    }


def test_a_register_row_with_a_bad_cell_stays_and_one_with_a_bad_code_does_not(home):
    content = register([(code(1), "甲"), ("91330521XX", "乙")])
    drop(home, "register", "规上工业企业名录_2021.xlsx", content)
    report = take(home)
    assert [r[1] for r in rows(report, "规上工业企业名录_2021.xlsx")] == ["accepted", "unknown_enterprise"]


def test_the_highest_correction_that_is_not_refused_replaces_the_period(home):
    good, better = tax([[code(1), "甲", 1, 1]]), tax([[code(1), "甲", 2, 2]])
    drop(home, "tax", "企业入库税收_202103.xlsx", good)
    drop(home, "tax", "企业入库税收_202103_更正2.xlsx", better)
    drop(home, "tax", "企业入库税收_202103_更正10.xlsx", better[:500])
    found = {name: (d.status, d.reason, d.in_force) for name, d in by_name(take(home)).items()}
    assert found == {
        "企业入库税收_202103.xlsx": ("superseded", None, False),
        "企业入库税收_202103_更正2.xlsx": ("accepted", None, True),
        "企业入库税收_202103_更正10.xlsx": ("refused", "unreadable", False),
    }


def test_one_bad_file_never_stops_the_others_and_foreign_files_are_named(home):
    drop(home, "tax", "企业入库税收_202103.xlsx", b"nonsense")
    drop(home, "tax", "企业入库税收_202113.xlsx", tax([[code(1), "甲", 1, 1]]))
    drop(home, "tax", "~$企业入库税收_202103.xlsx", b"")
    drop(home, "weather", "x.csv", b"1")
    drop(home, "population", "常住人口_2021.csv", "乡镇代码,乡镇名称,年末常住人口(人)\n330521001,武康,5\n".encode())
    report = take(home)
    found = {name: (d.status, d.reason) for name, d in by_name(report).items()}
    assert found == {
        "企业入库税收_202103.xlsx": ("refused", "unreadable"),
        "企业入库税收_202113.xlsx": ("refused", "unrecognised_name"),
        "常住人口_2021.csv": ("accepted", None),
    }
    assert len(report.ignored) == 1 and report.ignored[0].startswith("weather/x.csv")


def test_unchanged_bytes_are_not_parsed_again_and_the_archive_never_forgets(home):
    drop(home, "tax", "企业入库税收_202103.xlsx", tax([[code(1), "甲", 1, 1]]))
    first = take(home)
    again = take(home)
    assert (len(first.new), first.parsed, first.judged) == (1, 1, 1)
    assert (again.new, again.parsed, again.judged) == ([], 0, 0)
    shutil.rmtree(home.inbox)
    assert [d.delivery_id for d in take(home).deliveries] == [d.delivery_id for d in first.deliveries]


def test_a_file_sent_again_under_its_name_holds_and_the_first_may_come_back(home):
    name, one, two = "企业入库税收_202103.xlsx", tax([[code(1), "甲", 1, 1]]), tax([[code(1), "甲", 2, 2]])
    current = []
    for content in (one, two, one):
        drop(home, "tax", name, content)
        current.append([d.sha256 for d in take(home).deliveries if d.in_force])
    assert len(current[0]) == len(current[1]) == 1
    assert current[0] == current[2] != current[1]


def test_a_register_that_comes_later_judges_again_without_parsing(home):
    drop(home, "tax", "企业入库税收_202103.xlsx", tax([[None, "甲", 1, 1]]))
    assert rows(take(home), "企业入库税收_202103.xlsx") == [(5, "unknown_enterprise", None)]
    drop(home, "register", "规上工业企业名录_2021.xlsx", register([(code(1), "甲")]))
    report = take(home)
    assert rows(report, "企业入库税收_202103.xlsx") == [(5, "accepted", code(1))]
    assert (report.parsed, report.judged) == (1, 2)


def test_the_newest_list_of_patents_holds_alone_and_the_price_index_by_arrival(home):
    patent = {
        "application_no": "CN1", "patent_no": "ZL1", "kind": "发明", "holder_name": "甲", "holder_code": code(1),
        "application_date": "2015-01-01", "grant_date": "2018-01-01", "expiry_date": None, "legal_status": "有效",
        "strategic_emerging": True, "overseas_family": False, "pledge_amount_wan": 500, "award": None,
        "town_code": "330521102",
    }  # fmt: skip
    line = json.dumps(patent, ensure_ascii=False).encode() + b"\n"
    drop(home, "patent", "专利清单_20211201.jsonl", line)
    drop(home, "patent", "专利清单_20211231.jsonl", line + line)
    drop(home, "price_index", "工业增加值缩减指数.csv", "年份,缩减指数(2020=100)\n2020,100\n".encode())
    drop(home, "price_index", "工业增加值缩减指数_更正1.csv", "年份,缩减指数(2020=100)\n2020,101\n".encode())
    take(home)
    drop(home, "price_index", "工业增加值缩减指数.csv", "年份,缩减指数(2020=100)\n2020,100\n2021,103\n".encode())
    report = take(home)
    current = [(d.file_name, d.rows_read, d.rows_duplicate) for d in report.deliveries if d.in_force]
    assert current == [("专利清单_20211231.jsonl", 2, 1), ("工业增加值缩减指数.csv", 2, 0)]


@pytest.mark.parametrize("at", ["objects", "deliveries", "parsed", "judged"])
def test_a_crash_during_intake_leaves_nothing_half_taken(home, monkeypatch, at):
    """The process dies just before the n-th thing of a kind appears; the next run ends as an undisturbed one."""
    drop(home, "register", "规上工业企业名录_2021.xlsx", register([(code(1), "甲")]))
    drop(home, "tax", "企业入库税收_202103.xlsx", tax([[None, "甲", 1, 1]]))
    undisturbed = Home(home.root / "undisturbed")
    shutil.copytree(home.inbox, undisturbed.inbox)
    expected = [(d.delivery_id, d.status, d.rows_accepted) for d in take(undisturbed).deliveries]

    class Killed(BaseException):
        pass

    real = Path.rename if at in ("parsed", "judged") else Path.replace
    calls = []

    def dying(self, target):
        if at in Path(target).parts:
            calls.append(target)
            if len(calls) == 2:
                raise Killed
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, real.__name__, dying)
        with pytest.raises(Killed):
            take_in(home, now=NOW)
    assert [(d.delivery_id, d.status, d.rows_accepted) for d in take(home).deliveries] == expected


def test_what_was_parsed_by_other_code_is_parsed_again(home, monkeypatch):
    drop(home, "tax", "企业入库税收_202103.xlsx", tax([[code(1), "甲", 1, 1]]))
    take(home)
    monkeypatch.setattr(run_module, "PARSER", "another version")
    assert take(home).parsed == 1


def test_a_workbook_that_unpacks_beyond_bounds_is_refused(home, monkeypatch):
    monkeypatch.setattr("pipelines.intake.readers.MAX_UNPACKED_BYTES", 1000)
    drop(home, "tax", "企业入库税收_202103.xlsx", workbook([["x"]]))
    assert by_name(take(home))["企业入库税收_202103.xlsx"].reason == "unreadable"


def mend(workbook_path: Path, changes: dict[str, str], out: Path) -> None:
    """Types `changes` (old text → new text) over cells of a return workbook, as a clerk would."""
    book = openpyxl.load_workbook(workbook_path)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value in changes:
                    cell.value = changes[cell.value]
    out.parent.mkdir(parents=True, exist_ok=True)
    book.save(out)


def test_a_mended_return_is_taken_as_a_correction_once(home):
    drop(home, "tax", "企业入库税收_202103.xlsx", tax([[code(1), "甲", "见附件", 1], [code(2), "乙", 2, 2]]))
    first = take(home)
    (returned,) = first.returned
    assert returned.is_relative_to(home.returns / "县税务局")
    mend(returned, {"见附件": "7"}, home.inbox / "tax" / returned.name)
    second = take(home)
    assert not second.failures
    found = {name: (d.status, d.rows_accepted, d.rows_quarantined) for name, d in by_name(second).items()}
    assert found == {
        "企业入库税收_202103.xlsx": ("superseded", 1, 1),
        "企业入库税收_202103_更正1.xlsx": ("accepted", 2, 0),
    }
    assert second.returned == [] and not returned.exists()
    third = take(home)
    assert third.new == [] and len(third.deliveries) == 2


def test_a_return_of_a_file_that_was_replaced_meanwhile_is_not_taken(home):
    drop(home, "tax", "企业入库税收_202103.xlsx", tax([[code(1), "甲", "见附件", 1]]))
    (returned,) = take(home).returned
    mend(returned, {"见附件": "7"}, home.inbox / "退回" / returned.name)
    drop(home, "tax", "企业入库税收_202103_更正1.xlsx", tax([[code(1), "甲", 8, 9]]))
    report = take(home)
    assert len(report.failures) == 1 and "被新的文件取代" in report.failures[0]
    assert [d.file_name for d in report.deliveries if d.in_force] == ["企业入库税收_202103_更正1.xlsx"]


def test_small_enterprises_rows_without_one_and_the_rules_of_the_ledgers(home):
    """A name that no register knows is a below-scale enterprise where the code is empty, not where it is wrong."""
    drop(
        home,
        "register",
        "规上工业企业名录_2021.xlsx",
        register([(code(1), "甲"), (code(2), "同名"), (code(3), "同名")]),
    )
    heading = [
        "指标编号",
        "事项名称",
        "主体名称",
        "主体信用代码",
        "发生日期",
        "数量",
        "计量单位",
        "责任单位",
        "佐证文号",
    ]

    def row(item, name, credit_code, day="2021-04-01", quantity=1, evidence="文1号"):
        return ["t", item, name, credit_code, day, quantity, "家", "县经信局", evidence]

    body = [
        row("事1", "小微厂(重点)", None),  # 4 below scale, by name
        row("事1", " 小微厂", "/"),  # 5 the same again
        row("事2", "同名", None),  # 6 several hits
        row("事3", "小微厂", "91330521XX0000000"),  # 7 a wrong code is not an empty one
        row("事4", None, None),  # 8 needs no enterprise
        row("事5", "甲", None, day="2021-07-01"),  # 9 outside the quarter
        row("事6", "甲", None, day="2021-03-31", evidence=None),  # 10 both: the period comes first
        row("事7", "甲", None, evidence="/"),  # 11
        row("事8", "甲", None, quantity=-1),  # 12 a quantity that may be negative
    ]
    drop(home, "achievement", "成果台账_2021Q2.xlsx", workbook([["2021年第2季度"], ["单位:见表头"], heading, *body]))
    report = take(home)
    assert [outcome for _, outcome, _ in rows(report, "成果台账_2021Q2.xlsx")] == [
        "accepted",
        "duplicate",
        "unknown_enterprise",
        "unknown_enterprise",
        "accepted",
        "outside_period",
        "outside_period",
        "no_evidence",
        "accepted",
    ]
