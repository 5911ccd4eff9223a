"""What earlier releases made public: a memory that grows by what changed and outlives the releases it came from.

`audit.public_history` of internal.duckdb: version, KEY, side, FACTS, is_public. A row says that from this version on
the cell held this and was public or not; a cell that is gone is there with 0. Versions count the releases that changed
any.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from pipelines.disclosure.facts import FACTS, KEY

TABLE = "audit.public_history"
SCHEMA: dict[str, type[pl.DataType]] = {
    "version": pl.Int32,
    **{column: pl.String for column in (*KEY, "side")},
    "n_contributors": pl.Int32,
    **{column: pl.Float64 for column in FACTS[1:]},
    "is_public": pl.Boolean,
}
CELL = [*KEY, "side"]


def no_history() -> pl.DataFrame:
    """Before the first release."""
    return pl.DataFrame(schema=SCHEMA)


def read_history(tables_file: Path) -> pl.DataFrame:
    """The memory that a release holds; none where it was made before there was one."""
    with duckdb.connect(str(tables_file), read_only=True) as con:
        schema, _, name = TABLE.partition(".")
        there = con.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name = $schema AND table_name = $name",
            {"schema": schema, "name": name},
        ).fetchall()[0][0]
        if not there:
            return no_history()
        order = ", ".join(["version", *CELL])
        return con.sql(f"SELECT {', '.join(SCHEMA)} FROM {TABLE} ORDER BY {order}").pl()  # noqa: S608


def in_force(history: pl.DataFrame, version: int | None = None) -> pl.DataFrame:
    """The cells as they stood in a version, or in the newest."""
    upto = history if version is None else history.filter(pl.col("version") <= version)
    return upto.sort("version").unique(CELL, keep="last", maintain_order=True)


def extended(history: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The memory with what this release changes; `now`: CELL, FACTS, is_public of every cell it is about."""
    last = in_force(history)
    facts = [*FACTS, "is_public"]
    changed = now.join(last.select([*CELL, *facts]), on=[*CELL, *facts], how="anti", nulls_equal=True)
    gone = last.filter(pl.col("total") != 0).join(now, on=CELL, how="anti")
    gone = gone.with_columns([pl.lit(0).cast(SCHEMA[c]).alias(c) for c in FACTS] + [pl.lit(True).alias("is_public")])
    new = pl.concat([changed.select([*CELL, *facts]), gone.select([*CELL, *facts])])
    if new.is_empty():
        return history
    version = (history.get_column("version").max() or 0) + 1  # type: ignore[operator]
    new = new.with_columns(pl.lit(version, dtype=pl.Int32).alias("version")).select(list(SCHEMA))
    return pl.concat([history, new.cast(SCHEMA)]).sort(["version", *CELL])  # type: ignore[arg-type]
