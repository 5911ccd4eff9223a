"""The tables of a night in Spark: `raw` over the archive's Parquet, and what dbt made of it, back into the work file.

Both ways are files: the cluster sees the home under the same path, so rows never pass through the Thrift server.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.build.work_file import tables_of
from pipelines.contracts import load_contracts
from pipelines.intake.run import Delivery
from pipelines.spark.server import Server

SCHEMAS = ("raw", "seeds", "staging", "intermediate", "marts")
_TYPES = {"VARCHAR": "string", "INTEGER": "int", "TIMESTAMP WITH TIME ZONE": "timestamp"}

Nodes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Place:
    """Where a night's databases lie: called `prefix_<schema>` at `server`, their files in `folder`."""

    server: Server
    prefix: str
    folder: Path

    def database(self, schema: str) -> str:
        return f"{self.prefix}_{schema}"

    def table(self, schema: str, name: str) -> Path:
        return self.folder / schema / name


def register(place: Place, deliveries: Sequence[Delivery], work_file: Path) -> None:
    """Databases of a night's own, in place of any that were left over, with the tables of `raw`: each a folder of links
    to the Parquet of the deliveries in force; `raw.delivery` as the work file has it."""
    drop(place)
    tables: dict[str, list[tuple[str, str]]] = {}
    for contract in load_contracts().values():
        current = [d for d in deliveries if d.source == contract.source and d.in_force]
        for table, file_name, columns in tables_of(contract):
            folder = place.table("raw", table)
            folder.mkdir(parents=True)
            for number, file in enumerate(sorted(str(d.judged / file_name) for d in current if d.judged)):
                (folder / f"{number:05}.parquet").symlink_to(file)
            tables[table] = columns
    folder = place.table("raw", "delivery")
    folder.mkdir(parents=True)
    with duckdb.connect(str(work_file), read_only=True) as con:
        delivery = con.table("raw.delivery")
        tables["delivery"] = [(name, str(kind)) for name, kind in zip(delivery.columns, delivery.types, strict=True)]
        delivery.write_parquet(str(folder / "00000.parquet"))
    with place.server.session() as cursor:
        for schema in SCHEMAS:
            cursor.execute(f"create database {place.database(schema)} location {_spark_text(place.folder / schema)}")
        for table, columns in tables.items():
            typed = ", ".join(f"`{name}` {_TYPES.get(kind, kind)}" for name, kind in columns)
            cursor.execute(
                f"create table {place.database('raw')}.`{table}` ({typed}) using parquet "
                f"location {_spark_text(place.table('raw', table))}"
            )


def drop(place: Place) -> None:
    """The night's databases and their files."""
    with place.server.session() as cursor:
        for schema in SCHEMAS:
            cursor.execute(f"drop database if exists {place.database(schema)} cascade")
    shutil.rmtree(place.folder, ignore_errors=True)


def fetch(place: Place, target: Path, compiled: Nodes, work_file: Path) -> None:
    """What dbt built at `place`, as its own build in DuckDB leaves it in `work_file`: schemas, names, types, comments.

    `target`: the folder of dbt's artifacts, which name what was built, in that order. Tables come as rows; a view is
    made again by its query for DuckDB in `compiled`.
    """
    nodes: Nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    ran = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    with duckdb.connect(str(work_file)) as con:
        for unique_id in (result["unique_id"] for result in ran if result["status"] == "success"):
            node = nodes[unique_id]
            schema, name = node["config"]["schema"], node["alias"]
            table = f"{_name(schema)}.{_name(name)}"
            con.execute(f"create schema if not exists {_name(schema)}")
            if node["config"]["materialized"] == "view":
                con.execute(f"create view {table} as {compiled[unique_id]['compiled_code']}")
            else:
                con.execute(f"create table {table} as {_rows(con, node, place)}")
            _comment(con, table, node)


def _rows(con: duckdb.DuckDBPyConnection, node: Mapping[str, Any], place: Place) -> str:
    """The rows of a table of Spark's, in the types that the project declares; elsewhere in Spark's."""
    schema, name = node["config"]["schema"], node["alias"]
    folder = place.table(schema, name)
    if any(folder.glob("*.parquet")):
        rows = f"from read_parquet({_text(str(folder / '*.parquet'))})"
        found = [(column, kind) for column, kind, *_ in con.execute(f"describe {rows}").fetchall()]
    else:
        # Spark writes no file for a table without rows.
        rows = "where false"
        with place.server.session() as cursor:
            cursor.execute(f"describe {place.database(schema)}.`{name}`")
            found = [(column, kind) for column, kind, *_ in cursor.fetchall()]
    types = dict(found) | {c: column["data_type"] for c, column in node["columns"].items() if column.get("data_type")}
    types |= node["config"].get("column_types") or {}
    value = _name if "parquet" in rows else lambda column: "null"
    columns = ", ".join(f"cast({value(column)} as {types[column]}) as {_name(column)}" for column, _ in found)
    return f"select {columns} {rows}"


def _comment(con: duckdb.DuckDBPyConnection, table: str, node: Mapping[str, Any]) -> None:
    kept = node["config"].get("persist_docs") or {}
    if kept.get("relation") and node["description"]:
        con.execute(f"comment on table {table} is {_text(node['description'])}")
    if kept.get("columns"):
        for name, column in node["columns"].items():
            if column["description"]:
                con.execute(f"comment on column {table}.{_name(name)} is {_text(column['description'])}")


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _spark_text(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
