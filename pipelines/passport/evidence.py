"""What a passport is read from: a release's tables and what adds up to its figures, in one DuckDB connection.

`release` is the release's tables (its default), `build` the night's work file, or what the release keeps of it
(`kept`): either way `build.intermediate.int_contribution` lists contributions, `int_source_row` the rows they stand on.
Temporary tables beside them:

* `formula`: how an indicator is computed, one row each (dbt `int_formula`)
* `contribution_source`: the rows of any contribution that is no row itself (dbt model of that name)
* `carrier`: indicator_id, fact_period, source, file_period (empty for a whole list): the files a figure looks for
* `delivered`: delivery_id, source, file_name, sheet, sha256
* `delivery`, `quarantined`, `checked`: the files of the release, spoiled rows by file and reason, checks by table

The public edition knows nothing of contributions, nor of `quarantined`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.memory import limit
from pipelines.passport import kept

FOLDER = "passports"

_CARRIER = """
    create temp table carrier as
    select distinct c.indicator_id, c.fact_period,
        case when c.table_name like 'project%' then 'investment' else c.table_name end as source,
        case when c.table_name like 'project%' then '' else c.row_period end as file_period
    from contribution_source as c
    union
    select distinct r.indicator_id, t.period, 'price_index', ''
    from formula as r
    cross join build.intermediate.int_period as t
    where r.is_comparable_price
"""


@contextmanager
def of_work_file(tables: Path, work_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The internal edition from `tables` (`internal.duckdb`) and the night's work file, both only read."""
    with _release(tables) as con:
        limit(con, work_file.parent / "passport_spill")
        _attach(con, work_file, "build")
        _rules(con)
        _audit(con, "release")
        yield con


@contextmanager
def of_public(tables: Path, internal: Path, work_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The public edition: figures from `tables` (`public.duckdb`) alone; rules, and which files there were, from the
    other two. Nothing about an enterprise comes near it."""
    with _release(tables) as con:
        _attach(con, work_file, "build")
        _attach(con, internal, "everything")
        _rules(con)
        _audit(con, "everything", details=False)
        yield con


@contextmanager
def of_release(folder: Path, tables: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The internal edition from a published release: its tables, and what it keeps in `folder` (its `passports/`).

    Raises `FileNotFoundError` where it keeps nothing.
    """
    with _release(tables) as con:
        kept.lay(con, folder / kept.FOLDER)
        _rules(con)
        _audit(con, "release")
        yield con


@contextmanager
def _release(tables: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        _attach(con, tables, "release")
        con.execute("use release")
        yield con


def _attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    literal = "'" + str(path).replace("'", "''") + "'"  # ATTACH takes no parameters
    con.execute(f"attach {literal} as {name} (read_only)")


def _rules(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create temp table formula as select * from build.intermediate.int_formula")
    con.execute("create temp table contribution_source as select * from build.intermediate.int_contribution_source")
    con.execute(_CARRIER)


def _audit(con: duckdb.DuckDBPyConnection, database: str, *, details: bool = True) -> None:
    """`database`: where `audit` is whole. Without `details` of a refused file only that there was one, and why; and no
    spoiled rows, nor what rows would be found by."""
    shown = (
        "file_name, detail"
        if details
        else ("case status when 'refused' then null else file_name end as file_name, cast(null as varchar) as detail")
    )
    con.execute(
        "create temp table delivery as select source, period, version, sha256, status, reason, "  # noqa: S608
        f"rows_quarantined, {shown} from {database}.audit.delivery"
    )
    con.execute(
        "create temp table checked as select table_name, check_name, passed "  # noqa: S608
        f"from {database}.audit.check_result"
    )
    if details:
        con.execute(
            "create temp table quarantined as select source, file_name, reason, count(*) as n "  # noqa: S608
            f"from {database}.audit.quarantined_row group by all"
        )
        con.execute(
            "create temp table delivered as select delivery_id, source, file_name, sheet, sha256 "
            "from build.staging.stg_delivery"
        )
