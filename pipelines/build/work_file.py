"""The work file: a fresh DuckDB file with the archive's rows as views (`raw`) and what became of them (`audit`).

Columns: docs/architecture.md, "The `raw` schema of the work file". Types come from the contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from pipelines.contracts import Column, Contract, load_contracts
from pipelines.intake.run import Delivery

_TYPES = {"number": "DECIMAL(38,8)", "date": "DATE", "flag": "BOOLEAN"}

_DELIVERY = {
    "delivery_id": pl.String,
    "source": pl.String,
    "file_name": pl.String,
    "period": pl.String,
    "version": pl.Int32,
    "sha256": pl.String,
    "received_at": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "in_force": pl.Boolean,
    "rows_read": pl.Int64,
    "rows_accepted": pl.Int64,
    "rows_quarantined": pl.Int64,
    "rows_duplicate": pl.Int64,
}


def create(deliveries: Sequence[Delivery], run_dir: Path) -> Path:
    """Makes `run_dir/build.duckdb` with schemas `raw` and `audit`; returns its path."""
    run_dir.mkdir(parents=True, exist_ok=True)
    path = run_dir / "build.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        connection.execute("create schema audit")
        for contract in load_contracts().values():
            current = [d for d in deliveries if d.source == contract.source and d.in_force]
            for table, file_name, columns in _tables(contract):
                files = [str(d.judged / file_name) for d in current if d.judged]
                _view(connection, table, columns, files)
        _delivery(connection, deliveries)
        _quarantined(connection, deliveries)
        _cell_notes(connection, deliveries)
    return path


def _tables(contract: Contract) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(table, Parquet file, columns with types) of a source."""
    common = [("delivery_id", "VARCHAR"), ("period", "VARCHAR")]
    if contract.tables:
        return [
            (table.name, f"{table.name}.parquet", common + [_typed(c) for c in table.columns])
            for table in contract.tables
        ]
    columns = list(common)
    if contract.unit_in_row_2:
        columns.append(("money_unit", "VARCHAR"))
    columns += [("row_number", "INTEGER"), ("outcome", "VARCHAR")]
    if contract.enterprise:
        columns += [("enterprise_code", "VARCHAR"), ("matched_by", "VARCHAR")]
    return [(contract.source, "rows.parquet", columns + [_typed(c) for c in contract.columns])]


def _typed(column: Column) -> tuple[str, str]:
    return column.name, _TYPES.get(column.type, "VARCHAR")


def _view(connection: duckdb.DuckDBPyConnection, table: str, columns: list[tuple[str, str]], files: list[str]) -> None:
    """Table and column names are the contract's; a view takes no parameters, so paths are quoted as literals."""
    if files:
        names = ", ".join(f'"{name}"' for name, _ in columns)
        paths = ", ".join("'" + file.replace("'", "''") + "'" for file in sorted(files))
        body = f"select {names} from read_parquet([{paths}])"  # noqa: S608
    else:
        nothing = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns)
        body = f"select {nothing} where false"
    connection.execute(f'create view raw."{table}" as {body}')


def _delivery(connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]) -> None:
    frame = pl.DataFrame(
        [{name: getattr(d, name) for name in _DELIVERY} for d in deliveries], schema=_DELIVERY, orient="row"
    )
    connection.register("frame", frame.to_arrow())
    connection.execute(
        "create table raw.delivery as select * exclude (received_at), received_at::timestamptz as received_at "
        "from frame order by source, period nulls first, version, file_name, delivery_id"
    )
    connection.execute(
        "create table audit.delivery as select source, file_name, period, version, sha256, received_at, status, "
        "reason, rows_read, rows_accepted, rows_quarantined, rows_duplicate from raw.delivery "
        "order by source, period nulls first, version, file_name, sha256"
    )
    connection.unregister("frame")


def _quarantined(connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]) -> None:
    schema = {
        "source": pl.String,
        "file_name": pl.String,
        "sheet": pl.String,
        "row_number": pl.Int32,
        "reason": pl.String,
        "column_name": pl.String,
        "cells": pl.String,
    }
    frames = [
        pl.read_parquet(d.judged / "quarantined.parquet").select(
            pl.lit(d.source).alias("source"),
            pl.lit(d.file_name).alias("file_name"),
            pl.lit(d.sheet, dtype=pl.String).alias("sheet"),
            pl.col("row_number").cast(pl.Int32),
            "reason",
            "column_name",
            "cells",
        )
        for d in deliveries
        if d.in_force and d.rows_quarantined and d.judged
    ]
    _table(connection, "quarantined_row", pl.concat([pl.DataFrame(schema=schema), *frames]))


def _cell_notes(connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]) -> None:
    schema = {
        "source": pl.String,
        "file_name": pl.String,
        "row_number": pl.Int32,
        "column_name": pl.String,
        "cell": pl.String,
        "reason": pl.String,
    }
    frames = [
        pl.read_parquet(d.judged / "notes.parquet").select(
            pl.lit(d.source).alias("source"), pl.lit(d.file_name).alias("file_name"), pl.all()
        )
        for d in deliveries
        if d.in_force and d.judged
    ]
    _table(connection, "cell_note", pl.concat([pl.DataFrame(schema=schema), *frames]))


def _table(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    connection.register("frame", frame.to_arrow())
    connection.execute(
        f'create table audit."{name}" as select * from frame '  # noqa: S608 - names of this module
        "order by source, file_name, row_number nulls first, column_name nulls first"
    )
    connection.unregister("frame")
