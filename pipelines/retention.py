"""How long things are kept; docs/operations.md names them, this is their one home.

Deliveries and arrival records are kept for ever. How long Dagster keeps what schedules and sensors looked at stands in
`dagster.yaml`, its own file.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

KEEP_RELEASES = 30
KEEP_RUN_LOGS = 10
# A run of a night is some ten megabytes in Dagster's store.
KEEP_RUNS_DAYS = 90


def forget_old_runs(instance: DagsterInstance, now: datetime, days: int = KEEP_RUNS_DAYS) -> int:
    """Remove ended runs from Dagster's store that began more than `days` before `now`; how many. The newest run of a
    job stays, however old: what an asset last was is read from it."""
    from dagster import RunsFilter
    from dagster._core.storage.dagster_run import FINISHED_STATUSES

    old = instance.get_runs(
        filters=RunsFilter(created_before=now - timedelta(days=days), statuses=list(FINISHED_STATUSES))
    )
    newest = {job: instance.get_runs(RunsFilter(job_name=job), limit=1) for job in {run.job_name for run in old}}
    kept = {run.run_id for runs in newest.values() for run in runs}
    gone = [run.run_id for run in old if run.run_id not in kept]
    for run_id in gone:
        instance.delete_run(run_id)
    return len(gone)
