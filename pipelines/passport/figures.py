"""Passports read from the evidence: everything said of a figure, for many figures in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import duckdb

from pipelines.passport.formula import lines
from pipelines.reading import rows as _rows

Row = dict[str, Any]
Months = tuple[str, str]
# How many contributors a passport shows; all of them lie in its Parquet.
LARGEST = 12
# How many of the rows of a contributor it names.
NAMED_ROWS = 4
# Contributions that are looked at together; each may stand on a dozen rows.
BATCH_ROWS = 1_000_000
# Contributions that are sorted together, in memory if it can be; to load any at all takes seconds at province size.
LOADED_ROWS = 3_000_000


@dataclass(frozen=True)
class Passport:
    """One figure. `figure`: its row of indicator_value with `figure_id` and the area's names. `deliveries`: the files
    it looks for, each with what became of it, and (internal edition) how many of its rows contribute. `largest`: the
    contributions that count most. `earlier`: what earlier releases said (`vintages.earlier_values`)."""

    figure: Row
    indicator: Row
    rule: Row
    formula: list[str]
    progress: Row | None
    officials: list[Row]
    contributors: Row | None
    largest: list[Row]
    deliveries: list[Row]
    n_passed: int
    n_warned: int
    previous: str | None
    following: str | None
    earlier: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)

    @property
    def is_suppressed(self) -> bool:
        """The public edition must not show it."""
        return self.figure.get("conf_status", "F") not in ("F", None)


_ASKED = """
    create or replace temp table asked as
    select v.*, passport_id(v.indicator_id, v.period, v.breakdown, v.breakdown_code) as figure_id,
        d.name_zh as area_zh, d.name_en as area_en,
        lag(v.period) over one as previous, lead(v.period) over one as following,
        row_number() over (order by v.indicator_id, v.period, v.breakdown, v.breakdown_code) as figure_no
    from marts.indicator_value as v
    left join marts.dimension as d on v.breakdown = d.breakdown and v.breakdown_code = d.breakdown_code
    where v.breakdown = $breakdown and ($code is null or v.breakdown_code = $code)
        and ($indicators is null or list_contains($indicators, v.indicator_id))
    window one as (partition by v.indicator_id, v.breakdown, v.breakdown_code order by v.period)
    qualify v.period between coalesce($first, v.period) and coalesce($last, v.period)
"""
_KEY = "figure_no"
_MINE = """
    create or replace temp table mine as
    select a.figure_no, c.*
    from contribution as c
    inner join (
        select *, try_cast(indicator_id as indicator_id_word) as indicator from asked
    ) as a on c.indicator_id = a.indicator and c.period = a.period
    where case a.breakdown
        when 'county' then c.serves in ('all', 'county')
        when 'town' then c.serves in ('all', 'areas') and c.town_code = a.breakdown_code
        when 'platform' then c.serves in ('all', 'areas') and c.platform_code = a.breakdown_code
        when 'industry' then c.serves in ('all', 'areas') and c.division = a.breakdown_code
    end or c.contributor_kind = 'price_index'
"""
# Every row that contributions of {these} stand on: the row that one is, or what its carriers name. The carriers first:
# joined with all rows of a contributor before, there are twenty times as many.
_STANDS_ON = """
    with carried as materialized (
        select t.{own}, t.contributor_kind, t.contributor_no, t.indicator_id, s.table_name, s.row_period
        from {these} as t
        inner join contribution_source as s
            on t.indicator_id = s.indicator_id and t.fact_period = s.fact_period
            and t.contributor_kind = s.contributor_kind
        where t.source is null
    )
    select t.{own}, t.source, t.file_name, t.sheet, t.row_number, t.sha256
    from {these} as t
    where t.source is not null
    union all
    select t.{own}, r.source, r.file_name, r.sheet, r.row_number, r.sha256
    from carried as t
    inner join source_row as r
        on t.table_name = r.table_name and t.row_period = r.row_period and t.contributor_kind = r.contributor_kind
        and t.contributor_no = r.contributor and (r.indicator_id is null or r.indicator_id = t.indicator_id)
"""
_TERMS = """
    select figure_no, side, max(fact_period) as fact_period,
        sum(numerator) filter (where is_counted) as numerator,
        sum(denominator) filter (where is_counted) as denominator,
        max(numerator) filter (where contributor_kind = 'price_index') as deflator
    from mine group by figure_no, side
"""
_CONTRIBUTORS = """
    select figure_no, max(contributor_kind) filter (where contributor_kind <> 'price_index') as kind,
        count(distinct contributor) filter (where contributor_kind <> 'price_index') as n,
        count(distinct contributor) filter (where is_counted) as n_counted
    from mine where side = 'figure' group by figure_no
"""
_RANKED = """
    create or replace temp table ranked as
    select *, row_number() over (
        partition by figure_no
        order by side desc, abs(coalesce(numerator, 0)) desc, denominator desc nulls last, contributor, row_number
    ) as place
    from mine
    where is_counted and side = 'figure' and (numerator is null or numerator <> 0)
    qualify place <= $largest
"""
_LARGEST = f"""
    with stands_on as (
        {_STANDS_ON.format(own="figure_no, t.place", these="ranked")}
    ),
    -- one row of each source first, then the next of each
    stood_on as (
        select *, row_number() over (
            partition by figure_no, place, source order by file_name desc, sheet, row_number
        ) as nth
        from (select distinct figure_no, place, source, file_name, sheet, row_number from stands_on)
    ),
    named as (
        select * from stood_on
        qualify row_number() over (
            partition by figure_no, place order by nth, source, file_name desc, sheet, row_number
        ) <= $named
    ),
    told as (
        select figure_no, place, string_agg(
            concat(file_name, case when sheet is not null then '!' || sheet end, ':', row_number), '; '
            order by source, file_name desc, sheet, row_number
        ) as row_names
        from named group by figure_no, place
    )
    select r.figure_no, r.contributor_kind, r.contributor, r.name, r.town_code, r.numerator, r.denominator, t.row_names
    from ranked as r
    left join told as t on r.figure_no = t.figure_no and r.place = t.place
    order by r.figure_no, r.place
"""  # noqa: S608
# A file is looked for in the month of the figure, and in the months its contributions are of.
_FILES = """
    with looked as (
        select figure_no, indicator_id, period as fact_period from asked
        {facts}
    ),
    wanted as (
        select distinct l.figure_no, c.source, c.file_period
        from looked as l
        inner join carrier as c on l.indicator_id = c.indicator_id and l.fact_period = c.fact_period
    ),
    whole as (
        select source, max(coalesce(period, '')) filter (where status = 'accepted') as newest
        from delivery group by source
    )
    select w.figure_no, w.source, w.file_period, d.file_name, d.sha256, d.status, d.reason, d.detail,
        d.rows_quarantined
    from wanted as w
    left join whole as n on w.source = n.source
    left join delivery as d
        on w.source = d.source and case w.file_period when '' then coalesce(d.period, '') >= coalesce(n.newest, '')
            else d.period = w.file_period end
        and d.status <> 'superseded'
    order by w.figure_no, w.source, w.file_period, d.version nulls first, d.file_name, d.sha256
"""
_ROWS_OF_FILES = f"""
    with stands_on as (
        {_STANDS_ON.format(own="figure_no", these="mine")}
    )
    select figure_no, sha256, source, count(*) as n
    from (select distinct figure_no, source, sha256, sheet, row_number from stands_on)
    group by figure_no, sha256, source
"""  # noqa: S608


_N_CONTRIBUTIONS = """
    with counted as (
        select indicator_id, count(*) as n from build.intermediate.int_contribution group by indicator_id
    )
    select v.indicator_id, coalesce(any_value(c.n), 0) as n
    from marts.indicator_value as v
    left join counted as c on v.indicator_id = c.indicator_id
    group by v.indicator_id
    order by v.indicator_id
"""


def read(
    con: duckdb.DuckDBPyConnection,
    *,
    internal: bool,
    breakdown: str = "county",
    indicators: Sequence[str] | None = None,
    months: Months | None = None,
    code: str | None = None,
) -> list[Passport]:
    """The passports of the figures asked for, by indicator and month, from a connection of `evidence`; `months`: the
    first and the last."""
    ask(con, breakdown=breakdown, indicators=indicators, months=months, code=code, internal=internal)
    # An earlier month that a growth compares with is looked up where the contributions name it.
    facts = "union select figure_no, indicator_id::varchar, fact_period from mine" if internal else _compared(con)
    terms: dict[int, dict[str, Row]] = defaultdict(dict)
    for row in _rows(con, _TERMS) if internal else []:
        terms[row[_KEY]][row["side"]] = row
    used = {(r[_KEY], r["sha256"], r["source"]): r["n"] for r in (_rows(con, _ROWS_OF_FILES) if internal else [])}
    spoiled = _spoiled(con) if internal else {}
    files = _grouped(_rows(con, _FILES.format(facts=facts)))
    largest = _largest(con) if internal else {}
    contributors = {row[_KEY]: row for row in (_rows(con, _CONTRIBUTORS) if internal else [])}
    about_all = {row["target_id"]: row for row in _rows(con, "select * from marts.indicator")}
    rules = {row["indicator_id"]: row for row in _rows(con, "select * from formula")}
    verdicts = {(r["target_id"], r["period"]): r for r in _rows(con, "select * from marts.indicator_progress")}
    officials: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in _rows(con, "select * from marts.official_value order by published_on"):
        officials[row["indicator_id"], row["period"], row["breakdown"], row["breakdown_code"]].append(row)
    bases = _bases(con)
    checks = _n_checks(con)
    revisions = _revisions(con) if internal else {}

    found = []
    for figure in _rows(con, "select * from asked order by figure_no"):
        no = figure.pop(_KEY)
        key = figure["indicator_id"], figure["period"], figure["breakdown"], figure["breakdown_code"]
        rule = rules[figure["indicator_id"]]
        about = about_all[figure["indicator_id"]]
        unit = about["unit"]
        hidden = figure.get("conf_status", "F") not in ("F", None)
        progress = verdicts.get(key[:2]) if breakdown == "county" else None
        found.append(
            Passport(
                figure=figure,
                indicator=about,
                rule=rule,
                formula=[] if hidden else lines(rule, figure, unit, terms[no], _base(rule, key, bases)),
                progress=None if hidden else progress,
                officials=[] if hidden else officials[key],
                contributors=contributors.get(no),
                largest=largest.get(no, []),
                deliveries=[
                    {
                        **file,
                        "n_rows": used.get((no, file["sha256"], file["source"]), 0),
                        "reasons": spoiled.get((file["source"], file["file_name"]), ""),
                    }
                    for file in files.get(no, [])
                ],
                n_passed=_checks_of(checks, rule["kind"], True),
                n_warned=_checks_of(checks, rule["kind"], False),
                previous=figure["previous"],
                following=figure["following"],
                revisions=revisions.get(key, []),
            )
        )
    return found


def batches(con: duckdb.DuckDBPyConnection) -> Iterator[list[str]]:
    """All indicators with figures, in batches whose contributions fit into memory, from a connection of
    `evidence.of_work_file`."""
    found = _rows(con, _N_CONTRIBUTIONS)
    batch: list[str] = []
    held = 0
    for row in found:
        if batch and held + row["n"] > LOADED_ROWS:
            yield batch
            batch, held = [], 0
        batch.append(row["indicator_id"])
        held += row["n"]
    if batch:
        yield batch


def runs(con: duckdb.DuckDBPyConnection, indicators: Sequence[str]) -> Iterator[tuple[list[str], Months]]:
    """The county figures of these indicators, which are loaded, by indicators and months, in parts that can be looked
    at together. An indicator that is too many by itself comes in runs of months, in order."""
    found = _rows(
        con,
        "select v.indicator_id, v.period, count(c.indicator_id) as n from marts.indicator_value as v "
        "left join contribution as c on v.indicator_id = c.indicator_id::varchar and v.period = c.period "
        "where v.breakdown = 'county' and list_contains($indicators, v.indicator_id) "
        "group by v.indicator_id, v.period order by v.indicator_id, v.period",
        indicators=list(indicators),
    )
    whole: list[str] = []
    held = 0
    every = (min(row["period"] for row in found), max(row["period"] for row in found)) if found else ("", "")
    for indicator, rows in groupby(found, lambda row: row["indicator_id"]):
        of_months = [(row["period"], row["n"]) for row in rows]
        n = sum(of_month for _, of_month in of_months)
        if whole and held + n > BATCH_ROWS:
            yield whole, every
            whole, held = [], 0
        if n > BATCH_ROWS:
            yield from (([indicator], run) for run in _runs(of_months))
        else:
            whole.append(indicator)
            held += n
    if whole:
        yield whole, every


def _runs(of_months: Sequence[tuple[str, int]]) -> Iterator[Months]:
    """Months in order with their contributions, as runs of no more than BATCH_ROWS, of one month at least."""
    first, last, held = of_months[0][0], of_months[0][0], 0
    for month, n in of_months:
        if held and held + n > BATCH_ROWS:
            yield first, last
            first, held = month, 0
        last, held = month, held + n
    yield first, last


def ask(
    con: duckdb.DuckDBPyConnection,
    *,
    breakdown: str,
    indicators: Sequence[str] | None = None,
    months: Months | None = None,
    code: str | None = None,
    internal: bool = True,
) -> None:
    """Temporary tables `asked` (the figures, numbered), and in the internal edition `mine` (what adds up to each)."""
    con.execute(
        _ASKED,
        {
            "breakdown": breakdown,
            "code": code,
            "indicators": None if indicators is None else list(indicators),
            "first": months and months[0],
            "last": months and months[1],
        },
    )
    if internal:
        con.execute(_MINE)


def delivered_rows(con: duckdb.DuckDBPyConnection) -> set[tuple[Any, ...]]:
    """The rows that the figures asked for last stand on: source, file_name, sheet, row_number, sha256."""
    columns = "source, file_name, sheet, row_number, sha256"
    stands_on = _STANDS_ON.format(own="figure_no", these="mine")
    return set(con.execute(f"select distinct {columns} from ({stands_on})").fetchall())  # noqa: S608


def _largest(con: duckdb.DuckDBPyConnection) -> dict[int, list[Row]]:
    con.execute(_RANKED, {"largest": LARGEST})
    return _grouped(_rows(con, _LARGEST, named=NAMED_ROWS))


def _grouped(found: list[Row]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in found:
        groups[row[_KEY]].append(row)
    return groups


def _compared(con: duckdb.DuckDBPyConnection) -> str:
    """The months that changes are compared with, by the rules: all that the public edition knows of them."""
    return """
        union
        select a.figure_no, a.indicator_id,
            cast(cast(substr(a.period, 1, 4) as integer) - coalesce(f.years_back, 1) as varchar) || substr(a.period, 5)
        from asked as a inner join formula as f on a.indicator_id = f.indicator_id and f.compared_with = 'prior_year'
        union
        select a.figure_no, a.indicator_id, b.year || substr(a.period, 5)
        from asked as a inner join formula as f on a.indicator_id = f.indicator_id and f.compared_with = 'baseline_year'
        cross join (
            select value as year from build.seeds.plan_parameter where name = 'baseline_year'
        ) as b
    """


def _spoiled(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    return {
        (row["source"], row["file_name"]): row["reasons"]
        for row in _rows(
            con,
            "select source, file_name, string_agg(reason || ' ' || n, ', ' order by reason) as reasons "
            "from quarantined group by source, file_name",
        )
    }


def _bases(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, ...], float | None]:
    """Published values of the ratios that changes are of."""
    found = con.execute(
        "select v.indicator_id, v.period, v.breakdown, v.breakdown_code, v.value from marts.indicator_value as v "
        "where v.indicator_id in (select base_indicator_id from formula)"
    ).fetchall()
    return {tuple(row[:4]): row[4] for row in found}


def _base(
    rule: Row, key: tuple[str, str, str, str], bases: Mapping[tuple[str, ...], float | None]
) -> dict[str, float | None]:
    if rule["kind"] != "change" or rule["compared_with"] != "prior_year":
        return {}
    _, period, *area = key
    then = f"{int(period[:4]) - 1}{period[4:]}"
    sides = {"figure": period, "compared": then}
    return {side: bases.get((rule["base_indicator_id"], month, *area)) for side, month in sides.items()}


def _n_checks(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, bool], int]:
    """(table, passed) to the number of checks on it."""
    found = con.execute("select table_name, passed, count(*) from checked group by all").fetchall()
    return {(table, passed): n for table, passed, n in found}


def _checks_of(counts: Mapping[tuple[str, bool], int], kind: str, passed: bool) -> int:
    return sum(counts.get((table, passed), 0) for table in _checked_tables(kind))


def _checked_tables(kind: str) -> list[str]:
    """The tables whose checks are about a figure of this kind of rule."""
    return [
        "marts.indicator_value",
        "marts.indicator_progress",
        "marts.indicator",
        f"intermediate.int_indicator_{kind}",
    ]


def check_names(con: duckdb.DuckDBPyConnection, kind: str) -> list[Row]:
    """The checks that a passport counts: table_name, check_name, passed."""
    return _rows(
        con,
        "select table_name, check_name, passed from checked where list_contains($tables, table_name) order by all",
        tables=_checked_tables(kind),
    )


def _revisions(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, ...], list[Row]]:
    """Why a figure differs from the release before, where the release says so (`audit.revision`)."""
    ((there,),) = con.execute(
        "select count(*) from duckdb_tables() where database_name = 'release' and schema_name = 'audit' "
        "and table_name = 'revision'"
    ).fetchall()
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    if there:
        for row in _rows(
            con,
            "select indicator_id, period, breakdown, breakdown_code, value_before, value_now, why "
            "from release.audit.revision order by all",
        ):
            groups[row["indicator_id"], row["period"], row["breakdown"], row["breakdown_code"]].append(row)
    return groups
