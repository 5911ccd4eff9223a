"""One look at freshness from outside the night: shown in Dagster, told to people once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines import messages, notify
from pipelines.freshness import Freshness, look, remember_told, telling, untold
from pipelines.home import Home

if TYPE_CHECKING:
    from dagster import DagsterInstance


@dataclass(frozen=True)
class Watched:
    """`told`: lines that people were sent now, and how that went."""

    freshness: Freshness
    told: tuple[str, ...]
    sent: notify.Sent


def watch(home: Home, now: datetime, instance: DagsterInstance | None = None) -> Watched:
    """Look; where Dagster keeps an instance, leave what was seen on the checks of the sources and the release; tell
    people what is newly overdue. Something that no channel took is told again the next time."""
    with telling(home):
        freshness = look(home, now)
        if instance is not None:
            _show(instance, freshness)
        lines = untold(home, freshness)
        sent = notify.send(messages.stale(lines, now)) if lines else notify.Sent(0)
        if sent.delivered or not lines:
            remember_told(home, freshness)
        told: Sequence[str] = lines if sent.delivered else []
        return Watched(freshness, tuple(told), sent)


def _show(instance: DagsterInstance, freshness: Freshness) -> None:
    from pipelines.orchestration.freshness_checks import evaluations

    for evaluation in evaluations(freshness):
        instance.report_runless_asset_event(evaluation)
