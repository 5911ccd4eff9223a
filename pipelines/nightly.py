"""The nightly job without a daemon: the very job that Dagster schedules, run here and now."""

from __future__ import annotations

import logging
import os
import uuid
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.gate.suites import SuiteBroken
from pipelines.home import Home
from pipelines.memory import collect_seldom
from pipelines.orchestration.night import LOG_NAME, Night, NotPublished, open_night
from pipelines.plan import PlanBroken
from pipelines.release.store import Busy, Release
from pipelines.retention import forget_old_runs

if TYPE_CHECKING:
    from dagster import DagsterInstance, ExecuteInProcessResult

    from pipelines.build.dbt_project import Engine
    from pipelines.intake.run import IntakeReport

SAMPLE_LINES = 20
# Tag of a run whose end is told by the command that began it; of the others, Dagster's sensors tell.
TOLD_BY = "fenghuang/told_by"


@dataclass(frozen=True)
class NightlyResult:
    """How a night ended.

    `ok`: what was asked for was done (published, or all checks passed where publishing was not asked for).
    Otherwise `stage`, `headline` and `details` name the first cause, `promise` the words of the promise
    that was broken. `log` is the full log of the run.
    """

    ok: bool
    release: Release | None = None
    intake: IntakeReport | None = None
    stage: str = ""
    headline: str = ""
    promise: str = ""
    details: list[str] = field(default_factory=list)
    log: Path | None = None
    current: str | None = None


def run_nightly(
    home: Home,
    *,
    progress: Callable[[str], None] | None = None,
    wait_s: float = 600.0,
    publish: bool = True,
    accept_lost_periods: bool = False,
    engine: Engine | None = None,
) -> NightlyResult:
    """Intake, build, gate and release. `publish=False` stops before the release; `accept_lost_periods` lets one
    through that lacks months of the release before; `engine` as `open_night` takes it.

    Another run under way is waited for, up to `wait_s` seconds. Whatever goes wrong with the data or the checks is
    in the result, not raised.
    """
    say = progress or (lambda message: None)
    try:
        with open_night(home, str(uuid.uuid4()), say, wait_s, engine) as night:
            night.accepts_lost_periods = accept_lost_periods
            night.is_rehearsal = not publish
            # dbt imports and parses in its own process while Dagster is imported here.
            night.start_build()
            collect_seldom()
            with warnings.catch_warnings():
                # Dagster's notes to developers are no news for the screen of an operator.
                warnings.simplefilter("ignore")
                try:
                    run = _execute(night, publish)
                except NotPublished as reason:
                    return _stopped(home, night, reason)
            if run.success and (night.release or not publish):
                return NightlyResult(
                    True, release=night.release, intake=night.report, log=night.log, current=_current(home)
                )
            return _stopped(home, night, night.cause or _unexpected(run))
    except PlanBroken as broken:
        return NightlyResult(
            False,
            stage="plan",
            headline="方案无法使用 the plan cannot be used",
            details=str(broken).splitlines(),
            current=_current(home),
        )
    except Busy as busy:
        return NightlyResult(False, stage="lock", headline=str(busy), current=_current(home))


def _execute(night: Night, publish: bool) -> ExecuteInProcessResult:
    """Raises `NotPublished` where the definitions themselves are broken: models or suites that cannot be read."""
    from pipelines.build.dbt_project import DbtProjectBroken

    try:
        from pipelines.definitions import defs
    except (DbtProjectBroken, SuiteBroken) as error:
        raise NotPublished(
            "definitions", "模型或承诺无法读取 models or promises cannot be read", [str(error)]
        ) from error
    from pipelines.orchestration.resources import NIGHTLY, REHEARSAL

    job = defs.resolve_job_def(NIGHTLY if publish else REHEARSAL)
    with dagster_instance() as instance:
        forget_old_runs(instance, datetime.now(UTC))
        return job.execute_in_process(
            instance=instance,
            run_id=night.run_id,
            tags={TOLD_BY: "command"},
            resources={"night": night},
            run_config={"loggers": {"run_log": {}}},
            raise_on_error=False,
        )


def has_instance() -> bool:
    """Does the installation keep its runs in a Dagster instance?"""
    home = os.environ.get("DAGSTER_HOME")
    return bool(home) and (Path(str(home)) / "dagster.yaml").is_file()


def dagster_instance() -> AbstractContextManager[DagsterInstance]:
    """The installation's instance, so that its web server shows this run too; else one that ends with the run and keeps
    no record of it: nobody could read it, and some 1500 events into SQLite cost seconds, as does looking for the
    versions of what each was made from. The log has them."""
    from dagster import DagsterInstance, EventRecordsResult

    if has_instance():
        return DagsterInstance.get()
    instance = DagsterInstance.ephemeral()
    nothing = EventRecordsResult([], "", has_more=False)
    for name, answer in (("store_event", None), ("get_asset_records", []), ("fetch_observations", nothing)):
        # mypy: no assignment to a method
        setattr(instance.event_log_storage, name, lambda *_, told=answer, **__: told)
    return instance


def _stopped(home: Home, night: Night, cause: NotPublished) -> NightlyResult:
    return NightlyResult(
        False,
        intake=night.report,
        stage=cause.stage,
        headline=cause.headline,
        promise=cause.promise,
        details=cause.details,
        log=night.log,
        current=_current(home),
    )


def _unexpected(run: ExecuteInProcessResult) -> NotPublished:
    """The first step that raised something nobody planned for, by its innermost cause; the trace is in the log."""
    for event in run.all_events:
        if event.is_step_failure and (error := event.step_failure_data.error):
            logging.getLogger(LOG_NAME).error(error.to_string())
            while error.cause:
                error = error.cause
            return NotPublished(str(event.step_key), f"意外错误 unexpected {error.cls_name}", [error.message.strip()])
    return NotPublished("run", "任务未完成，原因不明 the run did not finish, for no known reason", [])


def _current(home: Home) -> str | None:
    return home.current.resolve().name if home.current.is_symlink() else None


def render(result: NightlyResult) -> str:
    """The result for one screen."""
    if result.release is not None:
        release = result.release
        lines = [
            f"已发布 published {release.release_id}",
            f"  路径 path     {release.path}",
            f"  内容 content  {release.content_hash}",
            f"  期末 to       {release.latest_period}",
            f"  {release.values:,} 个指标值 values · {release.deliveries} 份报送 deliveries · "
            f"{release.checks} 项检查 checks",
        ]
        warned = [c for c in release.manifest["checks"] if not c["passed"]]
        lines += [f"  提醒 warning: {c['table']} · {c['name']} ({c['observed']})" for c in warned]
        return "\n".join(lines)
    if result.ok:
        return "全部检查通过，未发布（试运行） every check passed; nothing published (dry run)"
    shown = [line for text in result.details for line in text.splitlines()]
    lines = [
        f"未发布 not published — {result.stage}: {result.headline}",
        *(f"  {line}" for line in shown[:SAMPLE_LINES]),
    ]
    if len(shown) > SAMPLE_LINES:
        lines.append(f"  … {len(shown) - SAMPLE_LINES} more lines in the log")
    lines.append(f"  当前版本不变 current stays {result.current or '—'}")
    if result.log:
        lines.append(f"  日志 log {result.log}")
    return "\n".join(lines)
