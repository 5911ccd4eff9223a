"""The run as a Dagster resource: opened once, closed at the end, shared by all ops of the one process."""

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import Failure, InitResourceContext, MetadataValue, resource

from pipelines.home import Home
from pipelines.orchestration.night import Night, NotPublished, open_night

NIGHTLY, REHEARSAL = "nightly", "rehearsal"


@resource(description="文件夹、锁、辅助进程 the run's folder, lock and helper processes")
def night(context: InitResourceContext) -> Iterator[Night]:
    run = context.dagster_run
    assert context.log is not None
    with open_night(Home.from_env(), str(context.run_id), context.log.info) as opened:
        if run is not None and run.job_name in (NIGHTLY, REHEARSAL):
            opened.is_rehearsal = run.job_name == REHEARSAL
            opened.start_build()
        yield opened


@contextmanager
def stage(night: Night) -> Iterator[None]:
    """A reason not to publish becomes the failure of the step: no stack trace, and remembered as first cause."""
    try:
        yield
    except NotPublished as reason:
        night.cause = night.cause or reason
        raise Failure(
            description=reason.headline,
            metadata={
                "stage": reason.stage,
                "promise": reason.promise,
                "details": MetadataValue.md("\n".join(reason.details)),
            },
            allow_retries=False,
        ) from None
