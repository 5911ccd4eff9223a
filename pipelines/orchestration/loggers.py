"""The log of a run, kept in its folder."""

import logging

from dagster import InitLoggerContext, logger

from pipelines.orchestration.night import LOG_NAME


@logger
def run_log(context: InitLoggerContext) -> logging.Logger:
    """Whoever opened the run gave this logger its file."""
    log = logging.getLogger(LOG_NAME)
    log.setLevel(logging.INFO)
    log.propagate = False
    return log
