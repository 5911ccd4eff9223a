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

# The published audit tables: column → (type, comment). `raw.delivery` has three columns more: id, sheet, in force.
AUDIT: dict[str, tuple[str, dict[str, tuple[pl.DataType, str]]]] = {
    "delivery": (
        "报送记录：收到的每个文件及其处理结果 / Every file that arrived, and what became of it",
        {
            "source": (pl.String(), "来源 / Source"),
            "file_name": (pl.String(), "文件名 / File name"),
            "period": (pl.String(), "所属期 / Period of the file: YYYY-MM, YYYY, YYYY-Qn or YYYY-MM-DD"),
            "version": (pl.Int32(), "更正序号，0 为首次报送 / N of _更正N, 0 for the first"),
            "sha256": (
                pl.String(),
                "文件内容的 SHA-256，即存档中的编号 / SHA-256 of the bytes, its name in the archive",
            ),
            "received_at": (pl.Datetime("us", "UTC"), "收到时间 / Time of the intake; no content of a release"),
            "status": (pl.String(), "accepted 采用，refused 退回，superseded 已被取代 / Outcome of the file"),
            "reason": (pl.String(), "退回原因 / Why it was refused"),
            "rows_read": (
                pl.Int64(),
                "读取行数 = 接受 + 隔离 + 重复 / Rows read = accepted + quarantined + duplicate [行]",
            ),
            "rows_accepted": (pl.Int64(), "接受行数 / Rows accepted [行]"),
            "rows_quarantined": (pl.Int64(), "隔离行数 / Rows quarantined [行]"),
            "rows_duplicate": (pl.Int64(), "重复行数 / Repetitions dropped [行]"),
            "detail": (pl.String(), "退回说明 / What to mend"),
        },
    ),
    "quarantined_row": (
        "隔离行：采用的文件中未能接受的行 / Rows of the files in force that were not accepted",
        {
            "source": (pl.String(), "来源 / Source"),
            "file_name": (pl.String(), "文件名 / File name"),
            "sheet": (pl.String(), "工作表，csv 与清单为空 / Sheet; empty for csv and lists"),
            "row_number": (pl.Int32(), "表中行号 / Row number as in the sheet"),
            "reason": (pl.String(), "原因 / Reason, as the contract names it"),
            "column_name": (pl.String(), "问题列（按文件所印列名） / Offending column, as printed in the file"),
            "cells": (pl.String(), "原始单元格（JSON，按列名） / Original cells, JSON by printed heading"),
        },
    ),
    "cell_note": (
        "置空单元格：行被接受、单元格被置空 / Cells that were nulled while their row stayed",
        {
            "source": (pl.String(), "来源 / Source"),
            "file_name": (pl.String(), "文件名 / File name"),
            "row_number": (pl.Int32(), "表中行号，数据库为空 / Row number as in the sheet; empty for a database"),
            "column_name": (pl.String(), "列名（按文件所印） / Column, as printed in the file"),
            "cell": (pl.String(), "原始内容 / The original cell"),
            "reason": (pl.String(), "原因 / Reason"),
        },
    ),
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
    published = {name: kind for name, (kind, _) in AUDIT["delivery"][1].items()}
    schema = {
        "delivery_id": pl.String(),
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
    schema = {name: kind for name, (kind, _) in AUDIT[table][1].items()}
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
