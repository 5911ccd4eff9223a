"""How much memory DuckDB may take, and how often Python looks for memory to give back."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import duckdb

OBJECTS = 100_000
# As in the dbt profile. DuckDB's own default is most of the machine's memory, in every process.
LIMIT_VARIABLE, LIMIT = "FENGHUANG_MEMORY_LIMIT", "4GB"


def limit(con: duckdb.DuckDBPyConnection, spill: Path | None = None) -> None:
    """`con` takes no more than `FENGHUANG_MEMORY_LIMIT`; what does not fit waits in the folder `spill`, where one is
    given, which is gone when `con` is closed."""
    con.execute("set memory_limit = $limit", {"limit": os.environ.get(LIMIT_VARIABLE) or LIMIT})
    if spill:
        con.execute("set temp_directory = $folder", {"folder": str(spill)})


def collect_seldom() -> None:
    """Look for dead cycles after `OBJECTS` new objects, not after 700: importing Dagster, dbt or Great Expectations
    makes millions that live, and looking through them again and again is a sixth of the time. For a process of one
    night."""
    gc.set_threshold(OBJECTS, 20, 100)
