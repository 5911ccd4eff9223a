"""The made-up county: the same bytes for the same arguments, files as the contract describes them, an honest truth."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections import Counter
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from pipelines.demo import patents, projects, write_demo
from pipelines.demo.plan import REFUSALS
from pipelines.demo.sources import OF_A_YEAR, WHOLE_LISTS, tax
from pipelines.demo.spoil import QUARANTINED
from tests.demo.reading import Written, printed, sheet_rows, write

SOURCES = {module.__name__.rsplit(".", 1)[1] for module in (*OF_A_YEAR, *WHOLE_LISTS)}


def contents(written: Written) -> dict[str, bytes]:
    root = written.inbox.parent
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


# -- determinism ---------------------------------------------------------------------------------------------------


def test_same_arguments_same_bytes(tmp_path, demo):
    again = contents(write(tmp_path, enterprises=80, years=range(2020, 2022), defects=0.03, seed=4))
    first = contents(demo)
    assert again.keys() == first.keys()
    assert [name for name in first if first[name] != again[name]] == []


def test_another_seed_is_another_county(tmp_path, demo):
    other = contents(write(tmp_path, enterprises=80, years=(2020, 2021), defects=0.03, seed=5))
    first = contents(demo)
    same = {name for name in first.keys() & other.keys() if first[name] == other[name]}
    # The price index and the population are the same for every county of the size; their look is drawn.
    assert all("population" in name or "price_index" in name for name in same), same


def test_a_full_inbox_is_left_alone(demo):
    with pytest.raises(FileExistsError, match="holds deliveries already"):
        write_demo(demo.inbox, demo.truth)


@pytest.mark.parametrize(
    "wrong",
    [{"enterprises": 29}, {"enterprises": 50_001}, {"years": (2021,)}, {"years": (2020, 2022)}, {"defects": 0.6}],
)
def test_wrong_arguments_are_named(tmp_path, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        write_demo(tmp_path / "inbox", tmp_path / "truth", **wrong)
    assert not (tmp_path / "inbox").exists()


@pytest.mark.parametrize("enterprises", [30, 31, 47])
@pytest.mark.parametrize("years", [(2020,), (2020, 2021, 2022, 2023)])
def test_small_counties_can_be_written(tmp_path, enterprises, years):
    written = write(tmp_path, enterprises=enterprises, years=years, defects=0.02, seed=enterprises)
    assert {path.name for path in written.inbox.iterdir()} == SOURCES


# -- the books -----------------------------------------------------------------------------------------------------


def data_rows(path: Path) -> int | None:
    """Rows of data in a file, read with no more than the contract's layout; None for what has no rows to count."""
    if path.suffix == ".csv":
        encoding = {"industry": "gb18030", "rd": "gb18030"}.get(path.parent.name, "utf-8-sig")
        return len(list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))) - 1
    if path.suffix == ".jsonl":
        return len(path.read_text(encoding="utf-8").splitlines())
    if path.suffix == ".xlsx":
        return len(sheet_rows(path)[1])
    return None


def test_every_file_is_in_the_books(demo):
    listed = {(row["source"], row["file"]) for row in demo.read("deliveries").to_dicts()}
    there = {(path.parent.name, path.name) for path in demo.inbox.rglob("*") if path.is_file()}
    assert listed == there
    assert demo.report.files == len(there)


def test_counts_reconcile_with_the_files(demo):
    for row in demo.read("deliveries").to_dicts():
        if row["rows_read"] is None:
            assert row["status"] in ("refused", "superseded") or row["source"] == "investment"
            continue
        assert row["rows_read"] == row["rows_accepted"] + row["rows_quarantined"] + row["rows_duplicate"], row
        assert data_rows(demo.inbox / row["source"] / row["file"]) == row["rows_read"], row


def test_quarantine_reconciles_with_deliveries(demo):
    listed = Counter(demo.read("quarantine")["file"])
    counted = {
        row["file"]: row["rows_quarantined"] for row in demo.read("deliveries").to_dicts() if row["rows_quarantined"]
    }
    assert dict(listed) == counted


def test_every_way_of_the_contract_is_planted(demo):
    planted = demo.report.planted
    assert {*QUARANTINED, "duplicate", "absent", "cell_note", "corrected"} <= planted.keys()
    assert {f"refused:{reason}" for reason in REFUSALS} <= planted.keys()
    assert set(demo.read("quarantine")["reason"]) == set(QUARANTINED)


def test_share_of_defects_is_kept(demo):
    rows = demo.read("deliveries").filter(pl.col("source") != "price_index", pl.col("source") != "population")
    rows = rows.filter(pl.col("status") == "accepted")["rows_read"].sum()
    planted = sum(n for kind, n in demo.report.planted.items() if kind in (*QUARANTINED, "duplicate", "absent"))
    assert 0.02 < planted / rows < 0.04


def test_spoiled_cells_stand_where_the_truth_says(demo):
    """The offending cell of a quarantined workbook row holds what no number and no range allows."""
    seen = 0
    for row in demo.read("quarantine").to_dicts():
        path = demo.inbox / row["source"] / row["file"]
        if path.suffix != ".xlsx" or row["reason"] not in ("not_a_number", "out_of_range", "no_evidence"):
            continue
        header, data = sheet_rows(path)
        cells = dict(data)[row["row_number"]]
        value = cells[printed(header).index(row["column"])]
        if row["reason"] == "out_of_range":
            assert value.startswith("-"), (row, value)
        elif row["reason"] == "no_evidence":
            assert (row["column"], value) == ("佐证文号", None)
        else:
            assert not value.replace(".", "", 1).isdigit(), (row, value)
        seen += 1
    assert seen > 10


def test_a_clean_county_is_clean_but_not_tidy(clean):
    assert clean.report.planted == {}
    assert clean.read("quarantine").is_empty()
    deliveries = clean.read("deliveries")
    assert set(deliveries["status"]) == {"accepted", "superseded"}
    assert deliveries.filter(status="superseded")["file"].to_list() == ["专利清单_20211201.jsonl"]
    codes = [row[1][printed(header).index(column)] for header, column, row in codes_of(clean)]
    assert None in codes
    assert any(code and code != code.strip() for code in codes)


def codes_of(written: Written):
    for path in sorted((written.inbox / "tax").iterdir()):
        header, data = sheet_rows(path)
        column = next(name for name in printed(header) if name in ("纳税人识别号", "统一社会信用代码"))
        yield from ((header, column, row) for row in data)


# -- how files look ------------------------------------------------------------------------------------------------


def test_workbooks_look_as_the_contract_says(clean):
    looks: Counter[str] = Counter()
    for path in sorted(clean.inbox.rglob("*.xlsx")):
        book = fastexcel.read_excel(path)
        assert book.sheet_names[0] == "Sheet1"
        looks["scratch"] += "草稿" in book.sheet_names
        header, data = sheet_rows(path)
        year = path.stem.rsplit("_", 1)[1]
        title = str(header[0][0])
        assert title.startswith("德清县") and f"{year[:4]}年" in title
        if len(year) == 6:
            assert (f"年第{year[5]}季度" if year[4] == "Q" else f"年{int(year[4:])}月") in title
        unit = next(str(cell) for cell in header[1] if cell)
        assert "单位:" in unit or "单位：" in unit
        assert unit[-2:] in (*tax.UNITS, "见表头"[-2:]) or unit.endswith(("：元", ":元"))
        names = printed(header)
        looks["two header rows"] += len(header) == 4
        looks["serial"] += names[0] == "序号"
        if path.parent.name == "fuel":
            assert sum(name.endswith("/消费量/本年累计") for name in names) == 6
        assert data
    assert all(looks[kind] > 0 for kind in ("scratch", "two header rows", "serial"))


def test_units_and_orders_change_from_file_to_file(clean):
    units, orders, aliases = set(), set(), set()
    for path in sorted((clean.inbox / "tax").iterdir()):
        header, _ = sheet_rows(path)
        units.add(str(next(cell for cell in header[1] if cell)).replace("：", ":").rsplit(":", 1)[1])
        orders.add(tuple(printed(header)))
        aliases |= {name for name in printed(header) if name in ("纳税人识别号", "统一社会信用代码")}
    assert units == set(tax.UNITS)
    assert len(orders) > 5
    assert len(aliases) == 2


def test_the_total_is_the_sum_of_the_rows(clean):
    """合计 under the fuel columns, in a file without a defect."""
    checked = 0
    for path in sorted((clean.inbox / "fuel").iterdir()):
        header, data = sheet_rows(path)
        names = printed(header)
        rows = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars().rows()
        total = next((row for row in rows if row[0] in ("合计", "总计")), None)
        for at, name in enumerate(names):
            if total is None or not name.endswith("/消费量/本年累计"):
                continue
            tokens = ("/", "-", "—", "…", "*", "－")
            cells = [row[at] for _, row in data if row[at] not in (None, *tokens)]
            wide = str.maketrans("０１２３４５６７８９，", "0123456789,")
            figures = [float(cell.translate(wide).replace(",", "")) for cell in cells]
            assert sum(figures) == pytest.approx(float(total[at] or 0), rel=1e-6, abs=1e-6), (path, name)
            checked += 1
    assert checked > 20


def test_two_header_rows_are_merged(clean):
    import zipfile

    for path in sorted((clean.inbox / "tax").iterdir()):
        header, _ = sheet_rows(path)
        page = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
        assert page.count("<mergeCell ") == 1 + (len(header) == 4) * (len(header[2]) - 1)


# -- pulled sources ------------------------------------------------------------------------------------------------


def test_the_api_serves_what_is_dropped(demo):
    lines = (demo.inbox / "patent" / "专利清单_20211231.jsonl").read_text(encoding="utf-8").splitlines()
    assert patents(enterprises=80, years=(2020, 2021), defects=0.03, seed=4) == [json.loads(line) for line in lines]


def test_the_database_serves_what_is_dropped(demo):
    tables = projects(enterprises=80, years=(2020, 2021), seed=4).tables()
    with sqlite3.connect(demo.inbox / "investment" / "项目库_20211231.sqlite") as library:
        for name, frame in tables.items():
            plain = frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"), pl.col(pl.Boolean).cast(pl.Int8))
            assert library.execute(f"select * from {name}").fetchall() == plain.rows()
            assert 0 < frame["deleted"].sum() < frame.height / 5
    library.close()
    assert tables["project_investment"].filter(pl.col("month").str.ends_with("-01")).is_empty()


# -- the truth -----------------------------------------------------------------------------------------------------


def test_levels_are_those_of_such_a_county(large):
    values = large.read("values").filter(pl.col("breakdown") == "county", pl.col("period").str.ends_with("-12"))
    found = {(row["indicator_id"], row["period"][:4]): row["value"] for row in values.to_dicts()}
    for indicator, first, last in (
        ("tax_per_mu_above_scale", (28, 32), (34, 43)),
        ("value_added_per_mu_above_scale", (125, 140), (165, 190)),
        ("labour_productivity_mfg", (22.5, 25), (28, 33)),
        ("rd_to_revenue_mfg", (1.6, 2.6), (1.8, 3.2)),
        ("high_value_patents_per_10k", (5, 14), (9, 22)),
    ):
        assert first[0] < found[indicator, "2020"] < first[1], indicator
        assert last[0] < found[indicator, "2023"] < last[1], indicator
    assert 8 < found["energy_intensity_decline_3y", "2023"] < 20
    # A clean county is known whole.
    assert set(values["coverage"].drop_nulls()) == {1.0}


def test_year_to_date_never_falls_and_facts_follow_the_register(clean):
    facts = pl.read_parquet(clean.truth / "facts_enterprise_month.parquet")
    assert facts.height == 82 * 24
    assert facts.filter("in_scope", pl.col("period").str.starts_with("2021")).height == 80 * 12
    energy = facts.with_columns(year=pl.col("period").str.slice(0, 4)).sort("credit_code", "period")
    falls = energy.with_columns(step=pl.col("tce_equivalent_ytd").diff().over("credit_code", "year"))
    assert falls["step"].drop_nulls().min() >= 0
    assert facts.filter(pl.col("period").str.ends_with("-01"))["value_added_ytd_wan"].null_count() == 82 * 2


def test_what_is_refused_is_unknown(demo):
    values = demo.read("values").filter(pl.col("breakdown") == "county")
    unknown = set(values.filter(pl.col("value").is_null()).select("indicator_id", "period").iter_rows())
    missing = {
        (row["source"], row["file"][-11:-5] if row["file"].endswith("xlsx") else row["file"][-10:-4])
        for row in demo.read("deliveries").filter(status="refused").to_dicts()
        if "更正" not in row["file"]
    }
    assert missing == {("tax", "202009"), ("tax", "202104"), ("industry", "202108"), ("achievement", "2021Q3")}
    assert {period for name, period in unknown if name == "key_rd_projects_annual"} == {"2021-07", "2021-08", "2021-09"}
    for source, indicator in (("tax", "tax_per_mu_above_scale"), ("industry", "labour_productivity_mfg")):
        months = {f"{period[:4]}-{period[4:]}" for which, period in missing if which == source}
        assert {period for name, period in unknown if name == indicator} == months


def test_the_summary_is_for_people(demo, clean):
    text = demo.report.summary()
    assert "演示县" in text and "80" in text and "refused:unreadable 2" in text
    assert "没有预埋差错" in clean.report.summary()
