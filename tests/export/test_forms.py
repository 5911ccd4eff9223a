"""Every form of the public tables gives back what the public file holds, and the same bytes each time."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines.export.formula import MARK, is_formula_like
from pipelines.export.public import ExportBroken, open_public, public_tables, words
from pipelines.export.write import FORMATS, exports, write_exports
from pipelines.release.draft import Draft
from tests.export.conftest import CONTENT_HASH, SUPPRESSED, TABLES
from tests.nights import CHECKOUT

AGAIN = "import sys; from pathlib import Path; from pipelines.export.write import write_exports as w; {}"


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table_rows(public: Path, table: str) -> tuple[list[str], list[tuple]]:
    with duckdb.connect(str(public), read_only=True) as con:
        key = next(t.order for t in public_tables(con) if t.name == table)
        cursor = con.execute(f"select * from marts.{table} order by {key}")
        return [name for name, *_ in cursor.description], cursor.fetchall()


def test_another_process_at_another_time_and_place_writes_the_same_bytes(public, exported, tmp_path) -> None:
    elsewhere = {"PYTHONHASHSEED": "77", "TZ": "America/St_Johns", "LC_ALL": "C"}
    environment = {**os.environ, **elsewhere, "PYTHONPATH": str(CHECKOUT)}
    code = AGAIN.format("w(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])")
    subprocess.run(
        [sys.executable, "-c", code, str(public), str(tmp_path), CONTENT_HASH],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    first = digests(exported)
    assert digests(tmp_path) == first
    assert {Path(name).parts[0] for name in first} == {*FORMATS, "datapackage.json"}
    assert len(first) > 25


@pytest.mark.parametrize("table", TABLES)
def test_parquet_gives_back_the_table_with_its_words(public, exported, table) -> None:
    path = exported / "parquet" / f"{table}.parquet"
    names, expected = table_rows(public, table)
    with duckdb.connect() as con:
        found = con.read_parquet(str(path))
        assert found.columns == names
        assert found.fetchall() == expected
    schema = pq.read_schema(path)
    assert all(" / " in schema.field(name).metadata[b"description"].decode() for name in names)
    assert " / " in schema.metadata[b"description"].decode()


def test_parquet_and_csv_are_in_the_order_of_the_key(exported) -> None:
    key = ["indicator_id", "period", "breakdown", "breakdown_code"]
    found = pl.read_parquet(exported / "parquet" / "indicator_value.parquet").select(key)
    assert found.equals(found.sort(key)) and found.height > 7000
    assert (
        pq.read_metadata(exported / "parquet" / "indicator_value.parquet").row_group(0).column(0).compression == "ZSTD"
    )


def from_csv(path: Path, like: pl.DataFrame) -> pl.DataFrame:
    """A reader who knows no more than what is written about the files: dot decimals, empty is null, one apostrophe."""
    text = path.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf") and text.endswith(b"\r\n")
    found = pl.read_csv(text, schema=like.schema)
    return found.with_columns(pl.col(pl.String).str.strip_prefix(MARK))


@pytest.mark.parametrize("table", TABLES)
def test_csv_gives_back_the_table_to_the_last_bit(exported, table) -> None:
    true = pl.read_parquet(exported / "parquet" / f"{table}.parquet")
    found = from_csv(exported / "csv" / f"{table}.csv", true)
    assert found.equals(true, null_equal=True)


def test_no_cell_of_a_csv_begins_like_a_formula(exported) -> None:
    marked = 0
    for path in sorted((exported / "csv").glob("*.csv")):
        found = pl.read_csv(path, infer_schema=False)
        kinds = pl.read_parquet_schema(exported / "parquet" / f"{path.stem}.parquet")
        for column in (name for name, kind in kinds.items() if kind == pl.String):
            texts = found[column].drop_nulls().to_list()
            marked += sum(text.startswith(MARK) for text in texts)
            assert not [text for text in texts if is_formula_like(text) and not text.startswith(MARK)]
    assert marked, "the comparator = of a target is such a text"


ATTACKS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "\u3000=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠a",
    "'=1",
    "\n=1",
)


def test_what_a_spreadsheet_would_compute_is_neutralised_and_comes_back(public, tmp_path) -> None:
    spoiled = tmp_path / "public.duckdb"
    spoiled.write_bytes(public.read_bytes())
    with duckdb.connect(str(spoiled)) as con:
        codes = con.execute(
            "select breakdown_code from marts.dimension where breakdown = 'industry' order by 1 limit ?", [len(ATTACKS)]
        ).fetchall()
        attacks = {code: attack for (code,), attack in zip(codes, ATTACKS, strict=True)}
        for code, attack in attacks.items():
            con.execute("update marts.dimension set name_zh = ? where breakdown_code = ?", [attack, code])
    write_exports(spoiled, tmp_path, CONTENT_HASH, ["csv", "parquet"])
    true = pl.read_parquet(tmp_path / "parquet" / "dimension.parquet")
    raw = pl.read_csv(tmp_path / "csv" / "dimension.csv", infer_schema=False)
    for code, attack in attacks.items():
        assert true.filter(breakdown_code=code)["name_zh"].to_list() == [attack]
        assert raw.filter(breakdown_code=code)["name_zh"].to_list() == [MARK + attack]
    assert from_csv(tmp_path / "csv" / "dimension.csv", true).equals(true)


def test_ordinary_text_is_left_alone() -> None:
    assert not [text for text in ("规上工业", "1-8月", ">=", "a=b", "", "2021-03", "“全覆盖”") if is_formula_like(text)]


def test_a_suppressed_figure_is_in_no_form(exported) -> None:
    for indicator, period, breakdown, code, status in SUPPRESSED:
        cell = pl.read_parquet(exported / "parquet" / "indicator_value.parquet").filter(
            indicator_id=indicator, period=period, breakdown=breakdown, breakdown_code=code
        )
        assert cell["value"].to_list() == [None] and cell["conf_status"].to_list() == [status]
        line = re.compile(f"^{indicator},{period},{breakdown},{code},,.*,{status}\r$", re.MULTILINE)
        assert len(line.findall((exported / "csv" / "indicator_value.csv").read_bytes().decode())) == 1


def test_the_part_writes_them_beside_the_public_file(public, exported, tmp_path) -> None:
    (tmp_path / "public.duckdb").write_bytes(public.read_bytes())
    exports(Draft(home=None, folder=tmp_path, work_file=tmp_path / "w", before=None, content_hash=CONTENT_HASH))
    (tmp_path / "public.duckdb").unlink()
    assert digests(tmp_path) == digests(exported)


def test_without_the_public_file_the_part_says_what_to_mend(tmp_path) -> None:
    draft = Draft(home=None, folder=tmp_path, work_file=tmp_path / "w", before=None, content_hash=CONTENT_HASH)
    with pytest.raises(ExportBroken, match=r"public\.duckdb.*parts\.py"):
        exports(draft)
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_a_key_is_refused(public, tmp_path) -> None:
    spoiled = tmp_path / "public.duckdb"
    spoiled.write_bytes(public.read_bytes())
    with duckdb.connect(str(spoiled)) as con:
        con.execute("create table marts.stranger as select 1 as a")
    with open_public(spoiled) as con, pytest.raises(ExportBroken, match="stranger"):
        public_tables(con)


@pytest.mark.parametrize(
    ("comment", "zh", "en", "unit"),
    [
        ("贡献企业数 / Enterprises that contribute [家]", "贡献企业数", "Enterprises that contribute", "家"),
        ("官方数值 / Official value", "官方数值", "Official value", None),
        ("只有一种 only one", "只有一种 only one", "只有一种 only one", None),
        (None, "", "", None),
    ],
)
def test_a_comment_is_parted_into_languages_and_unit(comment, zh, en, unit) -> None:
    found = words(comment)
    assert (found.zh, found.en, found.unit) == (zh, en, unit)
