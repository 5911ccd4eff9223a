"""People told by Dagster: how a night ended that Dagster ran, and what is overdue."""

from datetime import UTC, datetime

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunStatusSensorContext,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)

from pipelines import messages, notify
from pipelines.home import Home
from pipelines.nightly import TOLD_BY
from pipelines.orchestration.jobs import nightly
from pipelines.release.store import current_release, list_releases
from pipelines.retention import forget_old_runs

LOOK_SECONDS = 900


def told_elsewhere(tags: object) -> bool:
    return isinstance(tags, dict) and TOLD_BY in tags


@run_failure_sensor(
    name="night_failed",
    monitored_jobs=[nightly],
    default_status=DefaultSensorStatus.RUNNING,
    description="一次失败一条通知，说明首要原因 One message a failed night, with its first cause.",
)
def night_failed(context: RunFailureSensorContext) -> SkipReason | None:
    if told_elsewhere(context.dagster_run.tags):
        return SkipReason("由命令通知 told by the command that ran it")
    home = Home.from_env()
    stage, headline, promise = first_cause(context)
    current = current_release(home)
    log = str(home.work / context.dagster_run.run_id / "run.log")
    message = messages.night_failed(stage, headline, promise, current.release_id if current else None, log)
    _report(context.log.warning, notify.send(message))
    return None


def first_cause(context: RunFailureSensorContext) -> tuple[str, str, str]:
    """(stage, headline, promise) of the first step that failed; of the run itself where none did."""
    for event in context.get_step_failure_events():
        data = event.step_failure_data
        if data.user_failure_data:
            told = {name: str(value.value) for name, value in data.user_failure_data.metadata.items()}
            return told.get("stage", ""), str(data.user_failure_data.description), told.get("promise", "")
        if data.error:
            error = data.error
            while error.cause:
                error = error.cause
            return str(event.step_key), f"意外错误 unexpected {error.cls_name}", ""
    return "run", (context.failure_event.message or "任务未完成 the run did not finish").splitlines()[0][:300], ""


@run_status_sensor(
    name="night_succeeded",
    run_status=DagsterRunStatus.SUCCESS,
    monitored_jobs=[nightly],
    default_status=DefaultSensorStatus.RUNNING,
    description="每次发布一份摘要 A digest of each release; and runs that are too old to keep are forgotten.",
)
def night_succeeded(context: RunStatusSensorContext) -> SkipReason | None:
    # Imported here: what it reads of deliveries needs Polars.
    from pipelines.tell import tell_release

    forget_old_runs(context.instance, datetime.now(UTC))
    if told_elsewhere(context.dagster_run.tags):
        return SkipReason("由命令通知 told by the command that ran it")
    home = Home.from_env()
    made = next((r for r in list_releases(home) if r.manifest["run_id"] == context.dagster_run.run_id), None)
    if made is None:
        return SkipReason("该次运行的版本已不在 the release of this run is gone")
    _report(context.log.warning, tell_release(home, made))
    return None


@sensor(
    name="freshness",
    minimum_interval_seconds=LOOK_SECONDS,
    default_status=DefaultSensorStatus.RUNNING,
    description="从任务之外看时效：应报未报、应发未发 What is overdue, looked at from outside the night.",
)
def freshness(context: SensorEvaluationContext) -> SkipReason:
    """Leaves its answer on the checks `is_on_time`; starts no run."""
    from pipelines.watch import watch

    watched = watch(Home.from_env(), datetime.now(UTC), context.instance)
    _report(context.log.warning, watched.sent)
    stale = watched.freshness.stale()
    return SkipReason("; ".join(stale.values()) or "没有逾期 nothing is overdue")


def _report(say: object, sent: notify.Sent) -> None:
    assert callable(say)
    for line in notify.report(sent):
        say(line)


TOLD_SENSORS: list[SensorDefinition] = [night_failed, night_succeeded, freshness]
