"""A province's night: the counties' nights, then the roll-up."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.nightly import NightlyResult
from pipelines.province.nights import CountyNight, available_memory, jobs_that_fit, run_nights
from pipelines.province.registry import Province
from pipelines.province.rollup import roll_up_locked
from pipelines.release.access import close_to_others
from pipelines.release.store import Busy, nightly_lock

# Screens of the counties' nights, beside the logs of the roll-ups.
LOGS = "nights"
KEEP_NIGHTS = 10


@dataclass(frozen=True)
class ProvinceNight:
    """`rolled_up` is None where no roll-up was asked for. `is_well`: whatever was asked for was published."""

    counties: list[CountyNight]
    rolled_up: NightlyResult | None

    @property
    def is_well(self) -> bool:
        return (self.rolled_up is None or self.rolled_up.ok) and all(night.is_published for night in self.counties)


def run_province_night(
    province: Province,
    say: Callable[[str], None],
    *,
    only: Sequence[str] | None = None,
    jobs: int = 0,
    timeout_s: float,
    wait_s: float = 600.0,
    rolls_up: bool = True,
) -> ProvinceNight:
    """Nights of all counties (`only`: of these), `jobs` at once (0: what cores and memory allow), and the roll-up of
    whatever then is current. Raises `RegistryBroken` for a code that is none of the province's."""
    counties = list(province.counties) if only is None else [province.county(code) for code in only]
    at_once = jobs or jobs_that_fit(os.cpu_count() or 1, available_memory())
    try:
        with nightly_lock(province.home, wait_s, say):
            logs = province.home.work / LOGS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
            logs.mkdir(parents=True, exist_ok=True)
            close_to_others(province.home)
            nights = run_nights(province, counties, logs, jobs=at_once, timeout_s=timeout_s, say=say)
            _forget_old_logs(province)
            return ProvinceNight(nights, roll_up_locked(province, say) if rolls_up else None)
    except Busy as busy:
        return ProvinceNight([], NightlyResult(False, stage="lock", headline=str(busy)))


def _forget_old_logs(province: Province) -> None:
    for folder in sorted((province.home.work / LOGS).iterdir(), reverse=True)[KEEP_NIGHTS:]:
        for log in folder.iterdir():
            log.unlink()
        folder.rmdir()
