"""Small tables of a release for tests of the scoreboard page, made by hand or from a whole release."""

from __future__ import annotations

from pathlib import Path

import duckdb

FACTS = (
    "indicator_value",
    "indicator_progress",
    "area_progress",
    "area_ranking",
    "indicator_need",
    "indicator_forecast",
    "official_value",
)

DDL = """
create schema marts;
create table marts.indicator (target_id varchar, row_type varchar, name_zh varchar, name_en varchar, unit varchar,
    kind varchar, comparator varchar, target_value double, target_upper double, deadline varchar, scope varchar,
    binding varchar, clause varchar, quote varchar, lead_unit varchar, co_units varchar, source_domain varchar,
    definition varchar, caveat varchar, same_as varchar);
create table marts.campaign (target_id varchar, campaign_id varchar, name_zh varchar, name_en varchar,
    sort_order integer);
create table marts.dimension (breakdown varchar, breakdown_code varchar, name_zh varchar, name_en varchar);
create table marts.indicator_value (indicator_id varchar, period varchar, breakdown varchar, breakdown_code varchar,
    value double, numerator double, denominator double, coverage double, coverage_weighted double,
    estimated_share double, rolling12_value double, n_enterprises integer, conf_status varchar);
create table marts.indicator_progress (target_id varchar, period varchar, value double, baseline double,
    target_value double, achieved_share double, elapsed_share double, status varchar, light varchar,
    conf_status varchar);
create table marts.area_progress (target_id varchar, period varchar, breakdown varchar, breakdown_code varchar,
    value double, baseline double, target_value double, achieved_share double, elapsed_share double, status varchar,
    light varchar, conf_status varchar);
create table marts.area_ranking (indicator_id varchar, period varchar, breakdown varchar, breakdown_code varchar,
    value double, rank integer, score double, conf_status varchar);
create table marts.indicator_need (target_id varchar, period varchar, breakdown varchar, breakdown_code varchar,
    months_remaining integer, gap double, unit varchar, gap_per_month double, numerator_gap double,
    numerator_unit varchar, numerator_gap_per_month double, conf_status varchar);
create table marts.indicator_forecast (target_id varchar, period varchar, horizon_period varchar, forecast double,
    forecast_low double, forecast_high double, confidence double, is_expected_to_be_met boolean, method varchar,
    backtest_error double, backtest_pairs integer, backtest_steps integer, reason varchar, conf_status varchar);
create table marts.official_value (indicator_id varchar, period varchar, breakdown varchar, breakdown_code varchar,
    official_value double, computed_value double, difference double, source varchar, published_on date,
    conf_status varchar);
insert into marts.dimension values ('county', '0', '甲县', 'A County'), ('town', '1', '东镇', 'East'),
    ('town', '2', '<西>镇', 'West'), ('town', '3', '南镇', 'South'), ('town', '4', '北镇', 'North');
"""


class Tables:
    """A `public.duckdb` in the making: one county, four towns, and what a test puts in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: duckdb.DuckDBPyConnection | None = None
        self.execute(DDL)

    @property
    def path(self) -> Path:
        """The file, written and closed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return self._path

    def execute(self, statements: str, *parameters: object) -> None:
        if self._connection is None:
            self._connection = duckdb.connect(str(self._path))
        self._connection.execute(statements, parameters or None)

    def target(
        self, name: str, binding: str = "binding", kind: str = "cumulative_3y", row_type: str = "target"
    ) -> None:
        self.execute(
            "insert into marts.indicator (target_id, row_type, name_zh, name_en, unit, kind, comparator, target_value, "
            "deadline, binding, clause, quote, lead_unit) "
            "values ($1, $2, '名称 ' || $1, 'Name ' || $1, '家', $3, '>=', 10, '2023', $4, '三-1', '十家', '县经信局')",
            name,
            row_type,
            kind,
            binding,
        )
        self.execute("insert into marts.campaign values ($1, 'elimination', '淘汰落后攻坚', 'Elimination', 1)", name)

    def month(
        self,
        name: str,
        period: str,
        value: float | None,
        status: str = "behind",
        light: str = "red",
        conf: str = "F",
        coverage: float | None = None,
        estimated: float | None = None,
    ) -> None:
        """A month of the county, judged."""
        self.execute(
            "insert into marts.indicator_value values "
            "($1, $2, 'county', '0', $3, null, null, $4, $4, $5, null, null, $6)",
            *(name, period, value, coverage, estimated, conf),
        )
        self.execute(
            "insert into marts.indicator_progress values ($1, $2, $3, null, 10, $3 / 10, 0.5, $4, $5, $6)",
            *(name, period, value, status, light, conf),
        )

    def town(
        self, name: str, period: str, code: str, value: float | None, rank: int | None, ranked: bool, conf: str = "F"
    ) -> None:
        self.execute(
            "insert into marts.indicator_value values "
            "($1, $2, 'town', $3, $4, null, null, null, null, null, null, 5, $5)",
            *(name, period, code, value, conf),
        )
        if ranked:
            self.execute(
                "insert into marts.area_ranking values ($1, $2, 'town', $3, $4, $5, null, 'F')",
                *(name, period, code, value, rank),
            )


def public_copy(internal: Path, public: Path, suppress: str | None = None) -> None:
    """The area figures of an `internal.duckdb` as a public file has them: with `conf_status`, and the towns' values of
    the indicator `suppress` withheld."""
    with duckdb.connect(str(public)) as connection:
        connection.execute(f"attach '{internal}' as internal (read_only)")
        connection.execute("create schema marts")
        for table in ("indicator", "campaign", "dimension"):
            connection.execute(f"create table marts.{table} as select * from internal.marts.{table}")
        for table in FACTS:
            connection.execute(
                f"create table marts.{table} as select *, 'F' as conf_status from internal.marts.{table}"
            )
        if suppress:
            connection.execute(
                "update marts.indicator_value set value = null, numerator = null, denominator = null, "
                "n_enterprises = null, conf_status = 'A' where indicator_id = $1 and breakdown = 'town'",
                [suppress],
            )
