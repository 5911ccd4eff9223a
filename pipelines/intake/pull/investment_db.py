"""The project library of 县商务局, read from its PostgreSQL database (contract: `investment`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import adbc_driver_postgresql.dbapi as postgresql
from adbc_driver_manager import dbapi

from pipelines.contracts import Column, Table, load_contracts
from pipelines.intake.pull import PullError

MAX_ROWS = 5_000_000  # of one table: far above a province's projects × months

# The waits end by themselves: a server that hangs must not hang the night.
CONNECT_OPTIONS = {"connect_timeout": "15", "tcp_user_timeout": "60000"}
SESSION = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL statement_timeout = '10min'",
    "SET LOCAL lock_timeout = '30s'",
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL extra_float_digits = 1",
)
SQLITE_TYPES = {"number": "real", "flag": "integer"}
FLAGS = {"true": "1", "false": "0"}


def fetch_investment(url: str, *, max_rows: int = MAX_ROWS) -> bytes:
    """The three project tables as the bytes of a SQLite file, the form of `项目库_YYYYMMDD.sqlite`.

    Tables and columns are those of the contract `investment`, nothing else is read. All three come from
    one repeatable-read snapshot. Flags become 1 and 0, numbers real, dates ISO text; rows stand in the
    order of their columns, so the same content gives the same bytes.

    Raises `PullError` where the database cannot be reached, or does not hold what the contract says.
    """
    address, secrets = _checked_url(url)
    tables = load_contracts()["investment"].tables
    try:
        with closing(postgresql.connect(address)) as connection, closing(connection.cursor()) as cursor:
            for statement in SESSION:
                cursor.execute(statement)
            content = [(table, sorted(_rows(cursor, table, max_rows), key=_order)) for table in tables]
            connection.rollback()
    except dbapi.Error as error:
        raise _explained(error, secrets) from None  # the driver's own text may quote the address
    return _sqlite_bytes(content)


Row = tuple[str | None, ...]


def _checked_url(url: str) -> tuple[str, list[str]]:
    """(the address with our time-outs, the secrets that no message may show)."""
    wrong = PullError(
        "INVESTMENT_DB_URL 应形如 postgresql://用户:口令@主机:5432/库名（口令中的特殊字符用 %xx 表示）。",
        "INVESTMENT_DB_URL must look like postgresql://user:password@host:5432/database "
        "(write special characters of the password as %xx).",
    )
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
        query = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("postgresql", "postgres") or not (parts.hostname or "host" in query):
        raise wrong
    if len(parts.path) < 2 and "dbname" not in query:
        raise wrong
    password = parts.password or ""
    secrets = [password, unquote(password), query.get("password", ""), query.get("sslpassword", "")]
    ours = [f"{name}={value}" for name, value in CONNECT_OPTIONS.items() if name not in query]
    address = urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, *ours]))))
    return address, sorted({secret for secret in secrets if secret}, key=len, reverse=True)


def _rows(cursor: dbapi.Cursor, table: Table, max_rows: int) -> Iterator[Row]:
    # Names come from the contract, never from data; every value as text, so that numeric and double,
    # boolean and integer, date and text columns all arrive exactly and in one form.
    columns = ", ".join(f'"{column.name}"::text' for column in table.columns)
    cursor.execute(f'SELECT {columns} FROM "{table.name}" LIMIT {max_rows + 1}')  # noqa: S608
    count = 0
    for batch in cursor.fetch_record_batch():
        count += batch.num_rows
        if count > max_rows:
            raise PullError(
                f"投资项目库的表 {table.name} 超过 {max_rows} 行的上限；请核对 INVESTMENT_DB_URL。",
                f"Table {table.name} holds more than {max_rows} rows; check that INVESTMENT_DB_URL is right.",
            )
        cells = [
            [_cell(column, value) for value in values.to_pylist()]
            for column, values in zip(table.columns, batch.columns, strict=True)
        ]
        yield from zip(*cells, strict=True)


def _cell(column: Column, value: str | None) -> str | None:
    if value is None:
        return None
    if column.type == "flag":
        return FLAGS.get(value, value)
    if column.type == "date":
        return value.removesuffix(" 00:00:00")
    return value


def _order(row: Row) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, value or "") for value in row)


def _sqlite_bytes(content: list[tuple[Table, list[Row]]]) -> bytes:
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute("PRAGMA page_size = 4096")
        memory.execute("PRAGMA encoding = 'UTF-8'")
        for table, rows in content:
            columns = ", ".join(f'"{column.name}" {SQLITE_TYPES.get(column.type, "text")}' for column in table.columns)
            memory.execute(f'CREATE TABLE "{table.name}" ({columns})')
            marks = ", ".join("?" for _ in table.columns)
            memory.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', rows)  # noqa: S608
        memory.commit()
        image = bytearray(memory.serialize())
    image[96:100] = bytes(4)  # the library's version number: content must not depend on it
    return bytes(image)


def _explained(error: dbapi.Error, secrets: list[str]) -> PullError:
    detail = " ".join(str(error).split())
    for secret in secrets:
        detail = detail.replace(secret, "***")
    detail = detail[:400]
    if "authentication failed" in detail or "no password supplied" in detail:
        return PullError(
            f"投资项目库拒绝登录：请核对 INVESTMENT_DB_URL 中的用户和口令。（{detail}）",
            "The investment database refused the login: check user and password in INVESTMENT_DB_URL.",
        )
    if "does not exist" in detail and ("relation" in detail or "column" in detail):
        return PullError(
            f"投资项目库缺少约定的表或列：请县商务局核对三张项目表。（{detail}）",
            "The investment database lacks a table or column of the contract; ask its bureau to check.",
        )
    if "permission denied" in detail:
        return PullError(
            f"投资项目库的用户没有读取权限：请县商务局授予三张表的 SELECT 权限。（{detail}）",
            "The user may not read the investment tables; ask for SELECT on all three.",
        )
    return PullError(
        f"投资项目库不可读：请核对 INVESTMENT_DB_URL、网络和数据库是否在运行。（{detail}）",
        "The investment database cannot be read: check INVESTMENT_DB_URL, the network and the server.",
    )
