"""What a release keeps of a night's work file so that what adds up to its figures can be listed again from it alone.

Contributions are not stored: of a county they are millions, of a nation hundreds of millions, and each follows from the
release's own marts. What is kept, in `internal/passports/evidence/`:

* `queries.sql`: the views that list contributions (dbt `int_contribution…`, `int_formula`), as the night computed them
* `tables/<schema>.<table>.parquet`: what they read beside the marts: rules, months, lists, a few rows each
* `rows/<table>[-<year>].parquet`: the rows of every contributor (dbt `int_source_row`), by which figures find files

Marts that they read stand in the release's `internal.duckdb`. `lay` makes of all this a database like the work file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

FOLDER = "evidence"
QUERIES, TABLES, ROWS = "queries.sql", "tables", "rows"
# What passports ask of a work file; the rest follows from their queries.
_ASKED = (
    "intermediate.int_contribution",
    "intermediate.int_contribution_source",
    "intermediate.int_enterprise_year",
    "intermediate.int_formula",
    "marts.dimension",
    "marts.project",
    "staging.stg_delivery",
)
_SOURCE_ROW = "intermediate.int_source_row"
# Their queries are kept; any other view (of staging, over files of the archive) as the rows it has.
_OF_QUERIES = "intermediate"
_OF_RELEASE = "marts"
# A file of rows holds a year of a table: few enough to be sorted in memory, and who asks for some months reads few.
_PIECES = """
    select table_name,
        case when regexp_matches(row_period, '^[0-9]{4}') then substr(row_period, 1, 4) else '' end as year
    from (select distinct table_name, row_period from build.intermediate.int_source_row)
    group by all order by all
"""
_PIECE = """
    select * from build.intermediate.int_source_row
    where table_name = $table
        and case $year when '' then not regexp_matches(row_period, '^[0-9]{4}')
            else starts_with(row_period, $year) end
    order by row_period, contributor_kind, contributor, indicator_id nulls last, delivery_id, row_number, is_estimate
"""


def keep(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Into `folder`, from a connection where the work file is attached as `build`. Every table lies in an order of all
    its columns and is written by one thread, so that equal content gives equal bytes."""
    queries, tables = _needed(con)
    for name in (TABLES, ROWS):
        (folder / name).mkdir(parents=True)
    (folder / QUERIES).write_text("".join(f"{query.rstrip().rstrip(';')};\n" for query in queries), encoding="utf-8")
    with _one_thread(con):
        for table in tables:
            if not table.startswith(f"{_OF_RELEASE}."):
                schema, name = table.split(".")
                query = f'select * from build."{schema}"."{name}" order by all nulls last'  # noqa: S608
                _copy(con, query, folder / TABLES / f"{table}.parquet")
        # one without rows where there is no row at all, so that there is a file to read
        for table, year in con.execute(_PIECES).fetchall() or [("none", "")]:
            piece = f"{table}-{year}" if year else table
            _copy(con, _PIECE, folder / ROWS / f"{piece}.parquet", table=table, year=year)


def lay(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """A database `build` in memory as `keep` found it, from its `folder` and the release's tables (`release`).

    Raises `FileNotFoundError` where nothing is kept there.
    """
    if not (folder / QUERIES).is_file():
        raise FileNotFoundError(
            f"该版本没有数字护照的依据，或为旧格式 the release holds nothing to list contributions from, or in an "
            f"earlier form: {folder}; a release of the next night does"
        )
    con.execute("attach ':memory:' as build")
    con.execute("use build")
    marts = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = 'release' and schema_name = $schema order by all",
        {"schema": _OF_RELEASE},
    ).fetchall()
    sources = {mart: f'release."{_OF_RELEASE}"."{mart.split(".")[1]}"' for (mart,) in marts}
    sources |= {path.stem: _read(path) for path in sorted((folder / TABLES).glob("*.parquet"))}
    sources[_SOURCE_ROW] = _read(folder / ROWS / "*.parquet")
    for schema in sorted({table.split(".")[0] for table in sources} | {_OF_QUERIES}):
        con.execute(f'create schema "{schema}"')
    for table, source in sources.items():
        schema, name = table.split(".")
        con.execute(f'create view "{schema}"."{name}" as select * from {source}')  # noqa: S608
    con.execute((folder / QUERIES).read_text(encoding="utf-8"))
    con.execute("use release")


def _needed(con: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """The queries to keep, each after those it reads, and the tables that they read."""
    views = {
        f"{schema}.{name}": sql
        for schema, name, sql in con.execute(
            "select schema_name, view_name, sql from duckdb_views() where database_name = 'build' and not internal"
        ).fetchall()
    }
    queries: dict[str, str] = {}
    tables: set[str] = set()

    def need(relation: str) -> None:
        if not (relation in views and relation.startswith(f"{_OF_QUERIES}.")):
            tables.add(relation)
        elif relation not in queries:
            for read in _read_by(con, views[relation]):
                need(read)
            queries[relation] = views[relation]

    for relation in _ASKED:
        need(relation)
    return list(queries.values()), sorted(tables)


def _read_by(con: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    """The relations that a view names, as `schema.name`. A name without a schema is one of its own expressions."""
    query = view[view.index(" AS ") + len(" AS ") :]
    ((text,),) = con.execute("select json_serialize_sql($query)", {"query": query}).fetchall()
    parsed = json.loads(text)
    if parsed["error"]:
        raise ValueError(f"DuckDB does not take the query of its own view apart: {parsed['error_message']}: {view}")
    return sorted(_relations(parsed))


def _relations(node: object) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_relations, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(_relations, node.values()))
    if node.get("type") == "BASE_TABLE" and node["schema_name"]:
        found.add(f"{node['schema_name']}.{node['table_name']}")
    return found


@contextmanager
def _one_thread(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.execute("set threads = 1")
    yield
    con.execute("reset threads")


def _read(path: Path) -> str:
    return f"read_parquet('{_quoted(str(path))}')"  # a view takes no parameters


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, **values: str) -> None:
    con.execute(f"copy ({query}) to '{_quoted(str(path))}' (format parquet, compression zstd)", values)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
