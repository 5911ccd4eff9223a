"""How a night ended, told to people: by the command that ran it, or by Dagster's sensors where Dagster did."""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines import messages, notify
from pipelines.freshness import look
from pipelines.home import Home
from pipelines.nightly import NightlyResult
from pipelines.release.store import Release, list_releases


def tell_result(home: Home, result: NightlyResult) -> notify.Sent:
    """One message a night: the digest, or the first cause."""
    if result.release is not None:
        return tell_release(home, result.release)
    log = str(result.log) if result.log else None
    return notify.send(messages.night_failed(result.stage, result.headline, result.promise, result.current, log))


def tell_release(home: Home, release: Release) -> notify.Sent:
    if not notify.is_asked_for():
        return notify.Sent(0)
    before = next((r for r in list_releases(home) if r.release_id == release.manifest["previous"]), None)
    overdue = list(look(home, datetime.now(UTC)).stale().values())
    return notify.send(messages.night_succeeded(release, before, overdue))
