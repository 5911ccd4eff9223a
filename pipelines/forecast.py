"""Forecasts of open targets to their deadline, each with the error it has shown on its own past.

Two methods: `run_rate` (the pace so far goes on: the mean flow of the window for what adds up, the mean change of the
last year for a level) and `theta` (Assimakopoulos & Nikolopoulos 2000, from statsmodels), where the series is long
enough. Both forecast from earlier points of the series; the one with the smaller error is used. A series on which no
method could be tested gets no forecast.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

CONFIDENCE = 0.8
QUANTILE = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
# Steps a method must have seen before it says anything; pairs of forecast and truth a test needs.
SEEN = {"run_rate": 3, "theta": 12}
LEAST_PAIRS = 4
MOST_PAIRS = 6
DIGITS = 8

Method = Callable[[np.ndarray, int], float]
"""(steps so far, horizon) → the sum of the next `horizon` flows, or the level after `horizon` steps."""


@dataclass(frozen=True)
class Forecast:
    """`value` with its interval at `CONFIDENCE`; `error` is the mean absolute error of `pairs` forecasts over
    `horizon` steps of the past. The interval grows with the root of the steps beyond that."""

    value: float
    low: float
    high: float
    method: str
    error: float
    pairs: int
    horizon: int


SCHEMA = {
    "target_id": pl.String,
    "period": pl.String,
    "horizon_period": pl.String,
    "steps": pl.Int32,
    "forecast": pl.Float64,
    "forecast_low": pl.Float64,
    "forecast_high": pl.Float64,
    "confidence": pl.Float64,
    "method": pl.String,
    "backtest_error": pl.Float64,
    "backtest_pairs": pl.Int32,
    "backtest_steps": pl.Int32,
    "reason": pl.String,
}


def load() -> None:
    """Import what the fitted method stands on, which takes a second, while nobody waits for it."""
    import statsmodels.tsa.forecasting.theta  # noqa: F401


def forecasts(series: pl.DataFrame) -> pl.DataFrame:
    """One row a target, columns of `SCHEMA`; without a forecast, `reason` says why.

    `series`: target_id, origin, horizon_period, step, value, is_sum, time_window, steps_per_year, horizon; one row a
    target and step (`int_forecast_series`).
    """
    rows = []
    for part in series.sort("target_id", "step").partition_by("target_id", maintain_order=True):
        first = part.row(0, named=True)
        found = forecast(
            part.get_column("value").cast(pl.Float64).to_numpy(),
            part.get_column("time_window").to_numpy(),
            is_sum=first["is_sum"],
            season=first["steps_per_year"],
            horizon=first["horizon"],
        )
        rows.append((first["target_id"], first["origin"], first["horizon_period"], first["horizon"], *_columns(found)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _columns(found: Forecast | str) -> tuple[float | int | str | None, ...]:
    if isinstance(found, str):
        return (*(None,) * 8, found)
    interval = (found.value, found.low, found.high, CONFIDENCE)
    return (*interval, found.method, found.error, found.pairs, found.horizon, None)


def forecast(values: np.ndarray, windows: np.ndarray, *, is_sum: bool, season: int, horizon: int) -> Forecast | str:
    """The forecast `horizon` steps after the last value, or why there is none: `too_short` to be tested,
    `never_moved` (every method would be right by accident), `year_over` (the last step is the one asked for),
    `not_fitted`.

    `values`: one a step, NaN where unknown but the last, filled along the straight line between its neighbours. With
    `is_sum` they add up, anew with every number of `windows`.
    """
    if horizon == 0:
        return "year_over"
    past = _flows(values, windows) if is_sum else _filled(np.arange(len(values)), values)
    unknown = np.flatnonzero(np.isnan(past))
    past = past[unknown[-1] + 1 :] if len(unknown) else past
    in_window = min(int((windows == windows[-1]).sum()), len(past)) if is_sum else 0
    if len(past) >= LEAST_PAIRS and (past == (0.0 if is_sum else past[0])).all():
        return "never_moved"
    methods = {
        "run_rate": _pace(in_window) if is_sum else _drift(season),
        "theta": lambda past, horizon: _theta(past, horizon, season, is_sum),
    }
    tested = [t for name, method in methods.items() if (t := _backtest(name, method, past, is_sum, horizon))]
    if not tested:
        return "too_short"
    best = min(tested, key=lambda t: t.root_mean_square)
    ahead = methods[best.name](past, horizon)
    if not math.isfinite(ahead):
        return "not_fitted"
    value = values[-1] + ahead if is_sum else ahead
    half = QUANTILE * best.root_mean_square * math.sqrt(horizon / best.reach)
    least = values[-1] if is_sum and (past >= 0).all() else -math.inf  # what never fell will not
    value = max(value, least)
    figures = [_rounded(figure) for figure in (value, max(value - half, least), value + half, best.mean_absolute)]
    return Forecast(figures[0], figures[1], figures[2], best.name, figures[3], best.pairs, best.reach)


def _filled(at: np.ndarray, values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    inside = (at >= at[known][0]) if known.any() else known
    return np.where(inside, np.interp(at, at[known], values[known]), np.nan) if known.any() else values


def _flows(sums: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """The flow of every step; NaN in a window of which nothing is known."""
    flows = np.full(len(sums), np.nan)
    for window in np.unique(windows):
        inside = windows == window
        if not np.isnan(sums[inside]).all():
            running = _filled(np.arange(inside.sum() + 1), np.r_[0.0, sums[inside]])
            flows[inside] = np.diff(running)
    return flows


@dataclass(frozen=True)
class _Tested:
    name: str
    root_mean_square: float
    mean_absolute: float
    pairs: int
    reach: int


def _backtest(name: str, method: Method, past: np.ndarray, is_sum: bool, horizon: int) -> _Tested | None:
    """Errors of forecasts from earlier points, as far ahead as the series allows; None where it is too short."""
    for reach in range(min(horizon, len(past)), 0, -1):
        origins = range(SEEN[name], len(past) - reach + 1)[-MOST_PAIRS:]
        if len(origins) >= LEAST_PAIRS:
            break
    else:
        return None
    truths = [past[o : o + reach].sum() if is_sum else past[o + reach - 1] for o in origins]
    errors = np.asarray([method(past[:o], reach) for o in origins]) - truths
    if not np.isfinite(errors).all():
        return None  # it cannot be fitted to what was known then
    return _Tested(name, float(np.sqrt((errors**2).mean())), float(np.abs(errors).mean()), len(origins), reach)


def _pace(in_window: int) -> Method:
    """The mean flow of as many steps as the last window has so far."""
    return lambda past, horizon: float(past[-in_window:].mean() * horizon)


def _drift(season: int) -> Method:
    """The mean change of the last year, or of the whole series where it is shorter."""

    def ahead(past: np.ndarray, horizon: int) -> float:
        back = min(max(season, 2), len(past) - 1)
        return float(past[-1] + horizon * (past[-1] - past[-1 - back]) / back)

    return ahead


def _theta(past: np.ndarray, horizon: int, season: int, is_sum: bool) -> float:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    is_seasonal = season > 1 and len(past) >= 2 * season
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on how well the optimiser did; the back-test is the judge
        model = ThetaModel(past, period=season if is_seasonal else 1, deseasonalize=is_seasonal, method="additive")
        try:
            ahead = np.asarray(model.fit().forecast(horizon))
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            return math.nan  # this series is none for this method
    return float(ahead.sum() if is_sum else ahead[-1])


def _rounded(value: float) -> float:
    """To `DIGITS` significant digits: optimisers differ in the last ones from one processor to another."""
    return float(f"{value:.{DIGITS - 1}e}")
