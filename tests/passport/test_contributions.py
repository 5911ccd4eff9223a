"""What a release lists as adding up to a figure adds up to it, whatever the kind of rule and the area."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines.contracts import load_contracts
from pipelines.intake.archive import Archive
from pipelines.intake.parse import parse
from pipelines.passport import evidence
from tests.passport.conftest import Night

SUMS = """
    with contribution as (from build.intermediate.int_contribution),
    placed as (
        select *, 'county' as breakdown, null as code from contribution where serves in ('all', 'county')
        union all by name
        select *, 'town' as breakdown, town_code as code from contribution where serves in ('all', 'areas')
        union all by name
        select *, 'platform' as breakdown, platform_code as code from contribution where serves in ('all', 'areas')
        union all by name
        select *, 'industry' as breakdown, division as code from contribution where serves in ('all', 'areas')
    )
    select indicator_id, period, breakdown, code, side, max(fact_period) as fact_period,
        sum(numerator) filter (where is_counted) as n, sum(denominator) filter (where is_counted) as d,
        sum(rolling12) filter (where is_counted) as rolling_n,
        sum(denominator) filter (where is_counted and rolling12 is not null) as rolling_d,
        count(distinct contributor) filter (where is_counted) as n_counted
    from placed where breakdown = 'county' or code is not null
    group by all
"""


@pytest.fixture(scope="module")
def con(night: Night) -> Iterator[duckdb.DuckDBPyConnection]:
    """As the release keeps it: no work file."""
    with evidence.of_release(night.passports, night.release.tables) as connection:
        yield connection


def _rows(con: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    cursor = con.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _double(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def test_contributions_sum_back_to_every_published_figure(night: Night, con) -> None:
    sums: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
    county = con.execute("select breakdown_code from marts.dimension where breakdown = 'county'").fetchall()[0][0]
    for row in _rows(con, SUMS):
        key = row["indicator_id"], row["period"], row["breakdown"], row["code"] or county
        sums.setdefault(key, {})[row["side"]] = row
    rules = {r["indicator_id"]: r for r in _rows(con, "from formula")}
    deflators = dict(
        con.execute(
            "select distinct fact_period[:4], numerator from build.intermediate.int_contribution "
            "where contributor_kind = 'price_index'"
        ).fetchall()
    )
    seen: Counter[tuple[str, str]] = Counter()
    wrong = []
    for figure in _rows(con, "select * from marts.indicator_value where value is not null"):
        rule = rules[figure["indicator_id"]]
        key = tuple(figure[c] for c in ("indicator_id", "period", "breakdown", "breakdown_code"))
        now = sums.get(key, {}).get("figure", {})
        then = sums.get(key, {}).get("compared", {})
        n, d = _double(now.get("n")), _double(now.get("d"))
        kind = "share" if rule["kind"] != "change" and rule["result"] == "ratio" else rule["result"]
        if rule["kind"] == "change":
            ratios = []
            for side in (now, then):
                price = 100.0
                if rule["is_comparable_price"]:
                    price = float(deflators.get(side["fact_period"][:4], 100))
                ratios.append(float(side["n"]) / (float(side["d"]) * 100 / price))
            value = rule["factor"] * (ratios[0] / ratios[1] - 1)
        elif kind == "growth":
            value = ((n or 0) / d - 1) * rule["factor"]
        elif kind == "share":
            d = d / rule["divided_by"]
            value = (n or 0) / d * rule["factor"]
            assert math.isclose(n or 0, figure["numerator"], rel_tol=1e-14), key
            assert math.isclose(d, figure["denominator"], rel_tol=1e-14), key
        else:
            value = (n or 0) * rule["factor"] / rule["divided_by"]
        if not math.isclose(value, figure["value"], rel_tol=1e-12, abs_tol=1e-12):
            wrong.append((key, value, figure["value"]))
        if figure["rolling12_value"] is not None:
            rolling = float(now["rolling_n"]) / float(now["rolling_d"]) * rule["factor"]
            assert math.isclose(rolling, figure["rolling12_value"], rel_tol=1e-12), key
        if figure["n_enterprises"] is not None:
            assert now["n_counted"] == figure["n_enterprises"], key
        seen[rule["kind"], figure["breakdown"]] += 1
    assert not wrong, f"{len(wrong)}: {wrong[:5]}"
    # every kind of rule that the plan uses, and every dimension
    assert {kind for kind, _ in seen} == {r["kind"] for r in rules.values()} | {"change"}
    assert {breakdown for _, breakdown in seen} == {"county", "town", "platform", "industry"}
    assert sum(seen.values()) > 7_000


def test_every_row_that_is_named_stands_in_the_archive_where_it_says(night: Night, con) -> None:
    named = set(
        con.execute(
            "select d.source, d.file_name, d.sheet, c.row_number, d.sha256 "
            "from build.intermediate.int_contribution as c inner join delivered as d on c.delivery_id = d.delivery_id "
            "union select d.source, d.file_name, if(d.source <> r.table_name, r.table_name, d.sheet), r.row_number, "
            "d.sha256 from build.intermediate.int_source_row as r "
            "inner join delivered as d on r.delivery_id = d.delivery_id"
        ).fetchall()
    )
    assert len(named) > 4_000
    in_force = {
        (i["source"], i["file_name"], i["sha256"])
        for i in night.release.manifest["inputs"]
        if i["status"] == "accepted"
    }
    archive = Archive(night.home.archive)
    contracts = load_contracts()
    there = set()
    for source, file_name, sha256 in sorted({(r[0], r[1], r[4]) for r in named}):
        assert (source, file_name, sha256) in in_force
        contract = contracts[source]
        period, _ = contract.parse_name(file_name) or (None, 0)
        parsed = parse(archive.get(sha256), contract, period)
        for table, frame in parsed.tables.items():
            there |= {
                (source, file_name, table or parsed.sheet, number, sha256)
                for number in frame.get_column("row_number").to_list()
            }
    assert named <= there, sorted(named - there, key=str)[:5]


def test_whatever_counts_stands_on_a_row(night: Night, con) -> None:
    bare = con.execute(
        """
        select c.indicator_id, c.period, c.contributor from build.intermediate.int_contribution as c
        where c.is_counted and c.delivery_id is null and not exists (
            select 1 from contribution_source as s inner join build.intermediate.int_source_row as r
            on s.table_name = r.table_name and s.row_period = r.row_period
            where s.indicator_id = c.indicator_id and s.fact_period = c.fact_period
            and s.contributor_kind = c.contributor_kind and r.contributor_kind = c.contributor_kind
            and r.contributor = c.contributor
        )
        """
    ).fetchall()
    assert not bare, bare[:5]


def test_an_id_names_one_figure_and_depends_on_what_it_is_alone(con) -> None:
    found = con.execute(
        "select indicator_id, period, breakdown, breakdown_code, "
        "passport_id(indicator_id, period, breakdown, breakdown_code) from marts.indicator_value"
    ).fetchall()
    ids = [row[4] for row in found]
    assert len(set(ids)) == len(ids) > 7_000
    for *key, figure_id in found[::97]:
        assert figure_id == hashlib.sha256("|".join(key).encode()).hexdigest()[:12]
    # the same ever since the first release
    first = ("tax_per_mu_above_scale", "2020-09", "county", "330521", "deef85342216")
    assert first in found
