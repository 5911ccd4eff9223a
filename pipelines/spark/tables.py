"""The tables of a night in Spark: `raw` over the archive's Parquet, and what dbt made of it, back into the work file.

Both ways are files: the cluster sees the home under the same path, so rows never pass through the Thrift server.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.build.work_file import tables_of
from pipelines.contracts import load_contracts
from pipelines.intake.run import Delivery
from pipelines.spark.cluster import connect

SCHEMAS = ("raw", "seeds", "staging", "intermediate", "marts")
_TYPES = {"VARCHAR": "string", "INTEGER": "int", "TIMESTAMP WITH TIME ZONE": "timestamp"}


@dataclass(frozen=True)
class Place:
    """Where a night's databases lie: those of the Thrift server at `port` called `prefix_<schema>`, in `folder`."""

    port: int
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
    with connect(place.port) as cursor:
        for schema in SCHEMAS:
            cursor.execute(f"create database {place.database(schema)} location {_text(place.folder / schema)}")
        for table, columns in tables.items():
            typed = ", ".join(f"`{name}` {_TYPES.get(kind, kind)}" for name, kind in columns)
            cursor.execute(
                f"create table {place.database('raw')}.`{table}` ({typed}) using parquet "
                f"location {_text(place.table('raw', table))}"
            )


def drop(place: Place) -> None:
    """The night's databases and their files."""
    with connect(place.port) as cursor:
        for schema in SCHEMAS:
            cursor.execute(f"drop database if exists {place.database(schema)} cascade")
    shutil.rmtree(place.folder, ignore_errors=True)


def fetch(place: Place, manifest: dict[str, Any], work_file: Path) -> None:
    """The seeds and models that dbt built at `place`, as DuckDB's own build leaves them in `work_file`: schemas, names,
    order of columns, comments; views over `raw` are made there again."""
    raise NotImplementedError


def _text(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
