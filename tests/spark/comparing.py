"""Two DuckDB files of the same tables, compared key by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

TOLERANCE = 1e-9
# Of its night, or of its place in time, whatever was computed.
NOT_COMPARED = {"audit.delivery": {"received_at"}}


def differences(left: Path, right: Path, keys: Mapping[str, Sequence[str]]) -> list[str]:
    """What differs between the tables `keys` names (`schema.table` to key columns) of two files.

    Columns, their types and comments, keys, NULLs and every cell exactly; doubles within `TOLERANCE` of the larger.
    """
    found: list[str] = []
    with duckdb.connect() as con:
        for name, path in (("l", left), ("r", right)):
            con.execute(f"attach '{path}' as {name} (read_only)")
        for table, key in keys.items():
            columns, others = (_columns(con, name, table) for name in ("l", "r"))
            if columns != others:
                found.append(f"{table}: columns {sorted(set(columns) ^ set(others))}")
                continue
            found += _of_table(con, table, key, [(name, kind) for name, kind, _ in columns])
    return found


def _columns(con: duckdb.DuckDBPyConnection, database: str, table: str) -> list[tuple[str, str, str]]:
    columns = con.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where database_name = $database and schema_name || '.' || table_name = $table order by column_index",
        {"database": database, "table": table},
    ).fetchall()
    assert columns, f"no {table} in {database}"
    return columns


def _of_table(
    con: duckdb.DuckDBPyConnection, table: str, key: Sequence[str], columns: Sequence[tuple[str, str]]
) -> list[str]:
    found = []
    on = " and ".join(f'l."{name}" is not distinct from r."{name}"' for name in key)
    lonely = f"select count(*) from {{}}.{table} as l where not exists (select 1 from {{}}.{table} as r where {on})"
    for here, there in (("l", "r"), ("r", "l")):
        ((missing,),) = con.execute(lonely.format(here, there)).fetchall()
        if missing:
            found.append(f"{table}: {missing} keys are in one only")
    joined = f"from l.{table} as l inner join r.{table} as r on {on}"
    for name, kind in columns:
        if name in NOT_COMPARED.get(table, ()):
            continue
        a, b = f'l."{name}"', f'r."{name}"'
        unequal = f"{a} is distinct from {b}"
        if kind == "DOUBLE":
            close = f"abs({a} - {b}) <= {TOLERANCE} * greatest(abs({a}), abs({b}))"
            unequal += f" and not coalesce({close}, false)"
        where = ", ".join(f'l."{column}"' for column in key)
        rows = con.execute(f"select {where}, {a}, {b} {joined} where {unequal}").fetchall()
        if rows:
            found.append(f"{table}.{name}: {len(rows)} rows differ, the first {rows[0]}")
    return found
