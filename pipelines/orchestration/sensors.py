"""An intake is offered when the inbox changed."""

import hashlib

from dagster import (
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from pipelines.home import Home
from pipelines.orchestration.jobs import intake


def inbox_fingerprint(home: Home) -> str | None:
    """Names, sizes and times of what lies in the inbox, without reading it; None where nothing does."""
    if not home.inbox.is_dir():
        return None
    files = sorted(p for p in home.inbox.rglob("*") if p.is_file() and not p.name.startswith("."))
    if not files:
        return None
    seen = [(str(p.relative_to(home.inbox)), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


@sensor(
    name="inbox",
    job=intake,
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="收件箱有变化时收件 Takes in what bureaus dropped, once it has come to rest.",
)
def inbox(context: SensorEvaluationContext) -> RunRequest | SkipReason:
    """Two looks a minute apart must see the same, so that a file is not taken while it is being copied in."""
    seen = inbox_fingerprint(Home.from_env())
    if seen is None:
        return SkipReason("收件箱为空 the inbox is empty")
    if seen != context.cursor:
        context.update_cursor(seen)
        return SkipReason("收件箱正在变化，下次再看 the inbox has changed; waiting for it to come to rest")
    # The key makes Dagster offer each state of the inbox once.
    return RunRequest(run_key=seen)


inbox_sensor: SensorDefinition = inbox
