"""Tables from Parquet into a DuckDB file with comments and views: a process of its own, so that the file can hold
nothing but what it was given. `python -m pipelines.disclosure.writer FOLDER TARGET [VIEWS]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from pipelines.release.tables import add_views, write_comments

COMMENTS = "comments.json"


def write(folder: Path, target: Path, views: Path | None = None) -> None:
    """Every `schema.table.parquet` of `folder`; `comments.json`: table to its comment and those of its columns;
    `views`: SQL that is run in the end."""
    comments = json.loads((folder / COMMENTS).read_text(encoding="utf-8"))
    with duckdb.connect(str(target), config={"threads": 1}) as con:
        for schema in sorted({path.name.partition(".")[0] for path in folder.glob("*.parquet")}):
            con.execute(f"CREATE SCHEMA {schema}")
        for path in sorted(folder.glob("*.parquet")):
            given = str(path).replace("'", "''")
            con.execute(f"CREATE TABLE {path.stem} AS SELECT * FROM read_parquet('{given}')")  # noqa: S608
        write_comments(con, comments)
        con.execute("CHECKPOINT")
    if views is not None:
        add_views(target, views)


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
