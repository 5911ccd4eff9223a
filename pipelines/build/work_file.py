"""The work file: a fresh DuckDB file with the archive's rows as views (`raw`) and what became of them (`audit`).

Columns: docs/architecture.md, "The `raw` schema of the work file". Types come from the contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from pipelines.build.audit_tables import AUDIT
from pipelines.contracts import Column, Contract, load_contracts
from pipelines.intake.run import Delivery

_TYPES = {"number": "DECIMAL(38,8)", "date": "DATE", "flag": "BOOLEAN"}

_POLARS = {
    "VARCHAR": pl.String(),
    "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(),
    "TIMESTAMP WITH TIME ZONE": pl.Datetime("us", "UTC"),
}


def create(deliveries: Sequence[Delivery], run_dir: Path, before: Path | None = None) -> Path:
    """Makes `run_dir/build.duckdb` with schemas `raw` and `audit`; returns its path.

    `before`: the tables of the release before, of which `raw.published_before` keeps which months were there.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    path = run_dir / "build.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        connection.execute("create schema audit")
        for contract in load_contracts().values():
            current = [d for d in deliveries if d.source == contract.source and d.in_force]
            for table, file_name, columns in tables_of(contract):
                files = [str(d.judged / file_name) for d in current if d.judged]
                _view(connection, table, columns, files)
        _delivery(connection, deliveries)
        _rows_of(connection, deliveries, "quarantined_row", "quarantined.parquet")
        _rows_of(connection, deliveries, "cell_note", "notes.parquet")
        _published_before(connection, before)
    return path


def _published_before(connection: duckdb.DuckDBPyConnection, before: Path | None) -> None:
    """For the promise that no month is lost; no part of a release."""
    connection.execute("create table raw.published_before (indicator_id varchar, period varchar, is_known boolean)")
    if before is None:
        return
    name = "'" + str(before).replace("'", "''") + "'"
    connection.execute(f"attach {name} as before (read_only)")
    connection.execute(
        "insert into raw.published_before select indicator_id, period, value is not null "
        "from before.marts.indicator_value where breakdown = 'county' order by indicator_id, period"
    )
    connection.execute("detach before")


def tables_of(contract: Contract) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(table, Parquet file, columns with types) of a source."""
    common = [("delivery_id", "VARCHAR"), ("period", "VARCHAR")]
    if contract.tables:
        return [
            (
                table.name,
                f"{table.name}.parquet",
                [*common, ("row_number", "INTEGER"), *(_typed(c) for c in table.columns)],
            )
            for table in contract.tables
        ]
    columns = list(common)
    if contract.unit_in_row_2:
        columns.append(("money_unit", "VARCHAR"))
    columns += [("row_number", "INTEGER"), ("outcome", "VARCHAR")]
    if contract.enterprise:
        columns += [("enterprise_code", "VARCHAR"), ("matched_by", "VARCHAR")]
        if contract.enterprise.below_scale_by_name:
            columns.append(("identity", "VARCHAR"))
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
    published = {name: _POLARS[kind] for name, (kind, _) in AUDIT["delivery"][1].items()}
    schema = {
        "delivery_id": pl.String(),
        "county_code": pl.String(),
        "in_force": pl.Boolean(),
        "sheet": pl.String(),
        **published,
        "received_at": pl.String(),
    }
    rows = [{name: getattr(delivery, name) for name in schema} for delivery in deliveries]
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("received_at").str.to_datetime(time_unit="us", time_zone="UTC")
    )
    order = ["source", "period", "version", "file_name", "sha256"]
    frame = frame.sort(order, nulls_last=False)
    _table(connection, "raw.delivery", frame)
    _table(connection, "audit.delivery", frame.select(*published))
    _comment(connection, "delivery")


def _rows_of(connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], table: str, file_name: str) -> None:
    """An audit table of rows kept beside the judged ones of each delivery in force."""
    schema = {name: _POLARS[kind] for name, (kind, _) in AUDIT[table][1].items()}
    of_file = ("source", "file_name", "sheet")
    frames = [
        pl.read_parquet(d.judged / file_name).select(
            pl.lit(getattr(d, name), dtype=kind).alias(name) if name in of_file else pl.col(name).cast(kind)
            for name, kind in schema.items()
        )
        for d in deliveries
        if d.in_force and d.judged and (d.judged / file_name).exists()
    ]
    frame = pl.concat([pl.DataFrame(schema=schema), *frames])
    order = ["source", "file_name", "row_number", "column_name"]
    _table(connection, f"audit.{table}", frame.sort(order, nulls_last=False, maintain_order=True))
    if "cells" in schema:
        connection.execute(f"alter table audit.{table} alter cells type json")
    _comment(connection, table)


def _table(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    connection.register("frame", frame.to_arrow())
    connection.execute(f"create table {name} as select * from frame")  # noqa: S608 - names of this module
    connection.unregister("frame")


def _comment(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    meaning, columns = AUDIT[table]
    connection.execute(f"comment on table audit.{table} is '{meaning}'")
    for name, (_, comment) in columns.items():
        connection.execute(f"comment on column audit.{table}.{name} is '{comment}'")
