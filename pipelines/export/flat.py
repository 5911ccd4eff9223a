"""Parquet and CSV: a file a table, rows in the order of the key."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.export.formula import neutralised_sql
from pipelines.export.public import PublicTable, quoted

ROW_GROUP = 122_880  # DuckDB's own: each group is read by one thread


def write_parquet(connection: duckdb.DuckDBPyConnection, table: PublicTable, path: Path) -> None:
    """The true text and the full figures, zstd; table and columns carry their descriptions as Arrow metadata."""
    import pyarrow.parquet as pq

    # The query names only identifiers of the file itself.
    found = connection.sql(f"select * from {table.source} order by {table.order}").to_arrow_table()  # noqa: S608
    schema = found.schema
    for position, column in enumerate(table.columns):
        field = schema.field(position).with_nullable(not column.required)
        schema = schema.set(
            position, field.with_metadata({"description": column.words.both, **_unit(column.words.unit)})
        )
    schema = schema.with_metadata({"description": table.words.both, "key": ",".join(table.key)})
    pq.write_table(
        found.cast(schema), path, compression="zstd", compression_level=9, row_group_size=ROW_GROUP, version="2.6"
    )


def _unit(unit: str | None) -> dict[str, str]:
    return {"unit": unit} if unit else {}


def write_csv(connection: duckdb.DuckDBPyConnection, table: PublicTable, path: Path) -> None:
    """UTF-8 with BOM (Excel knows no other way that it is UTF-8), RFC 4180, nulls empty, an empty text `""`.

    Figures in as many digits as give back the same double. Formula-like text is neutralised (`formula.py`).
    """
    chosen = ", ".join(
        f"{neutralised_sql(quoted(c.name))} as {quoted(c.name)}" if c.is_text else quoted(c.name) for c in table.columns
    )
    found = connection.sql(f"select {chosen} from {table.source} order by {table.order}").pl()  # noqa: S608
    found.write_csv(path, include_bom=True, line_terminator="\r\n", date_format="%Y-%m-%d")
