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
from dbt.adapters.factory import get_adapter_by_type
from dbt.adapters.spark import SparkAdapter
from dbt.adapters.spark.connections import SparkCredentials

from pipelines.build.dbt_project import WORK_FILE_VARIABLE
from pipelines.spark.night import FOLDER_VARIABLE
from pipelines.spark.server import Server
from pipelines.spark.tables import Nodes, Place, fetch


class Series:
    """A table of the night for a Python model; `pl()` as DuckDB's relations have it."""

    def __init__(self, files: Path) -> None:
        self._files = files

    def pl(self) -> pl.DataFrame:
        return pl.read_parquet(self._files / "*.parquet")


class BesideDbt(PythonJobHelper):
    """Runs a Python model in dbt's own process. Its code ends in `write(model(...), table)` (macros/dialect.sql)."""

    def __init__(self, parsed_model: dict[str, Any], credentials: SparkCredentials) -> None:
        self._place = place(credentials)

    def submit(self, compiled_code: str) -> None:
        names: dict[str, Callable[..., Any]] = {"table": self._table, "write": self._write}
        exec(compile(compiled_code, "python model", "exec"), names)

    def _table(self, name: str) -> Series:
        return Series(self._folder(name))

    def _write(self, made: pa.Table, name: str) -> None:
        folder = self._folder(name)
        folder.mkdir(parents=True)
        pl.DataFrame(made).write_parquet(folder / "00000.parquet")
        with self._place.server.session() as cursor:
            cursor.execute(f"create table {name} using parquet location '{folder}'")

    def _folder(self, name: str) -> Path:
        database, _, table = name.replace("`", "").partition(".")
        return self._place.table(database.removeprefix(f"{self._place.prefix}_"), table)


def place(credentials: SparkCredentials) -> Place:
    """Where the night that this process builds lies."""
    folder = Path(os.environ[FOLDER_VARIABLE])
    return Place(Server(str(credentials.host), credentials.port), str(credentials.schema), folder)


def fetch_built(target: Path, compiled: Nodes) -> None:
    """What dbt just built in this process into the night's work file (`tables.fetch`)."""
    fetch(
        place(get_adapter_by_type("spark").config.credentials), target, compiled, Path(os.environ[WORK_FILE_VARIABLE])
    )


def install() -> None:
    """Sessions and Python models of dbt-spark as described above, in this process."""
    post_init = SparkCredentials.__post_init__

    def ansi_on(self: SparkCredentials) -> None:
        # It turns ANSI off in every session, and a cast that fails would be NULL in silence.
        post_init(self)
        self.server_side_parameters["spark.sql.ansi.enabled"] = "true"

    SparkCredentials.__post_init__ = ansi_on
    SparkAdapter.default_python_submission_method = property(lambda self: "beside_dbt")
    SparkAdapter.python_submission_helpers = property(lambda self: {"beside_dbt": BesideDbt})
