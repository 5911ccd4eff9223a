"""Forecasts: the pace, the fitted one where it is better, the interval, and never one that was not tested."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipelines.forecast import SCHEMA, Forecast, forecast, forecasts

NAN = float("nan")


def one(values, *, windows=None, is_sum=False, season=12, horizon=6):
    values = np.asarray(values, dtype=float)
    windows = np.zeros(len(values)) if windows is None else np.asarray(windows)
    return forecast(values, windows, is_sum=is_sum, season=season, horizon=horizon)


def test_an_even_sum_goes_on_at_its_pace_without_error():
    found = one(np.arange(1, 13) * 5.0, is_sum=True, horizon=24)
    assert isinstance(found, Forecast) and found.method == "run_rate"
    assert (found.value, found.low, found.high, found.error) == (180.0, 180.0, 180.0, 0.0)


def test_a_straight_level_drifts_on():
    found = one(np.arange(10) + 100.0, horizon=5)
    assert (found.value, found.error) == (114.0, 0.0)


def test_the_fitted_method_is_used_where_its_error_is_smaller():
    """A yearly sum with a strong season: the pace of the first half tells little about the second."""
    flows = np.tile([1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9], 4).astype(float)[:42]
    years = np.repeat([2020, 2021, 2022, 2023], 12)[:42]
    sums = np.concatenate([np.cumsum(flows[years == year]) for year in np.unique(years)])
    found = one(sums, windows=years, is_sum=True, horizon=6)
    assert found.method == "theta"
    assert found.value == pytest.approx(6 + 54, rel=0.05)
    pace = 6 + flows[36:].mean() * 6
    assert abs(found.value - 60) < abs(pace - 60)


def test_the_interval_holds_the_error_and_grows_with_the_steps():
    rng = np.random.default_rng(7)
    level = 50 + np.cumsum(rng.normal(size=30))
    near, far = one(level, horizon=2), one(level, horizon=24)
    assert near.low < near.value < near.high and near.error > 0
    assert far.high - far.low > near.high - near.low


def test_what_never_fell_is_not_forecast_to_fall():
    found = one(np.cumsum([3, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 1]), is_sum=True, horizon=12)
    assert found.low >= 13


def test_nor_is_its_forecast_below_what_there_is_already():
    """Flows that shrink: the fitted line goes on below zero, and would leave its own interval."""
    found = one(np.cumsum(np.arange(30.0, 0.0, -1.0)), is_sum=True, season=1, horizon=30)
    assert found.method == "theta"
    assert 465 == found.low == found.value < found.high


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_a_series_too_short_to_be_tested_gets_no_forecast(values):
    assert one(values, horizon=3) == "too_short"


def test_a_series_that_never_moved_says_nothing():
    assert one(np.zeros(24), is_sum=True) == "never_moved"
    assert one(np.full(24, 7.0)) == "never_moved"


def test_a_series_the_fitted_method_cannot_take_is_left_to_the_pace(monkeypatch):
    monkeypatch.setattr("pipelines.forecast._theta", lambda *series: NAN)
    rng = np.random.default_rng(3)
    assert one(50 + np.cumsum(rng.normal(size=30)), horizon=6).method == "run_rate"


def test_nothing_is_left_to_forecast_in_december():
    assert one(np.arange(12), horizon=0) == "year_over"


def test_a_missing_month_lies_between_its_neighbours():
    whole = one(np.arange(1, 13) * 5.0, is_sum=True)
    assert one([5, 10, NAN, 20, 25, NAN, NAN, 40, 45, 50, 55, 60], is_sum=True) == whole
    assert one([NAN, NAN, *range(10)], horizon=2).value == 11.0


def test_a_year_of_which_nothing_is_known_is_not_taken_for_zero():
    years = np.repeat([2020, 2021, 2022], 12)
    sums = np.concatenate([np.arange(1, 13) * 9.0, np.full(12, NAN), np.arange(1, 13) * 5.0])
    found = one(sums, windows=years, is_sum=True, horizon=6)
    assert found.value == 60 + 30


def test_one_row_a_target_with_the_reason_where_there_is_none():
    rows = [("long", step, float(step), 12) for step in range(20)] + [("short", 0, 1.0, 1)]
    series = pl.DataFrame(rows, schema=["target_id", "step", "value", "steps_per_year"], orient="row").with_columns(
        origin=pl.lit("2022-06"),
        horizon_period=pl.lit("2023-12"),
        is_sum=pl.lit(False),
        time_window=pl.lit(0),
        horizon=pl.lit(4),
    )
    found = forecasts(series.sample(fraction=1, shuffle=True, seed=1))
    assert found.schema == pl.Schema(SCHEMA)
    assert found.get_column("target_id").to_list() == ["long", "short"]
    long, short = found.rows(named=True)
    assert long["forecast"] == 23.0 and long["reason"] is None and long["backtest_pairs"] >= 4
    assert short["forecast"] is None and short["backtest_error"] is None and short["reason"] == "too_short"


def test_nothing_open_gives_no_rows():
    assert forecasts(pl.DataFrame(schema={"target_id": pl.String, "step": pl.Int32})).is_empty()
