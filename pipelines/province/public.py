"""The province's `public.duckdb`: the tables of the work file's schema `public`, which the gate has checked."""

from __future__ import annotations

import duckdb

from pipelines.disclosure.public import write_apart
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE
from pipelines.release.tables import attach, write_comments


def write_public_part(draft: Draft) -> None:
    """Part of a release."""
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        attach(con, draft.work_file, "work")
        con.execute("create schema marts")
        tables = con.execute(
            "select table_name, comment from duckdb_tables() where database_name = 'work' and schema_name = 'public' "
            "order by table_name"
        ).fetchall()
        for table, about in tables:
            columns = con.execute(
                "select column_name, comment from duckdb_columns() where database_name = 'work' "
                "and schema_name = 'public' and table_name = $table order by column_index",
                {"table": table},
            ).fetchall()
            con.execute(f"create table marts.{table} as select * from work.public.{table} order by all")  # noqa: S608
            write_comments(con, {f"marts.{table}": (about, dict(columns))})
        con.execute("detach work")
        write_apart(con, draft.folder / PUBLIC_FILE, None)
