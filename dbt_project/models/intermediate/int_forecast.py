"""Forecasts of the open targets, by pipelines/forecast.py."""

from pipelines.forecast import forecasts


def model(dbt, session):
    dbt.config(materialized="table")
    return forecasts(dbt.ref("int_forecast_series").pl()).to_arrow()
