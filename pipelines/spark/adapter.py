"""What dbt-spark lacks for this project: sessions that keep ANSI on, and Python models beside dbt instead of on a
cluster of Databricks. `install()` before dbt runs; nothing of dbt's own files is touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from dbt.adapters.base import PythonJobHelper
from dbt.adapters.spark import SparkAdapter
from dbt.adapters.spark.connections import SparkCredentials

from pipelines.spark.cluster import connect
from pipelines.spark.tables import Place

FOLDER_VARIABLE = "FENGHUANG_SPARK_FOLDER"


class Series:
    """A table of the night for a Python model; `pl()` as DuckDB's relations have it."""

    def __init__(self, files: Path) -> None:
        self._files = files

    def pl(self) -> pl.DataFrame:
        return pl.read_parquet(self._files / "*.parquet")


class BesideDbt(PythonJobHelper):
    """Runs a Python model in dbt's own process. Its code ends in `write(model(...), table)` (macros/dialect.sql)."""

    def __init__(self, parsed_model: dict[str, Any], credentials: SparkCredentials) -> None:
        self._place = Place(credentials.port, str(credentials.schema), Path(os.environ[FOLDER_VARIABLE]))

    def submit(self, compiled_code: str) -> None:
        names: dict[str, Callable[..., Any]] = {"table": self._table, "write": self._write}
        exec(compile(compiled_code, "python model", "exec"), names)

    def _table(self, name: str) -> Series:
        return Series(self._folder(name))

    def _write(self, made: pa.Table, name: str) -> None:
        folder = self._folder(name)
        folder.mkdir(parents=True)
        pl.DataFrame(made).write_parquet(folder / "00000.parquet")
        with connect(self._place.port) as cursor:
            cursor.execute(f"create table {name} using parquet location '{folder}'")

    def _folder(self, name: str) -> Path:
        database, _, table = name.replace("`", "").partition(".")
        return self._place.table(database.removeprefix(f"{self._place.prefix}_"), table)


def install() -> None:
    post_init = SparkCredentials.__post_init__

    def ansi_on(self: SparkCredentials) -> None:
        # It turns ANSI off in every session, and a cast that fails would be NULL in silence.
        post_init(self)
        self.server_side_parameters["spark.sql.ansi.enabled"] = "true"

    SparkCredentials.__post_init__ = ansi_on
    SparkAdapter.default_python_submission_method = property(lambda self: "beside_dbt")
    SparkAdapter.python_submission_helpers = property(lambda self: {"beside_dbt": BesideDbt})
