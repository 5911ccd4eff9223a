"""What has arrived, what was refused, and what is owed: deliveries held against the rhythm of each contract.

The rule: contract, "Channels" (rhythm) and "When things arrive"; the due days stand in the contract files.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal, Protocol

from rich.markup import escape
from rich.table import Table

from pipelines.contracts import Contract
from pipelines.intake.refusal import REASONS

State = Literal["arrived", "refused", "missing", "late", "awaited"]

STATE_ZH: dict[State, str] = {
    "arrived": "已到",
    "refused": "退回",
    "missing": "缺",
    "late": "逾期",
    "awaited": "待报",
}


class DeliveryRow(Protocol):
    """A row of `raw.delivery` as far as it is needed here."""

    @property
    def source(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def period(self) -> str | None: ...
    @property
    def version(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def in_force(self) -> bool: ...
    @property
    def received_at(self) -> str: ...
    @property
    def rows_quarantined(self) -> int | None: ...


@dataclass(frozen=True)
class PeriodStatus:
    """One period of a source.

    `arrived`: a file stands for it. `refused`: every file sent for it was refused. Nothing sent: `awaited` before
    its due day, `late` after it, `missing` where a later period of the source is here already, a hole in the
    series. `refused_file` and `reason`: the newest file refused, a refused correction of a period that stands too.
    """

    period: str | None
    state: State
    due_on: date | None = None
    days_overdue: int = 0
    file_name: str | None = None
    rows_quarantined: int = 0
    refused_file: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class SourceStatus:
    """One source with its periods in order."""

    source: str
    label: str
    bureau: str
    periods: tuple[PeriodStatus, ...]

    def count(self, state: State) -> int:
        return sum(period.state == state for period in self.periods)

    @property
    def refused_files(self) -> int:
        """Refused files that nothing has made good since."""
        return sum(period.refused_file is not None for period in self.periods)

    @property
    def rows_quarantined(self) -> int:
        return sum(period.rows_quarantined for period in self.periods)

    @property
    def newest(self) -> str | None:
        return max((p.period for p in self.periods if p.state == "arrived" and p.period), default=None)


@dataclass(frozen=True)
class Status:
    """All sources as seen on a day."""

    as_of: date
    sources: tuple[SourceStatus, ...]


def status_table(deliveries: Iterable[DeliveryRow], contracts: Mapping[str, Contract], as_of: date) -> Status:
    """Deliveries by source and period, against what each contract says is due by `as_of`.

    Expected is every period from January of the first year that any source has a file in force for.
    """
    by_source: dict[str, list[DeliveryRow]] = {source: [] for source in contracts}
    for delivery in deliveries:
        if delivery.source in by_source:
            by_source[delivery.source].append(delivery)
    years = [
        int(delivery.period[:4])
        for source, mine in by_source.items()
        if contracts[source].rhythm.every != "on_demand"
        for delivery in mine
        if delivery.in_force and delivery.period
    ]
    first_year = min(years, default=None)
    return Status(
        as_of,
        tuple(
            SourceStatus(
                contract.source,
                contract.label_zh,
                contract.bureau,
                tuple(_periods(by_source[contract.source], contract, first_year, as_of)),
            )
            for contract in sorted(contracts.values(), key=lambda c: c.source)
        ),
    )


def due_days(contract: Contract, year: int) -> Iterator[tuple[str, date, date]]:
    """(period, first day it can be reported, due day) of each period of a year, in order; nothing on demand."""
    rhythm = contract.rhythm
    if rhythm.every == "year":
        month = rhythm.months[0] if rhythm.months else 12
        of_year = year if rhythm.during_year else year + 1
        due = _day(of_year, month + rhythm.due_months_after, rhythm.due_day)
        yield str(year), date(of_year, 1, 1), due
    elif rhythm.every in ("month", "quarter"):
        step = 1 if rhythm.every == "month" else 3
        for month in rhythm.months or range(step, 13, step):
            stamp = f"Q{(month + 2) // 3}" if contract.period == "quarter" else f"{month:02d}"
            due = _day(year, month + rhythm.due_months_after, rhythm.due_day)
            yield f"{year}-{stamp}", _day(year, month + 1, 1), due


def _day(year: int, month: int, day: int) -> date:
    """Months count on beyond December; the day is the month's last where the month is shorter."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _periods(
    deliveries: list[DeliveryRow], contract: Contract, first_year: int | None, as_of: date
) -> Iterator[PeriodStatus]:
    taken = {d.sha256 for d in deliveries if d.status != "refused"}
    unnamed = [d for d in deliveries if d.reason == "unrecognised_name"]
    for delivery in sorted(unnamed, key=lambda d: d.file_name):
        if delivery.sha256 not in taken:  # else it was sent again under its right name
            yield PeriodStatus(None, "refused", refused_file=delivery.file_name, reason=delivery.reason)
    deliveries = [d for d in deliveries if d not in unnamed]
    if contract.rhythm.every == "on_demand":
        yield _period(None, deliveries) or PeriodStatus(None, "missing")
        return
    sent = {
        period: status
        for period in {d.period for d in deliveries if d.period}
        if (status := _period(period, [d for d in deliveries if d.period == period]))
    }
    here = [period for period, status in sent.items() if status.state == "arrived"]
    years = range(first_year, as_of.year + 1) if first_year is not None else range(0)
    owed = {
        period: due for year in years for period, reportable, due in due_days(contract, year) if reportable <= as_of
    }
    for period in sorted({*sent, *owed}):
        if period in sent:
            yield sent[period]
            continue
        overdue = (as_of - owed[period]).days
        state: State = "missing" if any(p > period for p in here) else "late"
        if overdue <= 0 and state == "late":
            state = "awaited"
        yield PeriodStatus(period, state, owed[period], max(overdue, 0))


def _period(period: str | None, deliveries: list[DeliveryRow]) -> PeriodStatus | None:
    """What stands for a period, given what was sent for it (a list that replaces itself: all of it)."""

    def order(delivery: DeliveryRow) -> tuple[str, int, str]:
        return delivery.period or "", delivery.version, delivery.received_at

    ordered = sorted(deliveries, key=order)
    good = [d for d in ordered if d.status != "refused"]
    held = next((d for d in good if d.in_force), good[-1] if good else None)
    refused = [d for d in ordered if d.status == "refused" and (held is None or order(d) > order(held))]
    last = refused[-1] if refused else None
    if held is None and last is None:
        return None
    return PeriodStatus(
        period=held.period if held and period is None else period,
        state="arrived" if held else "refused",
        file_name=held.file_name if held else None,
        rows_quarantined=(held.rows_quarantined or 0) if held and held.in_force else 0,
        refused_file=last.file_name if last else None,
        reason=last.reason if last else None,
    )


# ------------------------------------------------------------------------------------------------ words


def render(status: Status) -> Table:
    """One line a source, for the terminal."""
    table = Table(title=f"报送情况 Deliveries as of {status.as_of.isoformat()}", title_justify="left")
    table.add_column("来源 source", no_wrap=True)
    table.add_column("报送单位 bureau")
    for heading, style in (
        ("已到 arrived", "green"),
        ("退回 refused", "red"),
        ("缺 missing", "red"),
        ("逾期 late", "yellow"),
        ("隔离行 quarantined", "yellow"),
    ):
        table.add_column(heading, justify="right", style=style)
    table.add_column("最新 newest", no_wrap=True)
    table.add_column("时期 periods")
    for source in status.sources:
        counts = (
            source.count("arrived"),
            source.refused_files,
            source.count("missing"),
            source.count("late"),
            source.rows_quarantined,
        )
        table.add_row(
            source.source,
            source.bureau,
            *(str(count) if count else "·" for count in counts),
            source.newest or "·",
            escape("\n".join(_details(source))),
        )
    return table


def summary(status: Status) -> str:
    """What to do next, one line a matter; one line where there is nothing to do."""
    if not any(p.state in ("arrived", "refused") for s in status.sources for p in s.periods):
        return (
            "尚未收到任何文件：请放入 raw/inbox/<来源>/，再运行 fenghuang intake。 "
            "Nothing has arrived yet: drop files into raw/inbox/<source>/ and run fenghuang intake."
        )
    refused = [(s, p) for s in status.sources for p in s.periods if p.refused_file]
    steps = {
        f"请更正退回的 {len(refused)} 个文件 correct the refused files": [
            f"{s.bureau} {p.refused_file}: {REASONS.get(p.reason or '', '')} {p.reason}" for s, p in refused
        ],
        "请补报缺少的 send what is missing": _owing(status, "missing"),
        "请催报逾期的 remind of what is late": _owing(status, "late"),
        "请改正 raw/returns/ 中退回的行 mend the rows in raw/returns/": [
            f"{s.bureau} {s.label}: {s.rows_quarantined} 行 rows" for s in status.sources if s.rows_quarantined
        ],
    }
    steps = {what: items for what, items in steps.items() if items}
    if not steps:
        return "全部到齐，无需处理。 Everything is here; nothing to do."
    return "\n".join(
        "\n   ".join([f"{number}. {what}", *_some(items)])
        for number, (what, items) in enumerate(steps.items(), start=1)
    )


def _owing(status: Status, state: State) -> list[str]:
    return [f"{s.bureau} {s.label}: {ranges}" for s in status.sources if (ranges := _ranges(s, state))]


def _details(source: SourceStatus) -> Iterator[str]:
    for period in source.periods:
        if period.refused_file:
            yield f"退回 {period.refused_file}: {period.reason}"
    owed: tuple[State, ...] = ("missing", "late", "awaited")
    for state in owed:
        if ranges := _ranges(source, state):
            yield f"{STATE_ZH[state]} {ranges}"


def _ranges(source: SourceStatus, state: State) -> str:
    """The periods in that state, neighbours joined: `2021-02…2021-05、2021-08`; `全部 all` for a list never sent."""
    parts = []
    for is_so, group in groupby(source.periods, key=lambda p: p.state == state):
        names = [period.period or "全部 all" for period in group]
        if is_so:
            parts.append(names[0] if len(names) == 1 else f"{names[0]}…{names[-1]}")
    return "、".join(parts)


def _some(items: list[str], limit: int = 8) -> list[str]:
    return items if len(items) <= limit else [*items[:limit], f"… {len(items) - limit} more"]
