"""Copying and digesting the published tables."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.gate.model import CheckResult
from pipelines.release.tables import UnpromisedTable, copy_tables, table_digests

KEYS = {"marts.thing": ("code", "period"), "audit.delivery": ("source", "file_name")}
CHECKS = [CheckResult("b", "marts.thing", True, "0 rows", "承诺"), CheckResult("a", "marts.thing", True, "3", "诺")]


def work_file(path: Path, order: str = "code, period", received_at: str = "2026-01-01 00:00:00+00") -> Path:
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts; create schema audit; create schema staging")
        con.execute(
            "create table marts.thing as select 'c' || c as code, format('2021-{:02d}', m) as period, "
            "case when m = 3 then null else c / m end as ratio, (c * m)::decimal(18, 6) as sum_wan "
            f"from range(50) as r(c), range(1, 13) as s(m) order by {order}"
        )
        con.execute("comment on table marts.thing is '东西 things; it''s all'")
        con.execute("comment on column marts.thing.sum_wan is '合计,万元 sum, 10 000 yuan'")
        con.execute(
            "create table audit.delivery as select 'tax' as source, 'f.xlsx' as file_name, "
            "$at::timestamptz as received_at",
            {"at": received_at},
        )
        con.execute("create table staging.scratch as select 1 as a")
        con.execute("create view marts.a_view as select 1 as a")
    return path


def test_same_content_gives_same_digests_and_same_order(tmp_path: Path) -> None:
    for name, order, at in (("a", "code, period", "2026-01-01"), ("b", "period desc, code desc", "2027-07-07")):
        source = work_file(tmp_path / f"work_{name}.duckdb", order, f"{at} 00:00:00+00")
        copy_tables(source, tmp_path / f"{name}.duckdb", KEYS, CHECKS)
    a, b = (table_digests(tmp_path / f"{name}.duckdb") for name in "ab")
    assert a == b
    assert list(a) == ["audit.check_result", "audit.delivery", "marts.thing"]
    assert a["marts.thing"].rows == 600
    rows = []
    for name in "ab":
        with duckdb.connect(str(tmp_path / f"{name}.duckdb"), read_only=True) as con:
            rows.append(con.execute("select * from marts.thing").fetchall())
    assert rows[0] == rows[1] == sorted(rows[0], key=lambda row: row[:2])


@pytest.mark.parametrize(
    "change",
    [
        "update marts.thing set ratio = 0 where code = 'c1' and period = '2021-03'",
        "update marts.thing set ratio = null where code = 'c1' and period = '2021-04'",
        "update marts.thing set ratio = ratio + 1e-12 where code = 'c1' and period = '2021-04'",
        "delete from marts.thing where code = 'c1' and period = '2021-04'",
        "insert into marts.thing select * from marts.thing where code = 'c1' and period = '2021-04'",
        "alter table marts.thing rename ratio to share",
        "alter table marts.thing alter sum_wan type double",
        "update marts.thing set code = period, period = code where code = 'c1'",
    ],
)
def test_any_change_of_content_changes_the_digest(tmp_path: Path, change: str) -> None:
    path = work_file(tmp_path / "work.duckdb")
    before = table_digests(path)
    with duckdb.connect(str(path)) as con:
        con.execute(change)
    after = table_digests(path)
    assert before["marts.thing"] != after["marts.thing"]
    assert before["audit.delivery"] == after["audit.delivery"]


def test_comments_and_keys_come_along(tmp_path: Path) -> None:
    copy_tables(work_file(tmp_path / "work.duckdb"), tmp_path / "out.duckdb", KEYS, CHECKS)
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as con:
        comments = con.execute(
            "select table_name, comment from duckdb_tables() where comment is not null order by 1"
        ).fetchall()
        assert comments[1] == ("thing", "东西 things; it's all")
        columns = con.execute(
            "select column_name, comment, is_nullable from duckdb_columns() where table_name = 'thing' order by 1"
        ).fetchall()
        assert columns == [
            ("code", None, False),
            ("period", None, False),
            ("ratio", None, True),
            ("sum_wan", "合计,万元 sum, 10 000 yuan", True),
        ]
        uncommented = con.execute(
            "select column_name from duckdb_columns() where table_name = 'check_result' and comment is null"
        ).fetchall()
        assert uncommented == []


def test_checks_are_published(tmp_path: Path) -> None:
    copy_tables(work_file(tmp_path / "work.duckdb"), tmp_path / "out.duckdb", KEYS, CHECKS)
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as con:
        assert con.execute("select * from audit.check_result").fetchall() == [
            ("a", "marts.thing", True, "3"),
            ("b", "marts.thing", True, "0 rows"),
        ]


def test_a_table_nobody_promises_anything_about_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(UnpromisedTable, match=r"marts\.thing"):
        copy_tables(work_file(tmp_path / "work.duckdb"), tmp_path / "out.duckdb", {"audit.delivery": ("source",)}, [])


def test_a_key_that_is_null_stops(tmp_path: Path) -> None:
    path = work_file(tmp_path / "work.duckdb")
    with duckdb.connect(str(path)) as con:
        con.execute("update marts.thing set period = null where code = 'c1'")
    with pytest.raises(duckdb.ConstraintException, match="period"):
        copy_tables(path, tmp_path / "out.duckdb", KEYS, CHECKS)
