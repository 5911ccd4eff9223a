"""The published tables: copied from the work file in a fixed order, with their comments, and digested."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.gate.model import CheckResult
from pipelines.memory import limit
from pipelines.release.draft import Draft

PUBLISHED_SCHEMAS = ("audit", "marts")
# When a delivery arrived (of a province: which release of a county it is) says nothing about its content: left out of
# digests, kept in the table.
NOT_CONTENT = {"audit.delivery": {"received_at", "release_id"}}

# Added when a release is put together: of its night, or of the releases before it, so no rebuild gives them.
NOT_REBUILT = frozenset(
    {
        "audit.check_result",
        "audit.revision",
        "audit.revision_history",
        "audit.disclosure_cell",
        "audit.public_history",
    }
)

VIEWS = Path(__file__).with_name("views.sql")

CHECK_RESULT = "audit.check_result"
CHECK_RESULT_KEY = ("table_name", "check_name")
CHECK_RESULT_COLUMNS = {
    "check_name": "检查名称 name of the check (dbt test or expectation)",
    "table_name": "被检查的表 table the check is about",
    "passed": "是否通过 whether it passed; false only for warnings, a release with a failed check is not published",
    "observed": "实测 what was observed",
}


@dataclass(frozen=True)
class TableDigest:
    """Rows and content of one table, whatever the order its rows are stored in."""

    rows: int
    digest: str


class UnpromisedTable(Exception):
    """A table would be published about which nothing is promised."""


def copy_tables(
    work_file: Path, target: Path, keys: Mapping[str, Sequence[str]], checks: Sequence[CheckResult]
) -> None:
    """Write `target`: every table of the published schemas, ordered by its key (`keys`: `schema.table` to
    columns), key columns NOT NULL, comments carried over, and `audit.check_result` from `checks`.

    No primary keys: their index costs more than the table on a province and the release is never written again;
    that keys are unique is checked before. Raises `UnpromisedTable` for a table without a key in `keys`.
    """
    with duckdb.connect(str(target)) as con:
        limit(con, work_file.parent / "release_spill")
        attach(con, work_file, "work")
        tables = _tables(con, "work")
        if strangers := sorted(set(tables) - set(keys)):
            raise UnpromisedTable(
                f"no suite in expectations/ for {', '.join(strangers)}; write one that names its key and promises"
            )
        for schema in PUBLISHED_SCHEMAS:
            con.execute(f"CREATE SCHEMA {_name(schema)}")
        for table in tables:
            _copy(con, table, keys[table])
        copy_comments(con, "work")
        _write_checks(con, checks)
        con.execute("DETACH work")
        con.execute("CHECKPOINT")


def friendly_views(draft: Draft) -> None:
    """Part of a release: `VIEWS` in its tables."""
    add_views(draft.tables, VIEWS)


def add_views(tables_file: Path, views: Path) -> None:
    """Friendly views (`VIEWS`) in schema `main`, where a reader need not name a schema."""
    with duckdb.connect(str(tables_file)) as con:
        con.execute(views.read_text(encoding="utf-8"))


def attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Make another DuckDB file readable as `name`."""
    con.execute(f"ATTACH {_text(str(path))} AS {_name(name)} (READ_ONLY)")


def table_digests(path: Path) -> dict[str, TableDigest]:
    """`schema.table` to rows and digest, for every published table of a DuckDB file.

    A row is the text of its columns in order; the digest does not depend on the order of rows, nor on when or
    where the file was written, so equal digests mean equal contents.
    """
    with duckdb.connect(str(path), read_only=True) as con:
        limit(con)
        con.execute("SET TimeZone = 'UTC'")
        database = con.execute("SELECT current_database()").fetchall()[0][0]
        return {table: _digest(con, table) for table in _tables(con, database)}


def _digest(con: duckdb.DuckDBPyConnection, table: str) -> TableDigest:
    columns = [
        (name, kind)
        for name, kind, *_ in con.execute(f"DESCRIBE {_qualified(table)}").fetchall()
        if name not in NOT_CONTENT.get(table, set())
    ]
    # Unit separator between cells, NUL for NULL: neither occurs in a cell.
    row = ", ".join(f"coalesce({_name(name)}::VARCHAR, chr(0))" for name, _ in columns)
    rows, folded = con.execute(
        f"SELECT count(*), bit_xor(md5_number(concat_ws(chr(31), {row}))) FROM {_qualified(table)}"  # noqa: S608
    ).fetchall()[0]
    return TableDigest(rows, hashlib.sha256(f"{columns} {rows} {folded}".encode()).hexdigest())


def _tables(con: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    found = con.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
        "WHERE database_name = $database AND list_contains($schemas, schema_name) ORDER BY 1",
        {"database": database, "schemas": list(PUBLISHED_SCHEMAS)},
    ).fetchall()
    return [name for (name,) in found]


def _copy(con: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> None:
    source, target = f"work.{_qualified(table)}", _qualified(table)
    order = ", ".join(f"{_name(column)} NULLS LAST" for column in key)
    con.execute(f"CREATE TABLE {target} AS SELECT * FROM {source} LIMIT 0")  # noqa: S608
    for column in key:
        con.execute(f"ALTER TABLE {target} ALTER {_name(column)} SET NOT NULL")
    con.execute(f"INSERT INTO {target} SELECT * FROM {source} ORDER BY {order}")  # noqa: S608


def copy_comments(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Comments of the tables of the attached database `source`, for those that are here too."""
    there = {"source": source, "schemas": list(PUBLISHED_SCHEMAS)}
    here = "SEMI JOIN (SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()) h "
    tables = con.execute(
        f"SELECT schema_name, table_name, comment FROM duckdb_tables() {here} USING (schema_name, table_name) "  # noqa: S608
        "WHERE database_name = $source AND list_contains($schemas, schema_name) AND comment IS NOT NULL ORDER BY 1, 2",
        there,
    ).fetchall()
    columns = con.execute(
        "SELECT c.schema_name, c.table_name, c.column_name, c.comment FROM duckdb_columns() c "  # noqa: S608
        f"SEMI JOIN duckdb_tables() t USING (database_oid, schema_oid, table_oid) {here} "
        "USING (schema_name, table_name) "
        "WHERE c.database_name = $source AND list_contains($schemas, c.schema_name) AND c.comment IS NOT NULL "
        "ORDER BY 1, 2, c.column_index",
        there,
    ).fetchall()
    with _at_once(con):
        for schema, table, comment in tables:
            con.execute(f"COMMENT ON TABLE {_name(schema)}.{_name(table)} IS {_text(comment)}")
        for schema, table, column, comment in columns:
            con.execute(f"COMMENT ON COLUMN {_name(schema)}.{_name(table)}.{_name(column)} IS {_text(comment)}")


def write_comments(con: duckdb.DuckDBPyConnection, comments: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
    """`comments`: `schema.table` to its own comment and those of its columns."""
    with _at_once(con):
        for table, (about, columns) in comments.items():
            con.execute(f"COMMENT ON TABLE {_qualified(table)} IS {_text(about)}")
            for column, comment in columns.items():
                con.execute(f"COMMENT ON COLUMN {_qualified(table)}.{_name(column)} IS {_text(comment)}")


def _write_checks(con: duckdb.DuckDBPyConnection, checks: Sequence[CheckResult]) -> None:
    con.execute(
        f"CREATE TABLE {CHECK_RESULT} (check_name VARCHAR NOT NULL, table_name VARCHAR NOT NULL, "
        "passed BOOLEAN NOT NULL, observed VARCHAR)"
    )
    rows = [(c.name, c.table, c.passed, c.observed) for c in sorted(checks, key=lambda c: c.key)]
    with _at_once(con):
        if rows:
            con.executemany(f"INSERT INTO {CHECK_RESULT} VALUES (?, ?, ?, ?)", rows)  # noqa: S608
    about = "本次发布的全部检查结果 every check that ran before this release"
    write_comments(con, {CHECK_RESULT: (about, CHECK_RESULT_COLUMNS)})


@contextmanager
def _at_once(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Many small statements as one: each of its own would wait for the disk."""
    con.begin()
    yield
    con.commit()


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _qualified(table: str) -> str:
    schema, _, name = table.partition(".")
    return f"{_name(schema)}.{_name(name)}"


def _text(value: str) -> str:
    """A literal, for statements that take no parameters (ATTACH, COMMENT ON)."""
    return "'" + value.replace("'", "''") + "'"
