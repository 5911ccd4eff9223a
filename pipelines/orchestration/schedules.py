"""When the nightly job runs."""

from __future__ import annotations

from dagster import DefaultScheduleStatus, ScheduleDefinition

from pipelines.freshness import TIMEZONE
from pipelines.orchestration.jobs import nightly

# Running from the start: a schedule that waits for somebody to switch it on looks green and publishes nothing.
nightly_schedule = ScheduleDefinition(
    name="nightly",
    job=nightly,
    cron_schedule="0 2 * * *",
    execution_timezone=TIMEZONE,
    default_status=DefaultScheduleStatus.RUNNING,
)
