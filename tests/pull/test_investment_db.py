"""The project library from a real PostgreSQL server."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from pipelines.contracts import load_contracts
from pipelines.intake.pull import PullError, investment_db
from pipelines.intake.pull.investment_db import fetch_investment
from tests.conftest import Postgres

DDL = """
    CREATE TABLE project(project_id text PRIMARY KEY, name text, owner_code text, industry_code text,
        is_manufacturing boolean, investor_type text, fortune500 boolean, planned_total_wan numeric(18,4),
        planned_fixed_wan double precision, planned_total_usd_wan numeric, introduced_on date, town_code text,
        platform text, kind text, deleted boolean DEFAULT false, note_of_the_bureau text DEFAULT 'not ours');
    CREATE TABLE project_milestone(project_id text, milestone text, happened_on timestamp, deleted boolean);
    CREATE TABLE project_investment(project_id text, month char(7), invested_wan numeric(18,2),
        foreign_usd_wan numeric, deleted boolean);
"""
PROJECT = (
    "INSERT INTO project(project_id, name, is_manufacturing, fortune500, planned_total_wan,"
    " planned_fixed_wan, introduced_on, industry_code) VALUES (%s, %s, %s, false, %s, %s, %s, '0610')"
)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[tuple[str, psycopg.Connection]]:
    """(the URL of a fresh database with two projects, an autocommit connection to it)."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS library WITH (FORCE)")
        admin.execute("CREATE DATABASE library")
    url = postgres.url.removesuffix("/postgres") + "/library"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(DDL)
        connection.execute(PROJECT, ("XM2", "年产2万套", True, "100000.0000", 99999.99, "2021-02-03"))
        connection.execute(PROJECT, ("XM1", "年产1万套'; DROP TABLE project; --", False, "0.1", 0.1, None))
        connection.execute("INSERT INTO project_milestone VALUES ('XM2', '落地', '2021-03-01', false)")
        connection.execute("INSERT INTO project_milestone VALUES ('XM2', '落地', '2021-03-01', true)")
        connection.execute("INSERT INTO project_investment VALUES ('XM2', '2021-02', 335.50, NULL, false)")
        yield url, connection


def tables(image: bytes) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.deserialize(image)
        assert memory.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {
            table: memory.execute(f"SELECT * FROM {table}").fetchall()
            for table in ("project", "project_milestone", "project_investment")
        }


def test_content_and_types(database: tuple[str, psycopg.Connection]) -> None:
    read = tables(fetch_investment(database[0]))
    assert [row[:3] for row in read["project"]] == [
        ("XM1", "年产1万套'; DROP TABLE project; --", None),
        ("XM2", "年产2万套", None),
    ]
    assert read["project"][1][3:] == (
        *("0610", 1, None, 0, 100000.0, 99999.99, None, "2021-02-03"),
        *(None, None, None, 0),
    )
    assert read["project_milestone"] == [("XM2", "落地", "2021-03-01", 0), ("XM2", "落地", "2021-03-01", 1)]
    assert read["project_investment"] == [("XM2", "2021-02", 335.5, None, 0)]


def test_same_layout_as_the_contract(database: tuple[str, psycopg.Connection]) -> None:
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.deserialize(fetch_investment(database[0]))
        for table in load_contracts()["investment"].tables:
            names = [row[1] for row in memory.execute(f"PRAGMA table_info({table.name})")]
            assert names == [column.name for column in table.columns]


def test_unchanged_content_gives_unchanged_bytes(database: tuple[str, psycopg.Connection]) -> None:
    url, connection = database
    first = fetch_investment(url)
    connection.execute("UPDATE project SET name = name")  # moves the rows within the table
    connection.execute("UPDATE project SET name = name WHERE project_id = 'XM1'")
    assert fetch_investment(url) == first
    connection.execute("UPDATE project SET deleted = true WHERE project_id = 'XM1'")
    assert fetch_investment(url) != first


def test_three_tables_in_one_snapshot(
    database: tuple[str, psycopg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change committed after the first table was read must not show in the other two."""
    url, connection = database
    before = fetch_investment(url)
    original: Callable[..., Iterator[investment_db.Row]] = investment_db._rows

    def change_in_between(cursor: object, table: object, max_rows: int) -> list[investment_db.Row]:
        rows = list(original(cursor, table, max_rows))
        connection.execute("INSERT INTO project_investment VALUES ('XM1', '2021-03', 1, 1, false)")
        return rows

    monkeypatch.setattr(investment_db, "_rows", change_in_between)
    assert fetch_investment(url) == before
    monkeypatch.undo()
    assert len(tables(fetch_investment(url))["project_investment"]) == 4


def test_reading_cannot_write(database: tuple[str, psycopg.Connection]) -> None:
    with (
        closing(investment_db.postgresql.connect(database[0])) as connection,
        closing(connection.cursor()) as cursor,
    ):
        for statement in investment_db.SESSION:
            cursor.execute(statement)
        with pytest.raises(investment_db.dbapi.Error, match="read-only"):
            cursor.execute("DELETE FROM project")
        connection.rollback()


def test_the_sample_library_comes_through_unchanged(
    database: tuple[str, psycopg.Connection], sample_library: Path
) -> None:
    url, connection = database
    image = sample_library.read_bytes()
    expected = tables(image)
    for table, rows in expected.items():
        connection.execute(f"TRUNCATE {table}")
        columns = [c.name for t in load_contracts()["investment"].tables if t.name == table for c in t.columns]
        flags = {"is_manufacturing", "fortune500", "deleted"}
        for row in rows:
            values = [bool(v) if c in flags and v is not None else v for c, v in zip(columns, row, strict=True)]
            marks = ", ".join("%s" for _ in columns)
            connection.execute(f"INSERT INTO {table}({', '.join(columns)}) VALUES ({marks})", values)
    read = tables(fetch_investment(url))
    for table, rows in expected.items():
        assert sorted(read[table], key=repr) == sorted(rows, key=repr)


@pytest.fixture
def sample_library() -> Path:
    return Path(__file__).parents[1] / "data/sample/inbox/investment/项目库_20211231.sqlite"


def test_a_missing_column_is_named(database: tuple[str, psycopg.Connection]) -> None:
    database[1].execute("ALTER TABLE project DROP COLUMN fortune500")
    with pytest.raises(PullError, match=r"缺少约定的表或列.*fortune500"):
        fetch_investment(database[0])


def test_a_missing_table_is_named(database: tuple[str, psycopg.Connection]) -> None:
    database[1].execute("DROP TABLE project_milestone")
    with pytest.raises(PullError, match=r"缺少约定的表或列.*project_milestone"):
        fetch_investment(database[0])


def test_no_right_to_read(database: tuple[str, psycopg.Connection], postgres: Postgres) -> None:
    database[1].execute("DROP ROLE IF EXISTS guest")
    database[1].execute("CREATE ROLE guest LOGIN PASSWORD 'x'")
    with pytest.raises(PullError, match="SELECT"):
        fetch_investment(database[0].replace(f"tester:{postgres.password}", "guest:x"))


def test_size_is_bounded(database: tuple[str, psycopg.Connection]) -> None:
    with pytest.raises(PullError, match="上限"):
        fetch_investment(database[0], max_rows=1)


def test_a_wrong_password_is_told_but_not_shown(database: tuple[str, psycopg.Connection], postgres: Postgres) -> None:
    wrong = "p@ss wörd/1"
    url = database[0].replace(postgres.password, quote(wrong, safe=""))
    with pytest.raises(PullError, match="拒绝登录") as caught:
        fetch_investment(url)
    assert wrong not in str(caught.value)
    assert quote(wrong, safe="") not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nobody_listens() -> None:
    with pytest.raises(PullError, match="INVESTMENT_DB_URL") as caught:
        fetch_investment("postgresql://me:hush@127.0.0.1:9/library")
    assert "hush" not in str(caught.value)


def test_a_lock_held_by_others_does_not_hang(
    database: tuple[str, psycopg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = database
    quick = tuple(s.replace("'30s'", "'200ms'") for s in investment_db.SESSION)
    assert quick != investment_db.SESSION
    monkeypatch.setattr(investment_db, "SESSION", quick)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE project IN ACCESS EXCLUSIVE MODE")
        outcome: list[BaseException] = []

        def read() -> None:
            try:
                fetch_investment(url)
            except PullError as error:
                outcome.append(error)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
        assert outcome and "lock timeout" in str(outcome[0])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://me:hush@host/library",
        "sqlite:///library",
        "host=127.0.0.1 password=hush",
        "postgresql://me:hush@/library",
        "postgresql://me:hush@host",
        "postgresql://me:hush@host:port/library",
        "postgresql://me:hush@host/library?broken",
    ],
)
def test_a_wrong_address_is_named_not_repeated(url: str) -> None:
    with pytest.raises(PullError, match="INVESTMENT_DB_URL") as caught:
        fetch_investment(url)
    assert "hush" not in str(caught.value)
