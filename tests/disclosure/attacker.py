"""Somebody who has every public file and wants the hidden figures. Shares no code with the product.

What he knows: sums of parts are totals, amounts are not negative where none is, what did not change from one release to
the next (the worst case: everything he is not told did), and whether something belongs to no published area.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
from scipy.optimize import linprog

Quantity = tuple[str, str, str, str]  # indicator, period, figure, breakdown


@dataclass
class Table:
    """One total and its parts as a release shows them: None where it hides the figure."""

    total: float | None
    parts: dict[str, float | None]
    has_rest: bool = False


@dataclass(frozen=True)
class Interval:
    lower: float
    upper: float

    def is_closer_than(self, share: float, truth: float) -> bool:
        """Whether the truth is known to less than `share` of itself on either side."""
        room = share * abs(truth) * (1 - 1e-5)
        return truth != 0 and (self.upper - truth < room or truth - self.lower < room)


@dataclass
class Attacker:
    """`releases`: what each showed of one quantity, the oldest first. `changed`: areas he knows to be other figures in
    the last release than before (None: he was told of no change)."""

    releases: Sequence[Table]
    changed: frozenset[str] = field(default_factory=frozenset)

    def intervals(self) -> dict[str, Interval]:
        """What he knows of every part that the newest release hides and no other has shown as it is now."""
        last = len(self.releases) - 1

        def name(number: int, area: str) -> str:
            return f"{area}@{number}" if number < last and area in self.changed else area

        known: dict[str, float] = {}
        for number, release in enumerate(self.releases):
            known |= {name(number, area): value for area, value in release.parts.items() if value is not None}
        unknown = sorted(
            {
                name(n, area)
                for n, r in enumerate(self.releases)
                for area in [*r.parts, *(["rest"] if r.has_rest else [])]
            }
            - set(known)
        )
        rows, sums = [], []
        for number, release in enumerate(self.releases):
            if release.total is None:
                continue
            areas = [name(number, area) for area in release.parts] + (
                [name(number, "rest")] if release.has_rest else []
            )
            rows.append([float(variable in areas) for variable in unknown])
            sums.append(release.total - sum(known[area] for area in areas if area in known))
        found = {}
        for position, area in enumerate(unknown):
            if "@" in area or area == "rest":
                continue
            aim = np.zeros(len(unknown))
            aim[position] = 1.0
            ends = []
            for sign in (1.0, -1.0):
                solved = linprog(sign * aim, A_eq=rows or None, b_eq=sums or None, bounds=(0, None), method="highs")
                if solved.status == 3:
                    ends.append(float("inf"))
                else:
                    assert solved.status in (0, 2), solved.message
                    ends.append(float(solved.x[position]) if solved.x is not None else float("nan"))
            found[area] = Interval(ends[0], ends[1])
        return found


FIGURES = ("value", "numerator", "denominator")


def tables(public: Path, sums: Sequence[str]) -> dict[Quantity, Table]:
    """Every table of parts and total in a public file: numerators and denominators, and values of `sums`."""
    shown: dict[Quantity, Table] = {}
    with duckdb.connect(str(public), read_only=True) as con:
        rows = con.execute(
            "SELECT indicator_id, period, breakdown, breakdown_code, value, numerator, denominator "
            "FROM marts.indicator_value ORDER BY ALL"
        ).fetchall()
    totals = {row[:2]: row[4:] for row in rows if row[2] == "county"}
    for indicator, period, breakdown, code, *figures in rows:
        if breakdown == "county" or (indicator, period) not in totals:
            continue
        for place, figure in enumerate(FIGURES):
            if figure == "value" and indicator not in sums:
                continue
            key = (indicator, period, figure, breakdown)
            table = shown.setdefault(key, Table(totals[indicator, period][place], {}))
            table.parts[code] = figures[place]
    return shown


def truths(internal: Path, sums: Sequence[str]) -> Iterator[tuple[Quantity, Table]]:
    """The same of internal.duckdb, where nothing is hidden."""
    yield from tables(internal, sums).items()


def close_calls(
    truth: Mapping[Quantity, Table], releases: Sequence[Mapping[Quantity, Table]], share: float, changed: frozenset[str]
) -> list[tuple[Quantity, str, float, Interval]]:
    """Hidden figures that the attacker knows to within `share`; `changed`: months whose figures he knows to be others
    in the newest release (of every other he takes them to be the same)."""
    found = []
    for quantity, table in truth.items():
        shown = [release[quantity] for release in releases if quantity in release]
        if not shown or table.total is None or any(value is None for value in table.parts.values()):
            continue
        if min(table.parts.values(), default=0.0) < 0:  # type: ignore[type-var]
            continue
        rest = abs(table.total - sum(table.parts.values())) > 1e-9 * max(1.0, abs(table.total))  # type: ignore[arg-type]
        for one in shown:
            one.has_rest = rest
        moved = frozenset([*table.parts, "rest"]) if quantity[1] in changed else frozenset()
        for area, interval in Attacker(shown, moved).intervals().items():
            known = table.parts[area]
            assert known is not None
            if interval.is_closer_than(share, known):
                found.append((quantity, area, known, interval))
    return found
