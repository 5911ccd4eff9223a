"""The mistakes a good system must not make: that each has its test, and those whose rule lives in Python.

Where the rule lives in SQL, the test is a dbt unit test `mistake_NN_…` in a `_unit_tests_mistakes.yml`. Every test
names the right number and the wrong one.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml

from pipelines.build import work_file
from pipelines.disclosure.decide import decide
from pipelines.disclosure.history import no_history
from pipelines.home import CHECKOUT, Home
from pipelines.intake import values
from pipelines.intake.archive import Archive
from pipelines.intake.run import Delivery, known_deliveries, take_in
from tests.contract.forms import code, register, tax, workbook
from tests.disclosure.small import county, shown

MISTAKES = {
    1: "mean of ratios",
    2: "area units",
    3: "energy decline on nominal value added",
    4: "adding yearly declines",
    5: "subtracting growth rates",
    6: "sign of a decline",
    7: "calorific and equivalent value mixed",
    8: "adding year-to-date values",
    9: "January",
    10: "half-year ratio against an annual target",
    11: "growth against last year's printed number",
    12: "year-end staff",
    13: "industry for manufacturing",
    14: "population base",
    15: "adding patent categories",
    16: "R&D expense for R&D expenditure",
    17: "strict target and rounding",
    18: "time progress of three-year targets",
    19: "only the total of a yearly minimum",
    20: "double counting an enterprise",
    21: "town plus platform",
    22: "stock and flow",
    23: "two titles of one enterprise",
    24: "carbon from a ratio",
    25: "share of land revenue",
    26: "industrial land by money",
    27: "percent and points",
    28: "project threshold on annual spend",
    29: "unit in the head of a file",
    30: "credit-code check",
    31: "missing as zero",
    32: "overwriting revisions",
    33: "ranking equal values and tiny bases",
    34: "publishing a cell with one firm",
    35: "land denominator changes",
    36: "achievement of a decline or a range",
}
# What does not apply yet, and why.
NOT_YET: dict[int, str] = {}

NOW = datetime(2022, 1, 5, tzinfo=UTC)


def unit_tests() -> dict[str, dict[str, Any]]:
    """Every dbt unit test `mistake_NN_…` by name."""
    files = sorted((CHECKOUT / "dbt_project" / "models").glob("*/_unit_tests_mistakes.yml"))
    found = [test for file in files for test in yaml.safe_load(file.read_text(encoding="utf-8"))["unit_tests"]]
    return {test["name"]: test for test in found}


def test_every_mistake_has_its_test_or_a_reason() -> None:
    assert sorted(MISTAKES) == list(range(1, 37))
    words = {name: test["description"] for name, test in unit_tests().items()}
    words |= {
        name.removeprefix("test_"): str(f.__doc__) for name, f in globals().items() if name[:13] == "test_mistake_"
    }
    covered = set()
    for name, text in words.items():
        number = re.fullmatch(r"mistake_(\d\d)_\w+", name)
        assert number, name
        assert "right" in text.lower() and "wrong" in text.lower(), f"{name} names no right and wrong number"
        covered.add(int(number.group(1)))
    assert covered.isdisjoint(NOT_YET), "what has a test needs no reason"
    assert sorted(covered | set(NOT_YET)) == sorted(MISTAKES)


# ---------------------------------------------------------------------------------------- rules in Python


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def drop(home: Home, source: str, name: str, content: bytes) -> None:
    (home.inbox / source).mkdir(parents=True, exist_ok=True)
    (home.inbox / source / name).write_bytes(content)


def take(home: Home, now: datetime = NOW) -> list[Delivery]:
    report = take_in(home, now=now)
    assert report.failures == []
    return report.deliveries


def rows_in_force(deliveries: list[Delivery], source: str) -> pl.DataFrame:
    (held,) = [d for d in deliveries if d.source == source and d.in_force]
    assert held.judged is not None
    return pl.read_parquet(held.judged / "rows.parquet")


def seed(name: str) -> list[dict[str, str]]:
    with (CHECKOUT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_mistake_01_the_parts_give_both_numbers() -> None:
    """The made-up parts of the unit test really hold the trap: right 18.90 and 73.72 by sums, wrong 20.96 and 74.52 as
    means of ten ratios."""
    given = {
        entry["input"]: entry["rows"] for entry in unit_tests()["mistake_01_mean_of_ratios"]["given"] if "rows" in entry
    }
    land = {row["enterprise_code"]: row["land_in_use_mu"] for row in given["ref('int_enterprise_year')"]}
    parts = given["ref('enterprise_month')"]
    for measure, total, right, wrong in (
        ("tax_ytd_wan", 573_564, 18.90, 20.96),
        ("value_added_ytd_wan", 2_236_605, 73.72, 74.52),
    ):
        ratios = [part[measure] / land[part["credit_code"]] for part in parts]
        assert len(ratios) == 10
        assert sum(part[measure] for part in parts) == total
        assert sum(land.values()) == 30_341
        assert round(total / 30_341, 2) == right
        assert round(statistics.mean(ratios), 2) == wrong


def test_mistake_12_average_staff_is_what_is_read(home: Home) -> None:
    """A report that brings the year-end number too: right 100 000 on average (33.0), wrong 95 000 (34.7)."""
    heading = "统一社会信用代码,单位详细名称,期末用工人数(人)"
    heading += ",工业总产值(千元),工业增加值(千元),营业收入(千元),平均用工人数(人)"
    body = f"{code(1)},甲,95000,90000000,33000000,80000000,100000"
    drop(home, "industry", "规上工业生产财务月报_202112.csv", f"{heading}\n{body}\n".encode("gb18030"))
    (row,) = rows_in_force(take(home), "industry").select("staff_avg", "value_added_kcny").iter_rows()
    assert row[0] == 100_000
    assert float(row[1] / 10 / row[0]) == 33.0


def test_mistake_20_renamed_and_reregistered_is_one_enterprise(home: Home) -> None:
    """Listed by one town under its former code and by another under its new name alone: right 1 enterprise, wrong 2."""
    old, new = code(90), code(9)
    names = register([(new, "新名厂"), (code(8), "别家厂")], former={new: ("旧名厂", old)})
    drop(home, "register", "规上工业企业名录_2021.xlsx", names)
    heading = ["企业名称", "统一社会信用代码", "整治方式", "列入日期", "完成日期"]
    heading += ["腾出用地(亩)", "腾出用能(吨标准煤)", "减碳量(吨)", "乡镇", "状态"]
    listed = [
        ["旧名厂", old, "整治提升", "2021-01-05", "2021-03-01", 1, 1, 1, "新市镇", "已销号"],
        ["新名厂（重点）", None, "整治提升", "2021-02-05", "2021-03-01", 1, 1, 1, "钟管镇", "已销号"],
    ]
    ledger = workbook([["德清县2021年3月高耗低效企业整治台账"], ["单位：见表头"], heading, *listed])
    drop(home, "remediation", "高耗低效企业整治台账_202103.xlsx", ledger)
    found = rows_in_force(take(home), "remediation")
    assert found["outcome"].to_list() == ["accepted", "accepted"]
    assert found["enterprise_code"].unique().to_list() == [new]


def test_mistake_27_no_growth_of_a_percentage() -> None:
    """No rule publishes the growth of a share, so that 48 % → 50 % is right as 2 points and never wrong as 4.2 %; and
    the column that holds a difference says so."""
    units = {row["target_id"]: row["unit"] for row in seed("indicator_registry")}
    grown = [row["base_indicator_id"] for row in seed("rule_indicator_change") if row["compared_with"] == "prior_year"]
    assert grown
    assert [base for base in grown if units[base] == "%"] == []
    files = (CHECKOUT / "dbt_project/models/marts").glob("_*.yml")
    models = [m for file in files for m in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])]
    (official,) = [model for model in models if model["name"] == "official_value"]
    (words,) = [column["description"] for column in official["columns"] if column["name"] == "difference"]
    assert "百分点" in words and "points" in words


def test_mistake_29_the_unit_stands_in_row_2(home: Home) -> None:
    """`单位:千元` above a column without a unit: 39,800 is right as 3 980 万元, wrong as 39 800."""
    drop(home, "tax", "企业入库税收_202103.xlsx", tax([[code(1), "甲", "39,800", "39,800"]], unit="单位:千元"))
    (row,) = rows_in_force(take(home), "tax").select("tax_ytd", "money_unit").iter_rows()
    (factor,) = [
        float(u["factor"]) for u in seed("unit_factor") if (u["unit"], u["canonical_unit"]) == (row[1], "万元")
    ]
    assert float(row[0]) * factor == 3980


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("91330521560970726A", True),
        ("91330521MA2CJU1F60", True),  # remainder 0 gives the check character 0, not 31
        ("91330521MA2CJU1F61", False),
        ("91330521560970726B", False),  # 18 characters of the alphabet, and the wrong check character
        ("9133052156097072", False),
    ],
)
def test_mistake_30_the_whole_check_character(typed: str, right: bool) -> None:
    """Right: mod 31, where a remainder of 0 gives `0`; wrong: the pattern alone, or a check value of 31."""
    assert values.codes(pl.Series([typed]))[1].to_list() == [right]


def test_mistake_30_the_raw_code_stays_beside_the_repaired(home: Home) -> None:
    """Typed with O for 0 and in small letters: right, the row under the repaired code and the cell as it was typed;
    wrong, one of the two only."""
    good = code(1)
    typed = good.replace("0", "O").lower()
    drop(home, "register", "规上工业企业名录_2021.xlsx", register([(good, "甲")]))
    drop(home, "tax", "企业入库税收_202103.xlsx", tax([[typed, "甲", 1, 1]]))
    (row,) = (
        rows_in_force(take(home), "tax").select("row_number", "outcome", "credit_code", "enterprise_code").iter_rows()
    )
    assert row[1:] == ("accepted", good, good)
    kept = [pl.read_parquet(path) for path in home.archive.glob("parsed/**/cells.parquet")]
    (cells,) = [frame for frame in kept if typed in frame["c0"].to_list()]
    assert cells.filter(pl.col("row_number") == row[0])["c0"].to_list() == [typed]


def test_mistake_31_a_mark_for_unknown_is_no_zero(home: Home) -> None:
    """R&D `/` or empty beside a true 0: right null, null and 0; wrong 0 for all of them."""
    heading = "统一社会信用代码,单位详细名称,研发经费内部支出(千元),是否有研发活动,是否设研发机构"
    lines = [f"{code(1)},甲,/,是,否", f"{code(2)},乙,,是,否", f"{code(3)},丙,0,否,否"]
    drop(home, "rd", "规上工业研发年报_2021.csv", "\n".join([heading, *lines, ""]).encode("gb18030"))
    found = rows_in_force(take(home), "rd")
    assert found["outcome"].to_list() == ["accepted"] * 3
    assert found["rd_expenditure_kcny"].to_list() == [None, None, 0]


def test_mistake_32_a_revision_overwrites_nothing(home: Home, tmp_path: Path) -> None:
    """100 was printed in April and corrected to 96 in June. Right: 96 now, 100 again with what was known in April, both
    kept; wrong: 96 for ever, silently."""
    april, june = datetime(2021, 4, 10, tzinfo=UTC), datetime(2021, 6, 10, tzinfo=UTC)
    first, corrected = "企业入库税收_202103.xlsx", "企业入库税收_202103_更正1.xlsx"
    drop(home, "tax", first, tax([[code(1), "甲", 100, 100]]))
    take(home, april)
    drop(home, "tax", corrected, tax([[code(1), "甲", 96, 96]]))
    now = take(home, june)
    assert {d.file_name: d.status for d in now} == {first: "superseded", corrected: "accepted"}
    assert rows_in_force(now, "tax")["tax_ytd"].to_list() == [96]
    archive = Archive(home.archive)
    assert all(archive.get(d.sha256) for d in now), "the bytes of both are kept"
    with duckdb.connect(str(work_file.create(now, tmp_path / "run"))) as connection:
        published = connection.execute("select file_name, status from audit.delivery order by version").fetchall()
    assert published == [(first, "superseded"), (corrected, "accepted")]

    then = Home(tmp_path / "then")
    shutil.copytree(home.archive, then.archive)
    for record in (then.archive / "deliveries").rglob("*.json"):
        if datetime.fromisoformat(json.loads(record.read_text(encoding="utf-8"))["received_at"]) > april:
            record.unlink()
    known = known_deliveries(then)
    assert {d.file_name: d.status for d in known} == {first: "accepted"}
    assert rows_in_force(known, "tax")["tax_ytd"].to_list() == [100]


def test_mistake_34_a_cell_of_one_firm() -> None:
    """Town a is one firm of 50: right, its cell is hidden and a sibling's of 86 with it; wrong, 50 published, or its
    cell alone hidden, for 617 less 567 of the other towns is 50 again."""
    month = "2021-12"
    firms = {
        f"{town}{i}": (town, [amount + i])
        for town, n, amount in (("a", 1, 50), ("b", 4, 20), ("c", 5, 60), ("d", 2, 80))
        for i in range(n)
    }
    firms["d2"] = ("d", [10.0])
    inputs = county([month], firms)
    right = shown(inputs, decide(inputs, no_history()), month)
    wrong = shown(inputs, decide(inputs, no_history(), with_secondary=False), month)
    assert right.total == wrong.total == 617
    assert wrong.parts["a"] is None
    assert 617 - sum(value for value in wrong.parts.values() if value is not None) == 50
    hidden = 617 - sum(value for value in right.parts.values() if value is not None)
    assert (right.parts["a"], right.parts["b"], hidden) == (None, None, 136)
