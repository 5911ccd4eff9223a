"""Another plan is a folder: two censuses of the United States, published totals and ratios from the parts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.home import CHECKOUT, Home
from pipelines.passport import evidence
from pipelines.passport.part import INTERNAL
from pipelines.release import current_release

# One night for all of them.
pytestmark = pytest.mark.xdist_group("us_census")

CENSUS = Path(__file__).parent.parent / "data" / "us_census"


@pytest.fixture(scope="module")
def marts(tmp_path_factory):
    """One night of that plan, as an operator would run it."""
    home = Home(tmp_path_factory.mktemp("us"))
    shutil.copytree(CENSUS / "inbox", home.inbox)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER", "FENGHUANG"))}
    environment |= {"FENGHUANG_HOME": str(home.root), "FENGHUANG_PLAN": str(CENSUS / "plan"), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "nightly"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    release = current_release(home)
    with duckdb.connect(str(release.tables), read_only=True) as connection:
        yield connection


def value(marts, indicator: str, period: str, code: str = "US") -> float | None:
    return marts.execute(
        "select value from marts.indicator_value where indicator_id = ? and period = ? and breakdown_code = ?",
        [indicator, period, code],
    ).fetchall()[0][0]


def test_published_totals_come_from_the_parts(marts):
    """Table 1 of the Census Brief: 281 421 906 people in 2000, 308 745 538 in 2010; no row of it was delivered."""
    assert value(marts, "resident_population", "2000-12") == 281_421_906
    assert value(marts, "resident_population", "2010-12") == 308_745_538
    parts = marts.execute(
        "select count(*), sum(value) from marts.indicator_value "
        "where indicator_id = 'resident_population' and period = '2010-12' and breakdown = 'town'"
    ).fetchall()
    assert parts == [(51, 308_745_538)]


def test_published_ratios_come_from_the_parts(marts):
    """As printed: 87.4 people a square mile; +9.7 % in ten years, Nevada +35.1 %, Michigan -0.6 %."""
    assert round(value(marts, "population_density", "2010-12"), 1) == 87.4
    assert round(value(marts, "population_growth_10y", "2010-12"), 1) == 9.7
    assert round(value(marts, "population_growth_10y", "2010-12", "32"), 1) == 35.1
    assert round(value(marts, "population_growth_10y", "2010-12", "26"), 1) == -0.6
    mean_of_densities = marts.execute(
        "select avg(value) from marts.indicator_value "
        "where indicator_id = 'population_density' and period = '2010-12' and breakdown = 'town'"
    ).fetchall()[0][0]
    assert round(mean_of_densities, 1) != 87.4


def test_areas_are_counted(marts):
    """Seven states of ten million: California, Texas, New York, Florida, Illinois, Pennsylvania, Ohio."""
    assert value(marts, "states_over_10_million", "2010-12") == 7
    assert value(marts, "states_over_10_million", "2010-12", "39") == 1  # Ohio
    assert value(marts, "states_over_10_million", "2010-12", "26") == 0  # Michigan, 9.9 million


def test_a_month_in_which_nothing_was_observed_is_unknown_not_zero(marts):
    assert value(marts, "resident_population", "2005-12") is None
    assert value(marts, "population_density", "2000-12") is None  # no land area of 2000 was delivered


def test_the_plan_is_judged_by_its_own_registry(marts):
    verdicts = marts.execute(
        "select target_id, status, light from marts.indicator_progress where period = '2010-12' order by 1"
    ).fetchall()
    assert verdicts == [
        ("population_density", "achieved", "green"),
        ("population_growth_10y", "missed", "red"),
        ("resident_population", "achieved", "green"),
        ("states_over_10_million", "achieved", "green"),
    ]
    assert marts.execute("select count(*) from marts.indicator").fetchall() == [(4,)]
    foreign = "select count(*) from marts.indicator_value where breakdown = 'platform' or indicator_id like '%_mu%'"
    assert marts.execute(foreign).fetchall() == [(0,)]


def test_official_totals_stand_beside_the_computed_ones(marts):
    differences = marts.execute(
        "select indicator_id, period, round(difference, 6) from marts.official_value "
        "where indicator_id = 'resident_population' order by period"
    ).fetchall()
    assert differences == [("resident_population", "2000-12", 0.0), ("resident_population", "2010-12", 0.0)]


_SUMMED = """
    with contribution as (from build.intermediate.int_contribution),
    placed as (
        select *, 'county' as breakdown, 'US' as code from contribution where serves in ('all', 'county')
        union all
        select *, 'town', town_code from contribution where serves in ('all', 'areas') and town_code is not null
    ),
    sums as (
        select indicator_id, period, breakdown, code,
            cast(sum(numerator) filter (where side = 'figure' and is_counted) as double) as n,
            cast(sum(denominator) filter (where side = 'figure' and is_counted) as double) as d,
            cast(sum(numerator) filter (where side = 'compared' and is_counted) as double) as earlier
        from placed group by all
    ),
    said as (
        select v.indicator_id, v.period, v.breakdown_code, v.value, f.factor * case f.result
            when 'ratio' then s.n / s.d when 'growth' then s.n / s.earlier - 1 else coalesce(s.n, 0) end as summed
        from marts.indicator_value as v
        inner join formula as f on v.indicator_id = f.indicator_id
        left join sums as s on v.indicator_id = s.indicator_id and v.period = s.period
            and v.breakdown = s.breakdown and v.breakdown_code = s.code
        where v.value is not null
    )
    select *, count(*) over () from said
    where summed is null or abs(summed - value) > 1e-12 * greatest(abs(value), 1)
"""


def test_observations_add_up_to_every_figure(marts) -> None:
    """What the passports list, of the nation and of every state, whatever the rule."""
    (path,) = marts.execute("select path from duckdb_databases() where not internal").fetchone()
    tables = Path(path)
    with evidence.of_release(tables.parent / INTERNAL, tables) as con:
        wrong = con.execute(_SUMMED).fetchall()
    assert not wrong, wrong[:5]
