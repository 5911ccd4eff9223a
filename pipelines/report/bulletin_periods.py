"""What a bulletin is about: a month, a quarter or a year, and which of them are due."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

MONTHLY, QUARTERLY, ANNUAL = "monthly", "quarterly", "annual"
KINDS = (MONTHLY, QUARTERLY, ANNUAL)
# Months that a bulletin of a kind covers, and how its period is written.
LENGTHS = {MONTHLY: 1, QUARTERLY: 3, ANNUAL: 12}
FORMS = {
    MONTHLY: (re.compile(r"(\d{4})-(0[1-9]|1[0-2])"), "2021-11"),
    QUARTERLY: (re.compile(r"(\d{4})-Q([1-4])"), "2021-Q3"),
    ANNUAL: (re.compile(r"(\d{4})"), "2021"),
}


class NoSuchPeriod(ValueError):
    """A period that is not written as its kind of bulletin asks for; the message says how."""


@dataclass(frozen=True, order=True)
class Edition:
    """One bulletin: its kind and the last month it covers, `year` × 12 + `month` − 1 as `index`."""

    kind: str
    index: int

    @property
    def year(self) -> int:
        return self.index // 12

    @property
    def month(self) -> int:
        return self.index % 12 + 1

    @property
    def quarter(self) -> int:
        return (self.month + 2) // 3

    @property
    def period(self) -> str:
        """As a user writes it: `2021-11`, `2021-Q3`, `2021`."""
        if self.kind == ANNUAL:
            return f"{self.year}"
        return f"{self.year}-Q{self.quarter}" if self.kind == QUARTERLY else self.end

    @property
    def end(self) -> str:
        """The last month it covers, `YYYY-MM`: figures are those of this month."""
        return month_text(self.index)

    @property
    def before(self) -> Edition:
        """The bulletin of the same kind before it."""
        return Edition(self.kind, self.index - LENGTHS[self.kind])

    @property
    def name(self) -> str:
        """Of its files, without the ending."""
        return f"{self.kind}_{self.period}"


def month_index(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_text(index: int) -> str:
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:7])
    return date(year, number, calendar.monthrange(year, number)[1])


def edition(kind: str, period: str) -> Edition:
    """The bulletin of a kind about `period`. Raises `NoSuchPeriod`."""
    form, example = FORMS[kind]
    found = form.fullmatch(period)
    if not found:
        raise NoSuchPeriod(f"{period!r}: {kind} 的期别写作 a {kind} bulletin's period is written as {example}")
    year, part = int(found[1]), int(found[2]) if kind != ANNUAL else 1
    return Edition(kind, year * 12 + part * LENGTHS[kind] - 1)


def editions(kind: str, first: str, latest: str) -> Iterator[Edition]:
    """Every bulletin of a kind that can be made of the months `first` … `latest`: those whose last month is among
    them, oldest first."""
    for index in range(month_index(first), month_index(latest) + 1):
        if (index + 1) % LENGTHS[kind] == 0:
            yield Edition(kind, index)


def due(first: str, latest: str) -> list[Edition]:
    """The bulletins a release carries: the monitor of its latest reported month, the bulletin of the latest completed
    quarter, the assessment of the latest completed year; a kind without a completed period has none."""
    return [found[-1] for kind in KINDS if (found := list(editions(kind, first, latest)))]
