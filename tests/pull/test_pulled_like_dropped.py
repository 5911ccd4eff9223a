"""A list that is pulled is taken in as the drop of the same list is: same rows, same outcomes, once."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import psycopg
import pytest

from pipelines.contracts import load_contracts
from pipelines.home import Home
from pipelines.intake.run import IntakeReport, take_in
from tests.conftest import Postgres
from tests.servers import HttpServer, Reply, Request

SAMPLE = Path(__file__).parent.parent / "data" / "sample" / "inbox"
PATENTS = "专利清单_20211231.jsonl"
PROJECTS = "项目库_20211231.sqlite"


@pytest.fixture
def dropped(tmp_path: Path) -> tuple[Home, IntakeReport]:
    home = Home(tmp_path / "dropped")
    for source in ("register", "patent", "investment"):
        shutil.copytree(SAMPLE / source, home.inbox / source)
    return home, take_in(home)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "pulled")
    shutil.copytree(SAMPLE / "register", home.inbox / "register")
    return home


def held(report: IntakeReport, source: str, table: str = "rows") -> list[tuple[object, ...]]:
    (delivery,) = (d for d in report.deliveries if d.source == source and d.in_force)
    frame = pl.read_parquet(delivery.judged / f"{table}.parquet").drop(
        "delivery_id", "period", "row_number", strict=False
    )
    return sorted(frame.rows(), key=repr)


def test_patents_by_api(home, dropped, http_server: HttpServer, monkeypatch):
    patents = [json.loads(line) for line in (SAMPLE / "patent" / PATENTS).read_text("utf-8").splitlines()]

    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") != "Bearer sesame":
            return Reply(401)
        page, size = int(request.query["page"]), int(request.query["page_size"])
        pages = -(-len(patents) // size)
        body = {"page": page, "pages": pages, "total": len(patents), "data": patents[(page - 1) * size : page * size]}
        return Reply(200, json.dumps(body, ensure_ascii=False).encode())

    http_server.answer = answer
    monkeypatch.setenv("PATENT_API_URL", http_server.url)
    monkeypatch.setenv("PATENT_API_TOKEN", "sesame")
    first = take_in(home, now=datetime(2022, 1, 5, 20, tzinfo=UTC))
    assert first.failures == []
    assert "patent/专利清单_20220106.jsonl" in first.new, "named after the day in Shanghai"
    again = take_in(home, now=datetime(2022, 1, 7, tzinfo=UTC))
    assert again.new == [], "an unchanged list is no new delivery"
    # What conflicts and what repeats does not depend on the order of the list; which repetition stays does not matter.
    assert held(first, "patent") == held(dropped[1], "patent")

    monkeypatch.setenv("PATENT_API_TOKEN", "wrong")
    failed = take_in(home)
    assert len(failed.failures) == 1 and "sesame" not in failed.failures[0] and "wrong" not in failed.failures[0]
    assert held(failed, "patent") == held(first, "patent"), "the list stays as it was"


def test_projects_by_database(home, dropped, postgres: Postgres, monkeypatch):
    contract = load_contracts()["investment"]
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS projects WITH (FORCE)")
        admin.execute("CREATE DATABASE projects")
    url = postgres.url.removesuffix("/postgres") + "/projects"
    types = {"number": "double precision", "date": "date", "flag": "boolean"}
    with (
        psycopg.connect(url, autocommit=True) as connection,
        closing(sqlite3.connect(SAMPLE / "investment" / PROJECTS)) as drop,
    ):
        for table in contract.tables:
            names = [c.name for c in table.columns]
            kinds = [types.get(c.type, "text") for c in table.columns]
            connection.execute(
                f"CREATE TABLE {table.name} ({', '.join(map(' '.join, zip(names, kinds, strict=True)))})"
            )
            rows = [
                [bool(v) if k == "boolean" and v is not None else v for v, k in zip(row, kinds, strict=True)]
                for row in drop.execute(f"SELECT {', '.join(names)} FROM {table.name}")
            ]
            with connection.cursor() as cursor:
                marks = ", ".join(["%s"] * len(names))
                cursor.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
    monkeypatch.setenv("INVESTMENT_DB_URL", url)
    first = take_in(home)
    assert first.failures == []
    for table in contract.tables:
        assert held(first, "investment", table.name) == held(dropped[1], "investment", table.name)
    assert take_in(home).new == []
