"""Passports read from the evidence: everything said of a figure, for many figures in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from pipelines.passport import contributions
from pipelines.passport.formula import lines
from pipelines.reading import rows as _rows

Row = dict[str, Any]
Months = tuple[str, str]


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
# The months that contributions are of.
_NAMED = """
    union
    select p.figure_no, a.indicator_id, p.fact_period from part as p inner join asked as a on p.figure_no = a.figure_no
"""
# The months that changes are compared with, by the rules: all that the public edition knows of them.
_COMPARED = """
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
_ROWS_OF_FILES = """
    select f.figure_no, d.sha256, d.source, sum(f.n)::bigint as n
    from file_rows as f inner join delivered as d on f.delivery_id = d.delivery_id
    group by all
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
    ask(con, breakdown=breakdown, indicators=indicators, months=months, code=code)
    if internal:
        contributions.gather(con)
    # An earlier month that a growth compares with is looked up where the contributions name it.
    facts = _NAMED if internal else _COMPARED
    terms: dict[int, dict[str, Row]] = defaultdict(dict)
    for row in _rows(con, "select * from term") if internal else []:
        terms[row[_KEY]][row["side"]] = row
    used = {(r[_KEY], r["sha256"], r["source"]): r["n"] for r in (_rows(con, _ROWS_OF_FILES) if internal else [])}
    spoiled = _spoiled(con) if internal else {}
    files = _grouped(_rows(con, _FILES.format(facts=facts)))
    largest = _grouped(_rows(con, contributions.LARGEST_TOLD)) if internal else {}
    contributors = {row[_KEY]: row for row in (_rows(con, "select * from adding") if internal else [])}
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


def ask(
    con: duckdb.DuckDBPyConnection,
    *,
    breakdown: str,
    indicators: Sequence[str] | None = None,
    months: Months | None = None,
    code: str | None = None,
) -> None:
    """A temporary table `asked`: the figures, numbered."""
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


def _grouped(found: list[Row]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in found:
        groups[row[_KEY]].append(row)
    return groups


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
