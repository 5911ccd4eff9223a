"""The roll-up against figures computed another way: from the facts of the counties, in Polars."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.home import Home
from pipelines.release import current_release
from pipelines.release.verify import altered
from tests.province.conftest import GROUPED, OTHER_PLAN, SAMPLE_CODE, Made

CODES = (GROUPED, OTHER_PLAN, SAMPLE_CODE)
KEY = ("indicator_id", "period")
IN_PERCENT = [
    "rd_to_revenue_mfg", "hightech_zone_hightech_va_share", "rd_active_enterprise_share", "rd_institution_setup_rate",
    "mfg_share_of_projects_introduced", "projects_landing_rate", "landed_project_investment_completion",
    "hightech_zone_share_of_hightech_enterprises", "above_scale_digital_upgrade_coverage",
    "backbone_smart_upgrade_coverage", "industrial_land_share_of_transfers", "freed_stock_land_for_industry_share",
    "tlhn_fund_share_of_land_revenue",
]  # fmt: skip
# Sections B, C and D of GB/T 4754.
INDUSTRY = [f"{n:02d}" for n in (*range(6, 13), *range(13, 44), *range(44, 47))]


def homes(made: Made) -> dict[str, Home]:
    return {county.county_code: made.province.home_of(county) for county in made.province.counties}


def read(path: Path, sql: str) -> pl.DataFrame:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.sql(sql).pl()


def of_counties(made: Made, sql: str) -> pl.DataFrame:
    """What each county's own release says, with its code."""
    return pl.concat(
        [
            read(home.current / "internal.duckdb", sql).with_columns(pl.lit(code).alias("county_code"))
            for code, home in homes(made).items()
        ]
    )


@pytest.fixture(scope="module")
def province(made: Made) -> pl.DataFrame:
    sql = "select * from marts.indicator_value where breakdown = 'province'"
    return read(made.root / "warehouse" / "current" / "internal.duckdb", sql)


@pytest.fixture(scope="module")
def county(made: Made) -> pl.DataFrame:
    return of_counties(made, "select * from marts.indicator_value where breakdown = 'county'")


def assert_equal(found: pl.DataFrame, expected: pl.DataFrame, column: str = "value", at_least: int = 1) -> None:
    """`expected` (KEY, `column`) has just the known values that were found."""
    both = found.select(*KEY, column).drop_nulls(column).join(expected, on=KEY, how="full", suffix="_expected")
    wrong = both.filter(
        ((pl.col(column) - pl.col(f"{column}_expected")).abs() <= 1e-9 * pl.col(f"{column}_expected").abs() + 1e-12)
        .fill_null(False)
        .not_()
    )
    assert wrong.is_empty(), wrong
    assert both.height >= at_least


def figure(frame: pl.DataFrame, indicator: str) -> pl.DataFrame:
    return frame.filter(pl.col("indicator_id") == indicator)


def test_ratios_are_sums_by_sums(province: pl.DataFrame, county: pl.DataFrame) -> None:
    """What the counties publish beside each ratio, summed, then divided."""
    sides = county.filter(
        pl.col("numerator").is_not_null(),
        pl.col("value").is_not_null(),
        pl.col("indicator_id") != "standard_land_share",
    )
    factor = pl.when(pl.col("indicator_id").is_in(IN_PERCENT)).then(100).otherwise(1)
    expected = (
        sides.group_by(KEY)
        .agg(pl.col("numerator").sum(), pl.col("denominator").sum())
        .select(*KEY, (factor * pl.col("numerator") / pl.col("denominator")).alias("value"))
    )
    found = province.filter(pl.col("numerator").is_not_null())
    assert_equal(found, expected, at_least=200)
    of_means = county.group_by(KEY).agg(pl.col("value").mean().alias("mean"))
    taxes = figure(found, "tax_per_mu_above_scale").join(of_means, on=KEY)
    assert (taxes["value"] - taxes["mean"]).abs().max() > 0.01, "the mean of the counties would be another figure"


def test_sums_and_counts_are_added(province: pl.DataFrame, county: pl.DataFrame) -> None:
    counted = [
        "mfg_investment_3y", "co2_reduced_3y", "enterprises_eliminated_3y", "hightech_enterprises_total",
        "projects_100m_started_annual", "technology_transactions_3y", "industrial_internet_platforms_annual",
    ]  # fmt: skip
    known = county.filter(pl.col("indicator_id").is_in(counted), pl.col("value").is_not_null())
    expected = known.group_by(KEY).agg(pl.col("value").sum())
    assert_equal(province.filter(pl.col("indicator_id").is_in(counted)), expected, at_least=80)


def test_growth_is_that_of_the_rolled_up_ratio(province: pl.DataFrame, county: pl.DataFrame) -> None:
    """Where every county knows both years it is the growth of the province's own published ratio, never of growths."""
    ratio = figure(province, "tax_per_mu_above_scale").filter(pl.col("n_counties") == len(CODES))
    year = pl.col("period").str.slice(0, 4).cast(pl.Int32)
    later = ratio.select(year.sub(1).alias("year"), pl.col("period"), pl.col("value"))
    before = ratio.select(year.alias("year"), pl.col("period").str.slice(4).alias("m"), pl.col("value").alias("was"))
    expected = (
        later.with_columns(pl.col("period").str.slice(4).alias("m"))
        .join(before, on=["year", "m"])
        .select(
            pl.lit("tax_per_mu_growth").alias("indicator_id"),
            "period",
            (100 * (pl.col("value") / pl.col("was") - 1)).alias("value"),
        )
    )
    growth = figure(province, "tax_per_mu_growth")
    assert_equal(growth.filter(pl.col("period").is_in(expected["period"].implode())), expected, at_least=6)
    summed = figure(county, "tax_per_mu_growth").group_by("period").agg(pl.col("value").sum().alias("sum"))
    assert (growth.join(summed, on="period").select((pl.col("value") - pl.col("sum")).abs().max()).item() or 0) > 1


def test_the_energy_decline_comes_of_the_enterprises_of_all_counties(made: Made, province: pl.DataFrame) -> None:
    facts = of_counties(
        made,
        "select period, tce_equivalent_ytd::double as tce, value_added_ytd_wan::double as va "
        "from marts.enterprise_month "
        "where is_above_scale and tce_equivalent_ytd is not null and value_added_ytd_wan is not null",
    )
    index = pl.concat([price_index(home).with_columns(county_code=pl.lit(code)) for code, home in homes(made).items()])
    year = pl.col("period").str.slice(0, 4)
    monthly = (
        facts.with_columns(year.alias("year"))
        .join(index, on=["county_code", "year"])
        .group_by("period", "county_code")
        .agg(pl.col("tce").sum(), (pl.col("va") * 100 / pl.col("deflator")).sum().alias("va"))
    )
    base = monthly.filter(year == "2020").select(pl.col("period").str.slice(4).alias("m"), "county_code", "tce", "va")
    expected = (
        monthly.filter(year > "2020")
        .with_columns(pl.col("period").str.slice(4).alias("m"))
        .join(base, on=["m", "county_code"], suffix="_0")
        .group_by("period")
        .agg(pl.col("tce", "va", "tce_0", "va_0").sum())
        .select(
            pl.lit("energy_intensity_decline_3y").alias("indicator_id"),
            "period",
            (100 * (1 - (pl.col("tce") / pl.col("va")) / (pl.col("tce_0") / pl.col("va_0")))).alias("value"),
        )
    )
    assert_equal(figure(province, "energy_intensity_decline_3y"), expected, at_least=8)


def price_index(home: Home) -> pl.DataFrame:
    """The newest delivery of it in force, as the county's archive keeps it."""
    (sha,) = (
        read(home.current / "internal.duckdb", "select sha256 from audit.delivery where source = 'price_index'")
        .tail(1)
        .row(0)
    )
    frame = pl.read_csv(source_of(home, str(sha)), infer_schema=False)
    return frame.select(
        pl.col("年份").str.strip_chars().alias("year"),
        pl.col("缩减指数(2020=100)").str.strip_chars().cast(pl.Float64).alias("deflator"),
    )


def source_of(home: Home, sha: str) -> bytes:
    """Of the sample county only the releases were copied; its deliveries lie in the repository."""
    from pipelines.intake.archive import Archive
    from tests.nights import SAMPLE

    if home.archive.is_dir():
        return Archive(home.archive).get(sha)
    (path,) = (SAMPLE / "inbox" / "price_index").iterdir()
    return path.read_bytes()


def test_growth_of_investment_comes_of_the_projects_of_all_counties(made: Made, province: pl.DataFrame) -> None:
    from tests.nights import SAMPLE

    flows, places = [], ",".join("?" * len(INDUSTRY))
    for code, home in homes(made).items():
        inbox = SAMPLE / "inbox" if code == SAMPLE_CODE else home.inbox
        with sqlite3.connect(max((inbox / "investment").glob("*.sqlite"))) as con:
            flows += con.execute(
                "select i.month, i.invested_wan from project_investment i join project p using (project_id) "
                f"where not p.deleted and not i.deleted and substr(p.industry_code, 1, 2) in ({places})",
                INDUSTRY,
            ).fetchall()
    frame = pl.DataFrame(flows, schema={"month": pl.String, "invested": pl.Float64}, orient="row")
    year, month = pl.col("month").str.slice(0, 4).cast(pl.Int32), pl.col("month").str.slice(5).cast(pl.Int32)
    frame = frame.select(year.alias("year"), month.alias("month"), "invested")

    def year_to_date(of: int, until: int) -> float:
        return float(frame.filter(pl.col("year") == of, pl.col("month") <= until)["invested"].sum())

    expected = pl.DataFrame(
        {
            "indicator_id": ["industrial_investment_growth"] * 11,
            "period": [f"2021-{m:02d}" for m in range(2, 13)],
            "value": [100 * (year_to_date(2021, m) / year_to_date(2020, m) - 1) for m in range(2, 13)],
        }
    )
    whole = figure(province, "industrial_investment_growth").filter(pl.col("n_counties") == len(CODES))
    assert_equal(whole, expected.filter(pl.col("period").is_in(whole["period"].implode())), at_least=6)


def test_the_rolling_year_comes_of_the_enterprises_of_all_counties(made: Made, province: pl.DataFrame) -> None:
    facts = of_counties(
        made,
        "select period, tax_rolling12_wan::double as tax, land_in_use_mu::double as land from marts.enterprise_month "
        "where is_above_scale and tax_ytd_wan is not null and land_in_use_mu is not null "
        "and tax_rolling12_wan is not null",
    )
    expected = (
        facts.group_by("period")
        .agg(pl.col("tax").sum(), pl.col("land").sum())
        .select(
            pl.lit("tax_per_mu_above_scale").alias("indicator_id"),
            "period",
            (pl.col("tax") / pl.col("land")).alias("rolling12_value"),
        )
    )
    assert_equal(figure(province, "tax_per_mu_above_scale"), expected, "rolling12_value", at_least=10)


def test_coverage_counts_counties_and_enterprises(province: pl.DataFrame, county: pl.DataFrame) -> None:
    known = county.filter(pl.col("value").is_not_null()).group_by(KEY).agg(pl.len().cast(pl.Int32).alias("n"))
    joined = province.join(known, on=KEY, how="left").with_columns(pl.col("n").fill_null(0))
    assert joined.filter(pl.col("n_counties") != pl.col("n")).is_empty()
    shares = joined.filter((pl.col("county_coverage") - pl.col("n") / len(CODES)).abs() > 1e-12)
    assert shares.is_empty()
    partial = joined.filter(pl.col("n_counties") < len(CODES), pl.col("value").is_not_null())
    assert partial.height > 0, "a county's refused file leaves a hole that shows in the coverage"
    assert joined.filter(pl.col("n_counties") == 0, pl.col("value").is_not_null()).is_empty()
    taxes = figure(province, "tax_per_mu_above_scale").filter(pl.col("n_counties") == len(CODES))
    enterprises = figure(county, "tax_per_mu_above_scale").with_columns(
        scope=pl.col("n_enterprises") / pl.col("coverage")
    )
    expected = enterprises.group_by(KEY).agg((pl.col("n_enterprises").sum() / pl.col("scope").sum()).alias("coverage"))
    assert_equal(taxes, expected.join(taxes.select(KEY), on=KEY), "coverage", at_least=10)


def test_what_cannot_be_added_is_listed_and_not_added(made: Made, province: pl.DataFrame) -> None:
    listed = read(made.root / "warehouse" / "current" / "internal.duckdb", "select * from marts.indicator_not_additive")
    reasons = dict(listed.group_by("indicator_id").agg(pl.col("reason").first()).iter_rows())
    assert reasons == {
        "hightech_investment_in_library_share": "not_computed",
        "quality_service_platforms": "latest_value",
        "valid_trademarks": "latest_value",
        "sme_digital_application_share": "latest_value",
        "standard_land_share": "rule_differs",
        "industrial_robots_annual": "unit_differs",
    }
    assert set(province["indicator_id"]).isdisjoint(reasons)
    units = listed.filter(pl.col("indicator_id") == "industrial_robots_annual")
    assert dict(units.select("county_code", "unit").iter_rows())[OTHER_PLAN] == "百台/年"
    rules = listed.filter(pl.col("indicator_id") == "standard_land_share")["rule"]
    assert rules.n_unique() == 2 and rules.len() == len(CODES)


def test_every_county_is_there_with_all_its_figures(made: Made, county: pl.DataFrame) -> None:
    internal = made.root / "warehouse" / "current" / "internal.duckdb"
    mine = read(internal, "select * from marts.indicator_value where breakdown <> 'province'")
    theirs = of_counties(made, "select * from marts.indicator_value")
    assert mine.height == theirs.height
    same = ["county_code", "indicator_id", "period", "breakdown", "breakdown_code", "value", "n_enterprises"]
    assert mine.select(same).sort(same[:5]).equals(theirs.select(same).sort(same[:5]))
    with duckdb.connect(str(internal), read_only=True) as con:
        first = con.sql(
            "select table_name, arg_min(column_name, column_index) from duckdb_columns() "
            "where schema_name = 'marts' group by table_name"
        ).fetchall()
        empty = con.sql(
            "select count(*) from duckdb_columns() where schema_name = 'marts' and comment is null"
        ).fetchall()
    assert {column for _, column in first} == {"county_code"}
    assert empty == [(0,)]
    assert not {"enterprise_month", "enterprise_year", "project"} & {name for name, _ in first}


def test_the_counties_are_ranked_by_the_province(made: Made, county: pl.DataFrame) -> None:
    ranked = read(
        made.root / "warehouse" / "current" / "internal.duckdb",
        "select * from marts.area_ranking where breakdown = 'county'",
    )
    assert set(ranked["indicator_id"]) == {
        "tax_per_mu_above_scale", "value_added_per_mu_above_scale", "labour_productivity_mfg", "composite",
    }  # fmt: skip
    december = ranked.filter(pl.col("period") == "2021-12", pl.col("indicator_id") == "tax_per_mu_above_scale")
    values = figure(county, "tax_per_mu_above_scale").filter(pl.col("period") == "2021-12")
    best_first = values.sort("value", descending=True)["county_code"].to_list()
    assert december.sort("rank")["breakdown_code"].to_list() == best_first
    assert december.sort("rank")["score"].to_list() == [100.0, 50.0, 0.0]
    month = ranked.filter(pl.col("period") == "2021-12")
    means = month.filter(pl.col("indicator_id") != "composite").group_by("breakdown_code").agg(pl.col("score").mean())
    composite = month.filter(pl.col("indicator_id") == "composite").select("breakdown_code", "value")
    both = composite.join(means, on="breakdown_code")
    assert both.height == len(CODES) and (both["value"] - both["score"]).abs().max() < 1e-9


def test_the_public_file_gives_no_county_away(made: Made) -> None:
    current = made.root / "warehouse" / "current"
    public = read(current / "public.duckdb", "select * from marts.indicator_value")
    internal = read(current / "internal.duckdb", "select * from marts.indicator_value where breakdown = 'county'")
    free = {
        code: read(home.current / "public.duckdb", "select * from marts.indicator_value where breakdown = 'county'")
        for code, home in homes(made).items()
    }
    status = pl.concat([frame.with_columns(county_code=pl.lit(code)) for code, frame in free.items()])
    in_sum = internal.filter(pl.col("value").is_not_null()).join(
        status.select("county_code", *KEY, "conf_status"), on=["county_code", *KEY]
    )
    hidden = in_sum.filter(pl.col("conf_status") != "F").select(KEY).unique()
    whole = public.filter(pl.col("breakdown") == "province")
    closed = whole.join(hidden, on=KEY)
    assert closed.height > 10, "something has to be hidden here"
    for column in ("value", "numerator", "denominator", "rolling12_value", "n_enterprises", "coverage"):
        assert closed[column].is_null().all(), column
    assert set(closed["conf_status"]) == {"D"}
    open_ = whole.join(hidden, on=KEY, how="anti").filter(pl.col("n_counties") > 0)
    assert open_["value"].is_not_null().all() and open_.height > 500
    # What the counties hide stays hidden in the copy.
    assert public.filter(pl.col("conf_status") != "F", pl.col("value").is_not_null()).is_empty()
    rolling = public.filter(pl.col("breakdown") == "county", pl.col("rolling12_value").is_not_null())
    theirs = status.filter(pl.col("rolling12_value").is_not_null())
    assert rolling.height == theirs.height


def test_the_manifest_names_each_countys_release(made: Made) -> None:
    release = current_release(Home(made.root))
    assert release is not None
    assert release.manifest["province_code"] == "330000"
    for entry in release.manifest["counties"]:
        own = current_release(homes(made)[entry["county_code"]])
        assert own is not None
        assert (entry["release"], entry["content_hash"]) == (own.release_id, own.content_hash)
        assert entry["status"] == "accepted" and entry["reason"] is None
        assert own.manifest["county_code"] == entry["county_code"]
    assert altered(release) == []
    assert {check["origin"] for check in release.manifest["checks"]} == {"dbt", "expectation"}
