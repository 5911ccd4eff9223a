"""Is what should have come here, and did the night end well? Asked from outside the night: a run that never starts
looks green.

Whether a delivery is overdue follows the rhythm of its contract; holes further back and refusals: `status`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from filelock import FileLock
from rich.table import Table

from pipelines.contracts import Contract
from pipelines.home import Home
from pipelines.release.files import write_file
from pipelines.status import DeliveryRow, due_days

TIMEZONE = "Asia/Shanghai"
# A night begins every 24 hours and ends within two.
NIGHT_OVERDUE = timedelta(hours=26)
NIGHT = "night"


@dataclass(frozen=True)
class Owed:
    """A period of a source that has not come, with its due day."""

    period: str
    due_on: date


@dataclass(frozen=True)
class SourceFreshness:
    """A source on a day. `newest`: the newest period that stands; `overdue`: later periods past their due day, oldest
    first; `next_due`: what comes next. A source on demand owes nothing."""

    source: str
    label: str
    bureau: str
    rhythm: str
    as_of: date
    newest: str | None
    overdue: tuple[Owed, ...]
    next_due: Owed | None

    @property
    def is_fresh(self) -> bool:
        return not self.overdue

    @property
    def days_overdue(self) -> int:
        return (self.as_of - self.overdue[0].due_on).days if self.overdue else 0

    @property
    def expected(self) -> str:
        if self.overdue:
            return f"{self.overdue[-1].period}，应于 due {self.overdue[-1].due_on}"
        if self.next_due:
            return f"下一期 next {self.next_due.period}，应于 due {self.next_due.due_on}"
        return "随时 on demand"

    @property
    def observed(self) -> str:
        newest = f"最新 newest {self.newest or '—'}"
        if not self.overdue:
            return newest
        first = self.overdue[0]
        return f"{newest}；逾期 overdue {len(self.overdue)}，自 since {first.due_on} ({self.days_overdue} 天 days)"


@dataclass(frozen=True)
class NightFreshness:
    """`ended_at`: when the newest release was built (a night that ends well publishes one); None before the first."""

    ended_at: datetime | None
    now: datetime

    @property
    def is_fresh(self) -> bool:
        return self.ended_at is not None and self.now - self.ended_at <= NIGHT_OVERDUE

    @property
    def expected(self) -> str:
        return f"{NIGHT_OVERDUE.total_seconds() / 3600:.0f} 小时内发布 published within the last hours"

    @property
    def observed(self) -> str:
        if self.ended_at is None:
            return "尚未发布 nothing published yet"
        hours = (self.now - self.ended_at).total_seconds() / 3600
        return f"上次 last {self.ended_at.astimezone(ZoneInfo(TIMEZONE)):%Y-%m-%d %H:%M}，{hours:.0f} 小时前 hours ago"


@dataclass(frozen=True)
class Freshness:
    night: NightFreshness
    sources: tuple[SourceFreshness, ...]

    @property
    def is_fresh(self) -> bool:
        return self.night.is_fresh and all(source.is_fresh for source in self.sources)

    def stale(self) -> dict[str, str]:
        """What is overdue: a key that stays the same while the same thing is overdue, and a line about it."""
        found = {}
        if not self.night.is_fresh:
            found[f"{NIGHT}:{self.night.ended_at}"] = f"夜间任务 the night: {self.night.observed}"
        for source in self.sources:
            if source.overdue:
                key = f"{source.source}:{source.overdue[-1].period}"
                found[key] = f"{source.bureau} {source.label}: {source.observed}"
        return found


def judge(
    deliveries: Iterable[DeliveryRow], contracts: Mapping[str, Contract], ended_at: datetime | None, now: datetime
) -> Freshness:
    """All sources and the night as of `now`, an aware time; days are those of `TIMEZONE`."""
    day = now.astimezone(ZoneInfo(TIMEZONE)).date()
    mine: dict[str, list[DeliveryRow]] = {name: [] for name in contracts}
    for delivery in deliveries:
        if delivery.source in mine:
            mine[delivery.source].append(delivery)
    years = [int(d.period[:4]) for rows in mine.values() for d in rows if d.status != "refused" and d.period]
    first_year = min(years, default=None)
    return Freshness(
        NightFreshness(ended_at, now),
        tuple(_source(contracts[name], mine[name], first_year, day) for name in sorted(contracts)),
    )


def _source(contract: Contract, rows: list[DeliveryRow], first_year: int | None, day: date) -> SourceFreshness:
    newest = max((d.period for d in rows if d.status != "refused" and d.period), default=None)
    later = [owed for owed in _owed(contract, first_year, day) if newest is None or owed.period > newest]
    return SourceFreshness(
        contract.source,
        contract.label_zh,
        contract.bureau,
        contract.rhythm.every,
        day,
        newest,
        overdue=tuple(owed for owed in later if owed.due_on < day),
        next_due=next((owed for owed in later if owed.due_on >= day), None),
    )


def _owed(contract: Contract, first_year: int | None, day: date) -> Iterator[Owed]:
    """Every period from the first year on, to one that is still to come; nothing before anything has arrived."""
    for year in range(first_year, day.year + 2) if first_year is not None else ():
        for period, _, due in due_days(contract, year):
            yield Owed(period, due)


# ------------------------------------------------------------------------------------------------ of an installation


def look(home: Home, now: datetime) -> Freshness:
    """The installation as it stands; takes nothing in, waits for an intake under way."""
    from pipelines.contracts import load_contracts
    from pipelines.intake.run import known_deliveries
    from pipelines.release.store import list_releases

    built = [datetime.fromisoformat(str(release.manifest["built_at"])) for release in list_releases(home)]
    return judge(known_deliveries(home), load_contracts(), max(built, default=None), now)


def untold(home: Home, freshness: Freshness) -> list[str]:
    """Lines about what is overdue and was not told before."""
    told = _told(home)
    return [line for key, line in freshness.stale().items() if key not in told]


def remember_told(home: Home, freshness: Freshness) -> None:
    """What is overdue now has been told; what is no longer is forgotten, to be told when it comes again."""
    home.warehouse.mkdir(parents=True, exist_ok=True)
    write_file(_told_file(home), json.dumps(sorted(freshness.stale()), ensure_ascii=False).encode())


def telling(home: Home) -> FileLock:
    """Held while untold things are told, so that two who look at once tell them once."""
    home.warehouse.mkdir(parents=True, exist_ok=True)
    return FileLock(home.warehouse / "freshness.lock")


def _told_file(home: Home) -> Path:
    return home.warehouse / "freshness.json"


def _told(home: Home) -> set[str]:
    path = _told_file(home)
    return set(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()


# ------------------------------------------------------------------------------------------------ words


def render(freshness: Freshness) -> Table:
    """One line a source, and the night, for the terminal."""
    table = Table(title=f"时效 Freshness, {freshness.night.now:%Y-%m-%d %H:%M}", title_justify="left")
    for heading in ("", "来源 source", "报送单位 bureau", "频率 rhythm", "应有 expected", "实有 observed"):
        table.add_column(heading)
    table.add_row(_mark(freshness.night.is_fresh), NIGHT, "", "day", freshness.night.expected, freshness.night.observed)
    for s in freshness.sources:
        table.add_row(_mark(s.is_fresh), s.source, s.bureau, s.rhythm, s.expected, s.observed)
    return table


def _mark(is_fresh: bool) -> str:
    return "[green]✓[/green]" if is_fresh else "[red]✗[/red]"
