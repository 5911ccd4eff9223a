"""What a passport is read from: a release's tables, and what adds up to its figures, in one DuckDB connection.

Temporary tables, the same whether they come from the night's work file or from the Parquet of a release:

* `formula`: how an indicator is computed, one row each (dbt `int_formula`)
* `carrier`: indicator_id, fact_period, source, file_period (empty for a whole list): the files a figure looks for
* `contribution_source`, `source_row`: the rows of any contribution that is no row itself (dbt models of these names),
  by file
* `contribution`: what adds up to a figure (dbt `int_contribution`) with `name`, and where it is itself a row of a
  delivery its source, file_name, sheet, row_number and sha256; of those indicators that were `load`ed last
* `delivery`, `quarantined`, `checked`: the files of the release, spoiled rows by file and reason, checks by table

The public edition has neither `contribution` nor what follows it, nor `quarantined`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

FOLDER = "passports"
FORMULA, CARRIER, SOURCES = "formula.parquet", "carrier.parquet", "contribution_source.parquet"
CONTRIBUTIONS, ROWS = "contributions.parquet", "rows.parquet"

# Names by kind of contributor, each join on one column: on two of them it takes six times as long.
_CONTRIBUTION = """
    with enterprise as (
        select enterprise_code, enterprise_name from build.intermediate.int_enterprise_year
        qualify row_number() over (partition by enterprise_code order by year desc) = 1
    ),
    area as (
        select distinct breakdown_code, name_zh from build.marts.dimension where breakdown <> 'industry'
    )
    select c.* exclude (delivery_id, row_number),
        case c.contributor_kind
            when 'enterprise' then e.enterprise_name
            when 'holder' then e.enterprise_name
            when 'project' then p.name
            when 'area' then a.name_zh
        end as name,
        d.source, d.file_name, d.sheet, c.row_number, d.sha256
    from build.intermediate.int_contribution as c
    left join build.staging.stg_delivery as d on c.delivery_id = d.delivery_id
    left join enterprise as e on c.contributor = e.enterprise_code
    left join build.marts.project as p on c.contributor = p.project_id
    left join area as a on c.contributor = a.breakdown_code
    where list_contains($indicators, c.indicator_id)
"""
# A database is one file of several tables: the table is its sheet.
_SOURCE_ROW = """
    select r.* exclude (delivery_id, row_number), d.source, d.file_name,
        case when d.source <> r.table_name then r.table_name else d.sheet end as sheet, r.row_number, d.sha256
    from build.intermediate.int_source_row as r
    inner join build.staging.stg_delivery as d on r.delivery_id = d.delivery_id
"""
# Words that millions of rows repeat, and the tables that hold them. Where a word of one table may be missing in the
# other, it joins with nothing there.
_WORDS = {
    "indicator_id": ("contribution", "contribution_source", "source_row"),
    "contributor": ("source_row",),
    "table_name": ("source_row", "contribution_source"),
    "row_period": ("source_row", "contribution_source"),
    "source": ("contribution", "source_row"),
    "file_name": ("contribution", "source_row"),
    "sheet": ("contribution", "source_row"),
    "sha256": ("contribution", "source_row"),
}
# In the order in which files hold them. Contributions in that of a reader: figure by figure, what counts first, the
# largest first. Rows by the file they are in, so that who asks for some months reads those alone.
_ORDER = {
    "contribution": (
        "indicator_id, period, side desc, is_counted desc, numerator desc nulls last, denominator desc nulls last, "
        "contributor_kind, contributor, serves, fact_period, file_name nulls last, row_number nulls last, "
        "town_code nulls last"
    ),
    "contribution_source": "all nulls last",
    "source_row": (
        "table_name, row_period, contributor_kind, contributor, indicator_id nulls last, source, file_name, "
        "sheet nulls last, row_number, sha256"
    ),
}
_CARRIER = """
    create temp table carrier as
    select distinct c.indicator_id, c.fact_period,
        case when c.table_name like 'project%' then 'investment' else c.table_name end as source,
        case when c.table_name like 'project%' then '' else c.row_period end as file_period
    from build.intermediate.int_contribution_source as c
    union
    select distinct r.indicator_id, t.period, 'price_index', ''
    from build.intermediate.int_formula as r
    cross join build.intermediate.int_period as t
    where r.is_comparable_price
"""
# What is not about the months of an indicator need not be decoded: the file lies in the order of tables and months.
_ROWS_OF_INDICATOR = """
    create temp table read_source_row as
    select r.* from read_parquet($path) as r
    where (r.table_name, r.row_period) in (
        select table_name, row_period from read_contribution_source where indicator_id = $indicator
    )
    and r.contributor in (select contributor from read_contribution where source is null)
    and (r.indicator_id is null or r.indicator_id = $indicator)
"""


@contextmanager
def of_work_file(tables: Path, work_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The internal edition from `tables` (`internal.duckdb`) and the night's work file, both only read; what adds up to
    which figures is for `load` to say."""
    with _release(tables) as con:
        # A province's contributions are more than memory; what does not fit waits beside the work file.
        con.execute("set temp_directory = $folder", {"folder": str(work_file.parent / "passport_spill")})
        con.execute("set memory_limit = $limit", {"limit": os.environ.get("FENGHUANG_MEMORY_LIMIT", "4GB")})
        _attach(con, work_file, "build")
        _rules(con)
        con.execute(f"create temp table read_source_row as {_SOURCE_ROW}")
        con.execute(
            "create temp table read_contribution_source as select * from build.intermediate.int_contribution_source"
        )
        # Every word that contributions can hold, of which none are loaded yet.
        con.execute(
            "create temp table read_contribution as select indicator_id, source, file_name, sheet, sha256 "
            "from formula cross join build.staging.stg_delivery"
        )
        _enumerate(con)
        con.execute("drop table read_contribution")
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
def of_release(folder: Path, tables: Path, indicator: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The internal edition of one indicator from a published release: its tables and its Parquet in `folder`.

    Raises `FileNotFoundError` where the release was published without passports.
    """
    if not (folder / ROWS).is_file():
        raise FileNotFoundError(
            f"该版本没有数字护照 the release holds no passports: {folder}; a release of the next night does"
        )
    with _release(tables) as con:
        for name, path in (
            ("formula", folder / FORMULA),
            ("carrier", folder / CARRIER),
            ("read_contribution_source", folder / SOURCES),
            ("read_contribution", folder / indicator / CONTRIBUTIONS),
        ):
            con.execute(f"create temp table {name} as select * from read_parquet($path)", {"path": str(path)})  # noqa: S608
        con.execute(_ROWS_OF_INDICATOR, {"path": str(folder / ROWS), "indicator": indicator})
        _enumerate(con)
        _arrange(con, "contribution", "from read_contribution")
        con.execute("drop table read_contribution")
        _audit(con, "release")
        yield con


def load(con: duckdb.DuckDBPyConnection, indicators: Sequence[str]) -> None:
    """`contribution` of these indicators, in a connection of `of_work_file`: a nation's all together are too many."""
    con.execute("drop table if exists contribution")
    _arrange(con, "contribution", f"from ({_CONTRIBUTION})", indicators=list(indicators))


def write_common(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """What `of_release` reads of all indicators together, into `folder`. Every table lies in an order of all its
    columns and is read by one thread, so that equal content gives equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    with _one_thread(con):
        for name, file in (("formula", FORMULA), ("carrier", CARRIER)):
            _copy(con, f"select * from {name} order by all nulls last", folder / file)  # noqa: S608
        for table, file in (("contribution_source", SOURCES), ("source_row", ROWS)):
            _copy(con, _spelled_out(table), folder / file)


def write(con: duckdb.DuckDBPyConnection, folder: Path, indicators: Sequence[str]) -> None:
    """What adds up to each of these indicators, which are loaded, in a folder of its own, bytes as above."""
    with _one_thread(con):
        for indicator in indicators:
            of = "'" + indicator.replace("'", "''") + "'"  # COPY takes no parameters
            (folder / indicator).mkdir()
            query = f"{_spelled_out('contribution')} where t.indicator_id = {of}"
            _copy(con, query, folder / indicator / CONTRIBUTIONS)


@contextmanager
def _one_thread(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.execute("set threads = 1")
    yield
    con.execute("reset threads")


def _spelled_out(table: str) -> str:
    """A query of the table with its enumerations as words again: a file would hold every word there is."""
    words = ", ".join(f"t.{word}::varchar as {word}" for word, tables in _WORDS.items() if table in tables)
    exclude = "exclude (contributor_no)" if table == "contribution" else ""
    return f"select t.* {exclude} replace ({words}) from {table} as t"  # noqa: S608


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    target = "'" + str(path).replace("'", "''") + "'"
    con.execute(f"copy ({query}) to {target} (format parquet, compression zstd)")


@contextmanager
def _release(tables: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        _attach(con, tables, "release")
        con.execute("use release")
        yield con


def _attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    literal = "'" + str(path).replace("'", "''") + "'"  # ATTACH takes no parameters
    con.execute(f"attach {literal} as {name} (read_only)")


def _enumerate(con: duckdb.DuckDBPyConnection) -> None:
    """Words of what was read (`read_…`) as enumerations, which are compared, grouped and sorted as numbers in the order
    of the words; and `contribution_source` and `source_row` of it."""
    for word, tables in _WORDS.items():
        union = " union ".join(f"select {word} as word from read_{table} where {word} is not null" for table in tables)  # noqa: S608
        if word == "sheet":
            union += " union select table_name from read_source_row"
        union += " union select ''"  # an enumeration of nothing is none
        con.execute(f"create temp type {word}_word as enum (select word from ({union}) order by word)")  # noqa: S608
    for table in ("contribution_source", "source_row"):
        _arrange(con, table, f"from read_{table}")
        con.execute(f"drop table read_{table}")


def _arrange(con: duckdb.DuckDBPyConnection, table: str, read: str, **values: object) -> None:
    """The table in its order, words as enumerations; beside a contributor its number among those that have rows."""
    words = ", ".join(f"{word}::{word}_word as {word}" for word, tables in _WORDS.items() if table in tables)
    number = ", try_cast(contributor as contributor_word) as contributor_no" if table == "contribution" else ""
    con.execute(
        f"create temp table {table} as select * replace ({words}){number} {read} order by {_ORDER[table]}",
        values,
    )


def _rules(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create temp table formula as select * from build.intermediate.int_formula")
    con.execute(_CARRIER)


def _audit(con: duckdb.DuckDBPyConnection, database: str, *, details: bool = True) -> None:
    """`database`: where `audit` is whole. Without `details` of a refused file only that there was one, and why; and no
    spoiled rows."""
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
