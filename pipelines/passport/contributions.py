"""What adds up to the figures asked for (`asked`, from `figures.ask`), in a connection of `evidence`, internal edition.

Contributions of a nation are hundreds of millions: they are listed slice by slice of contributors, each slice in
memory, and of every slice only sums, numbers and the largest are kept. Temporary tables then:

* `part`: figure_no, contributor_kind, side, fact_period, slot: the months that a figure's contributions are of; `slot`
  numbers those whose rows are found by contributor, others are rows themselves
* `term`: figure_no, side, fact_period, numerator, denominator, deflator
* `adding`: figure_no, kind, n, n_counted: how many contributors there are
* `largest`: figure_no, place and the contribution
* `file_rows`: figure_no, delivery_id, n: on how many rows of a file the figure stands
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

# How many contributors a passport shows.
LARGEST = 12
# How many of the rows of a contributor it names.
NAMED_ROWS = 4
# Contributions that are looked at together.
SLICE_ROWS = 3_000_000

# By dimension: which column of a contribution says that it serves a figure of an area.
_AREA = {"county": None, "town": "town_code", "platform": "platform_code", "industry": "division"}
# Of all slices before, and new ones of this.
_PARTS = """
    insert into part
    select figure_no, contributor_kind, side, fact_period, is_carried,
        case when is_carried then coalesce((select max(slot) from part), 0) + row_number() over (
            partition by is_carried order by figure_no, contributor_kind, side, fact_period
        ) end as slot
    from (
        select distinct figure_no, contributor_kind, side, fact_period, delivery_id is null as is_carried from mine
        except
        select figure_no, contributor_kind, side, fact_period, is_carried from part
    )
"""
# Codes between which enterprises fall into parts of one size; who contributes otherwise falls somewhere among them.
_BOUNDS = """
    select enterprise_code
    from (
        select enterprise_code, row_number() over (order by enterprise_code) as place, count(*) over () as n
        from (select distinct enterprise_code from build.intermediate.int_enterprise_year)
    )
    where place % ceil(n / $n_slices) = 0
    order by enterprise_code
"""
# Behind every code there is.
_LAST = chr(0x10FFFF)
# Bounds rather than a hash: they reach the tables before these are joined.
_SLICE = """
    create or replace temp table mine as
    select a.figure_no, c.indicator_id, c.side, c.fact_period, c.contributor_kind, c.contributor, c.town_code,
        c.platform_code, c.division, c.numerator, c.denominator, c.is_counted, c.delivery_id, c.row_number
    from build.intermediate.int_contribution as c
    inner join asked as a on c.indicator_id = a.indicator_id and c.period = a.period
    where list_contains($indicators, a.indicator_id) and a.period between $first and $last
        and (c.contributor >= $from and c.contributor < $to or ($from = '' and c.contributor is null))
        and ({serves} or c.contributor_kind = 'price_index')
"""
# Of every slice; those of different slices have no contributor in common.
_OF_SLICE = {
    "term": """
        select figure_no, side, max(fact_period) as fact_period,
            sum(numerator) filter (where is_counted) as numerator,
            sum(denominator) filter (where is_counted) as denominator,
            max(numerator) filter (where contributor_kind = 'price_index') as deflator
        from mine group by figure_no, side
    """,
    "adding": """
        select figure_no, max(contributor_kind) filter (where contributor_kind <> 'price_index') as kind,
            count(distinct contributor) filter (where contributor_kind <> 'price_index') as n,
            count(distinct contributor) filter (where is_counted) as n_counted
        from mine where side = 'figure' group by figure_no
    """,
    # Only what is as large as the last that is shown need be sorted.
    "largest": """
        with shown as (
            select *, abs(coalesce(numerator, 0)) as size
            from mine where is_counted and side = 'figure' and (numerator is null or numerator <> 0)
        ),
        edge as (
            select figure_no, list_min(max(size, {largest})) as size from shown group by figure_no
        )
        select s.* exclude (size)
        from shown as s inner join edge as e on s.figure_no = e.figure_no and s.size >= e.size
    """,
    "own_row": "select distinct figure_no, delivery_id, row_number from mine where delivery_id is not null",
    "signature": """
        select m.contributor_kind, m.contributor, bitstring_agg(p.slot, 0, {slots}) as figures
        from mine as m
        inner join part as p
            on m.figure_no = p.figure_no and m.contributor_kind = p.contributor_kind and m.side = p.side
            and m.fact_period = p.fact_period and p.slot is not null
        where m.delivery_id is null
        group by m.contributor_kind, m.contributor
    """,
}
# Contributors to the very same figures are of one class: a few, as most enterprises are in scope for whole years.
_NEW_CLASSES = """
    insert into class
    select (select count(*) from class) + row_number() over (order by contributor_kind, figures) as class_no,
        contributor_kind, figures
    from (
        select distinct contributor_kind, figures from signature
        except
        select contributor_kind, figures from class
    )
"""
_MEMBERS = """
    insert into member
    select s.contributor_kind, s.contributor, c.class_no
    from signature as s inner join class as c on s.contributor_kind = c.contributor_kind and s.figures = c.figures
"""
_PLACE = """
    row_number() over (
        partition by figure_no
        order by abs(coalesce(numerator, 0)) desc, denominator desc nulls last, contributor, row_number,
            contributor_kind, delivery_id, fact_period
    )
"""
# Of the slices so far together.
_WHOLE = {
    "term": """
        select figure_no, side, max(fact_period) as fact_period, sum(numerator) as numerator,
            sum(denominator) as denominator, max(deflator) as deflator
        from term group by figure_no, side
    """,
    "adding": """
        select figure_no, max(kind) as kind, sum(n)::bigint as n, sum(n_counted)::bigint as n_counted
        from adding group by figure_no
    """,
    "largest": f"select * from largest qualify {_PLACE} <= {LARGEST}",  # noqa: S608
}
# A row that stands in for months of its contributor that were estimated may be found by several months of one figure.
_STANDS_IN = """
    create or replace temp table stands_in as
    select distinct table_name, delivery_id, row_number from build.intermediate.int_source_row where is_estimate
"""
# Rows of a class that are found by the same months, counted: figures have them all or none. Those months are of one
# year, a bit each.
_HELD = """
    create or replace temp table held as
    -- one of its own row_number only where it stands in for other months
    with by_row as (
        select r.table_name, r.delivery_id, r.indicator_id, m.class_no, o.row_number,
            case when o.row_number is null then r.row_period else substr(r.row_period, 1, 4) end as period,
            bit_or(1 << try_cast(substr(r.row_period, 6, 2) as integer)) as months,
            count(*) as n
        from build.intermediate.int_source_row as r
        inner join member as m on r.contributor_kind = m.contributor_kind and r.contributor = m.contributor
        left join stands_in as o
            on r.table_name = o.table_name and r.delivery_id = o.delivery_id and r.row_number = o.row_number
        where (r.table_name, r.row_period) in (
            select (s.table_name, s.row_period)
            from part as p
            inner join asked as a on p.figure_no = a.figure_no
            inner join contribution_source as s
                on a.indicator_id = s.indicator_id and p.fact_period = s.fact_period
                and p.contributor_kind = s.contributor_kind
        )
        group by all
    ),
    by_months as (
        select table_name, delivery_id, indicator_id, class_no, period,
            case when row_number is not null then months end as months,
            sum(case when row_number is null then n else 1 end) as n
        from by_row
        group by all
    )
    select *,
        case when months is null then [period] else [
            printf('%s-%02d', period, month) for month in range(1, 13) if months >> month::integer & 1 = 1
        ] end as row_periods,
        row_number() over () as held_no
    from by_months
"""
_FILE_ROWS = """
    create or replace temp table file_rows as
    with found_by as (
        select held_no, class_no, table_name, delivery_id, indicator_id, n, unnest(row_periods) as row_period from held
    ),
    found as (
        select distinct p.figure_no, h.held_no, h.delivery_id, h.n
        from class as c
        inner join part as p on c.contributor_kind = p.contributor_kind
            -- a class of an early slice knows nothing of what came with a later one
            and case when p.slot < bit_length(c.figures) then get_bit(c.figures, p.slot::integer) else 0 end = 1
        inner join asked as a on p.figure_no = a.figure_no
        inner join contribution_source as s
            on a.indicator_id = s.indicator_id and p.fact_period = s.fact_period
            and p.contributor_kind = s.contributor_kind
        inner join found_by as h
            on c.class_no = h.class_no and s.table_name = h.table_name and s.row_period = h.row_period
            and (h.indicator_id is null or h.indicator_id = a.indicator_id)
        where p.slot is not null
    )
    select figure_no, delivery_id, sum(n)::bigint as n
    from (
        select figure_no, delivery_id, n from found
        union all
        select figure_no, delivery_id, count(*) as n from own_row group by figure_no, delivery_id
    )
    group by figure_no, delivery_id
"""
# Every row that contributions of {these} stand on: the row that one is, or what its carriers name.
_STANDS_ON = """
    with carried as materialized (
        select t.{own}, t.contributor_kind, t.contributor, t.indicator_id, s.table_name, s.row_period
        from {these} as t
        inner join contribution_source as s
            on t.indicator_id = s.indicator_id and t.fact_period = s.fact_period
            and t.contributor_kind = s.contributor_kind
        where t.delivery_id is null
    )
    select t.{own}, d.source, d.file_name, d.sheet, t.row_number, d.sha256
    from {these} as t
    inner join delivered as d on t.delivery_id = d.delivery_id
    union
    -- a database is one file of several tables: the table is its sheet
    select t.{own}, d.source, d.file_name,
        case when d.source <> r.table_name then r.table_name else d.sheet end as sheet, r.row_number, d.sha256
    from carried as t
    inner join build.intermediate.int_source_row as r
        on t.table_name = r.table_name and t.row_period = r.row_period and t.contributor_kind = r.contributor_kind
        and t.contributor = r.contributor and (r.indicator_id is null or r.indicator_id = t.indicator_id)
    inner join delivered as d on r.delivery_id = d.delivery_id
"""
# contributor_kind, contributor, name of those in {these}; an enterprise by its newest name
_NAMES = """
    select k.contributor_kind, e.enterprise_code as contributor, e.enterprise_name as name
    from build.intermediate.int_enterprise_year as e
    cross join (select unnest(['enterprise', 'holder']) as contributor_kind) as k
    where e.enterprise_code in (select contributor from {these})
    qualify row_number() over (partition by k.contributor_kind, e.enterprise_code order by e.year desc) = 1
    union all
    select 'project', project_id, name from build.marts.project
    union all
    select 'area', breakdown_code, any_value(name_zh)
    from build.marts.dimension where breakdown <> 'industry' group by breakdown_code
"""
# The largest contributors to each figure, in order, with name and the rows that they stand on.
LARGEST_TOLD = f"""
    with names as (
        {_NAMES.format(these="largest")}
    ),
    stands_on as (
        {_STANDS_ON.format(own="figure_no, t.place", these="largest")}
    ),
    -- one row of each source first, then the next of each
    stood_on as (
        select *, row_number() over (
            partition by figure_no, place, source order by file_name desc, sheet, row_number
        ) as nth
        from stands_on
    ),
    named as (
        select * from stood_on
        qualify row_number() over (
            partition by figure_no, place order by nth, source, file_name desc, sheet, row_number
        ) <= {NAMED_ROWS}
    ),
    told as (
        select figure_no, place, string_agg(
            concat(file_name, case when sheet is not null then '!' || sheet end, ':', row_number), '; '
            order by source, file_name desc, sheet, row_number
        ) as row_names
        from named group by figure_no, place
    )
    select r.figure_no, r.contributor_kind, r.contributor, n.name, r.town_code, r.numerator, r.denominator, t.row_names
    from largest as r
    left join told as t on r.figure_no = t.figure_no and r.place = t.place
    left join names as n on r.contributor_kind = n.contributor_kind and r.contributor = n.contributor
    order by r.figure_no, r.place
"""  # noqa: S608
_WITH_ROWS = f"""
    with names as (
        {_NAMES.format(these="mine")}
    ),
    numbered as (select *, row_number() over () as mine_no from mine),
    stands_on as (
        {_STANDS_ON.format(own="mine_no", these="numbered")}
    )
    select m.indicator_id, m.side, m.fact_period, m.contributor_kind, m.contributor, n.name, m.town_code,
        m.platform_code, m.division, m.numerator, m.denominator, m.is_counted,
        s.source, s.file_name, s.sheet, s.row_number, s.sha256
    from numbered as m
    left join names as n on m.contributor_kind = n.contributor_kind and m.contributor = n.contributor
    left join stands_on as s on m.mine_no = s.mine_no
    order by m.side desc, m.is_counted desc, m.numerator desc nulls last, m.denominator desc nulls last,
        m.contributor_kind, m.contributor, m.fact_period, s.source, s.file_name, s.sheet, s.row_number
"""  # noqa: S608


def gather(con: duckdb.DuckDBPyConnection) -> None:
    """All of these tables."""
    con.execute(
        """
        create or replace temp table part
            (figure_no bigint, contributor_kind text, side text, fact_period text, is_carried boolean, slot bigint);
        create or replace temp table class (class_no bigint, contributor_kind text, figures bit);
        create or replace temp table member (contributor_kind text, contributor text, class_no bigint);
        """
    )
    for bounds in _slices(con):
        take(con, *bounds)
        con.execute(_PARTS)
        ((slots,),) = con.execute("select coalesce(max(slot), 0) from part").fetchall()
        for table, query in _OF_SLICE.items():
            fresh = table == "signature" or bounds[0] == ""
            how = f"create or replace temp table {table} as" if fresh else f"insert into {table}"
            con.execute(f"{how} {query.format(slots=slots, largest=LARGEST)}")
        for query in (_NEW_CLASSES, _MEMBERS):
            con.execute(query)
        for table, query in _WHOLE.items():
            con.execute(f"create or replace temp table {table} as {query}")
    con.execute(f"create or replace temp table largest as select *, {_PLACE} as place from largest")  # noqa: S608
    for query in (_STANDS_IN, _HELD, _FILE_ROWS):
        con.execute(query)


def take(con: duckdb.DuckDBPyConnection, first: str = "", behind: str = _LAST) -> None:
    """`mine`: figure_no and the contribution (as dbt `int_contribution`), of contributors from `first` to before
    `behind`, or of all."""
    _execute(con, _SLICE, **{"from": first, "to": behind})


def _slices(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Parts of all contributors: the first code of each, and that of the next. How many there should be follows from
    the enterprises of the figures; to count contributions takes as long as to look at them."""
    ((n,),) = con.execute("select coalesce(sum(n_enterprises), 0) from asked").fetchall()
    n_slices = -(-n // SLICE_ROWS)
    bounds = con.execute(_BOUNDS, {"n_slices": n_slices}).fetchall() if n_slices > 1 else []
    return pairwise(["", *(code for (code,) in bounds), _LAST])


def delivered_rows(con: duckdb.DuckDBPyConnection) -> set[tuple[Any, ...]]:
    """The rows that the figures asked for stand on: source, file_name, sheet, row_number, sha256."""
    take(con)
    columns = "source, file_name, sheet, row_number, sha256"
    stands_on = _STANDS_ON.format(own="figure_no", these="mine")
    return set(con.execute(f"select distinct {columns} from ({stands_on})").fetchall())  # noqa: S608


def write(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Everything that adds up to the figure asked for, as Parquet: a line for every row that a contribution stands on.
    Returns the number of lines."""
    take(con)
    target = "'" + str(path).replace("'", "''") + "'"  # COPY takes no parameters
    ((n,),) = con.execute(f"copy ({_WITH_ROWS}) to {target} (format parquet, compression zstd)").fetchall()
    return int(n)


def _execute(con: duckdb.DuckDBPyConnection, query: str, **values: Any) -> None:
    """`query` on contributions of the figures asked for, which narrow the views down before anything is computed."""
    ((dimension, indicators, first, last),) = con.execute(
        "select any_value(breakdown), list(distinct indicator_id order by indicator_id), min(period), max(period) "
        "from asked"
    ).fetchall()
    area = _AREA[dimension or "county"]
    serves = (
        f"c.serves in ('all', 'areas') and c.{area} = a.breakdown_code" if area else "c.serves in ('all', 'county')"
    )
    values |= {"indicators": indicators, "first": first, "last": last}
    con.execute(query.format(serves=serves), values)
