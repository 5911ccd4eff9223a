"""Which figures stay hidden, and the proof: primary and secondary suppression, family by family, until the audit holds.

A block is a family of indicators (they publish the same measures of the same enterprises) over the window in which its
figures add up: a year, or the whole plan. An area is hidden in all of a block or in nothing of it, so that no month,
and no sister indicator, gives the hidden one away; the whole itself is hidden only in single months.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.disclosure.block import Block, Side, Solved, lay_out
from pipelines.disclosure.bounds import System, bounds
from pipelines.disclosure.cover import cover
from pipelines.disclosure.facts import COUNTY, KEY, REST, Inputs
from pipelines.disclosure.history import SCHEMA, extended
from pipelines.disclosure.rules import FREE, ONE_DOMINATES, SECONDARY, SMALL_COUNT, TWO_DOMINATE, parameters_in

BREAKDOWNS = ("town", "platform", "industry")
# Of several reasons the plainest.
REASONS = (SMALL_COUNT, ONE_DOMINATES, TWO_DOMINATE, SECONDARY, FREE)
# The solver's own tolerance, as a share of the interval that is asked for.
TOLERANCE = 1e-6
STATUS = {**{column: pl.String for column in KEY}, "conf_status": pl.String}
AUDITED = {
    **{column: pl.String for column in (*KEY, "side", "conf_status")},
    "n_contributors": pl.Int32,
    **{column: pl.Float64 for column in ("amount", "lower", "upper", "required")},
    "is_already_public": pl.Boolean,
    "is_protected": pl.Boolean,
}


@dataclass(frozen=True)
class Decision:
    """`status`: KEY, conf_status of every hidden row (others are free). `rolling`: KEY of free rows whose rolling value
    is hidden. `cells`: the audit, a row a hidden sum and side (`AUDITED`). `history`: the memory for the next release.
    """

    status: pl.DataFrame
    rolling: pl.DataFrame
    cells: pl.DataFrame
    history: pl.DataFrame


@dataclass
class _Found:
    """What the blocks came to: hidden cells by KEY, the audit, what the memory keeps."""

    hidden: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    withheld: dict[tuple[str, str], str] = field(default_factory=dict)
    areas: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    audited: list[pl.DataFrame] = field(default_factory=list)
    kept: list[pl.DataFrame] = field(default_factory=list)


def decide(
    inputs: Inputs,
    history: pl.DataFrame,
    say: Callable[[str], None] = lambda message: None,
    *,
    with_secondary: bool = True,
) -> Decision:
    """`history`: the memory of the release before (`history.SCHEMA`). `with_secondary=False` leaves primary suppression
    alone, for tests that show what it is worth. Raises `RuleMissing`, `NoCover`, `AuditFailed`."""
    found = _Found()
    periods = sorted(set(inputs.cells.get_column("period")) | set(inputs.rows.get_column("period")))
    parameters = {period: parameters_in(inputs.rules, period) for period in periods}
    blocks = lay_out(inputs, history, parameters)
    for number, block in enumerate(blocks, 1):
        say(f"保密检查 disclosure control {number}/{len(blocks)} {block.name}")
        _settle(block, found, with_secondary)
    status, rolling = _rows(inputs, found)
    kept = pl.concat(found.kept) if found.kept else pl.DataFrame(schema=SCHEMA).drop("version")
    cells = pl.concat(found.audited) if found.audited else pl.DataFrame(schema=AUDITED)
    return Decision(status, rolling, cells.sort([*KEY, "side"]), extended(history, kept))


def _settle(block: Block, found: _Found, with_secondary: bool) -> None:
    """Choose, audit, withhold what no choice protects, until nothing more has to be."""
    given_up: set[tuple[str, str]] = set()
    while True:
        block.choose_months(given_up)
        solved: list[Solved] = []
        fresh: set[tuple[str, str]] = set()
        for breakdown in BREAKDOWNS:
            side = block.side(breakdown)
            if not side.codes:
                continue
            chosen, hopeless = side.forced.copy(), set[int]()
            if with_secondary:
                chosen, hopeless = cover(side.equations, side.forced, side.cost)
                hopeless |= side.differences(chosen)
            solved.append(_audited(side, chosen))
            if with_secondary:
                hopeless |= set(solved[-1].unprotected)
            fresh |= {side.quantities[q][:2] for q in hopeless if side.live[q]}
        if not fresh - given_up:
            break
        given_up |= fresh
    _record(block, solved, found)


def _audited(side: Side, chosen: NDArray[np.bool_]) -> Solved:
    system = System()
    asked = side.fill(system, chosen)
    low, high = bounds(system, [variable for _, _, variable in asked])
    facts, p = side.facts, side.limits.p
    lower = np.zeros(chosen.shape[0] * len(side.quantities)).reshape(len(side.quantities), -1)
    upper = np.full_like(lower, np.inf)
    for (q, a, _), least, most in zip(asked, low, high, strict=True):
        lower[q, a], upper[q, a] = least, most
    truth = facts.amount[:, :-1]
    needed = p[:, None] * facts.total[:, :-1]
    slack = TOLERANCE * facts.total[:, :-1]
    wide = (upper - truth >= needed - slack) & (truth - lower >= needed - slack)
    # A count that only the number of contributors guards has no interval to keep.
    wide |= side.limits.counted[:, None] | (facts.total[:, :-1] == 0)
    hidden = np.broadcast_to(chosen, wide.shape) | ~side.live[:, None]
    known = side.known[:, :-1]
    failed = hidden & ~known & ~wide
    return Solved(side, chosen, lower, upper, needed, wide, hidden, np.flatnonzero(failed.any(axis=1)).tolist())


def _record(block: Block, solved: Iterable[Solved], found: _Found) -> None:
    for (indicator, period), reason in block.withheld.items():
        found.withheld[indicator, period] = reason
    kept = [block.county_memory()]
    for one in solved:
        side = one.side
        own = side.own_reasons()
        for (indicator, period), reasons in own.items():
            for a in np.flatnonzero(one.chosen | ((indicator, period) in block.withheld)):
                reason = str(reasons[a]) if reasons[a] != FREE else SECONDARY
                found.hidden[indicator, period, side.breakdown, side.codes[a]] = reason
        for indicator in {q[0] for q in side.quantities}:
            for a in np.flatnonzero(one.chosen):
                found.areas[indicator, block.window, side.breakdown, side.codes[a]] = SECONDARY
        kept.append(side.memory(one.chosen))
        of, at = np.nonzero(one.hidden & (side.facts.n[:, :-1] + side.facts.total[:, :-1] > 0))
        names = [side.quantities[i] for i in of]
        codes = [side.codes[j] for j in at]
        known = side.known[of, at]
        statuses = [
            found.hidden.get((name[0], name[1], side.breakdown, code), SECONDARY)
            for name, code in zip(names, codes, strict=True)
        ]
        found.audited.append(
            pl.DataFrame(
                {
                    "indicator_id": [name[0] for name in names],
                    "period": [name[1] for name in names],
                    "breakdown": [side.breakdown] * len(names),
                    "breakdown_code": codes,
                    "side": [name[2] for name in names],
                    "conf_status": statuses,
                    "n_contributors": side.facts.n[of, at].astype(int),
                    "amount": side.facts.amount[of, at],
                    "lower": one.lower[of, at],
                    "upper": one.upper[of, at],
                    "required": one.needed[of, at],
                    "is_already_public": known,
                    "is_protected": one.wide[of, at] & ~known,
                },
                schema=AUDITED,
            )
        )
    found.kept.append(pl.concat(kept))


def _rows(inputs: Inputs, found: _Found) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The published rows that are hidden, and the free ones whose rolling value is."""
    about = {row["indicator_id"]: row for row in inputs.indicators.iter_rows(named=True)}
    with_cells = set(inputs.cells.get_column("indicator_id"))

    def judged(indicator: str, period: str, breakdown: str, code: str) -> str:
        if breakdown == COUNTY:
            return found.withheld.get((indicator, period), FREE)
        return found.hidden.get((indicator, period, breakdown, code), FREE)

    def of_year(indicator: str, year: str, months: tuple[str, ...], breakdown: str, code: str) -> bool:
        return any(judged(indicator, f"{year}-{month}", breakdown, code) != FREE for month in months) or (
            (indicator, year, breakdown, code) in found.areas
        )

    status, rolling = [], []
    for row in inputs.rows.iter_rows():
        indicator, period, breakdown, code = row
        facts = about.get(indicator)
        # What no rule describes, or nobody's contributors are known of, is not public.
        if facts is None or (facts["sensitivity"] != "public" and (facts["base_id"] or indicator) not in with_cells):
            status.append((*row, SMALL_COUNT))
            continue
        if facts["sensitivity"] == "public":
            continue
        year, month = period.split("-")
        base = facts["base_id"] or indicator
        reason = judged(base, period, breakdown, code)
        if reason == FREE and facts["base_id"]:
            before = str(int(year) - 1) if facts["compared_with"] == "prior_year" else facts["baseline_year"]
            if of_year(base, before, (month,), breakdown, code):
                reason = SECONDARY
        if reason != FREE:
            status.append((*row, reason))
        elif month != "12" and of_year(indicator, str(int(year) - 1), (month, "12"), breakdown, code):
            rolling.append(row)
    return (
        pl.DataFrame(status, schema=STATUS, orient="row"),
        pl.DataFrame(rolling, schema={column: pl.String for column in KEY}, orient="row"),
    )


__all__ = ["REST", "Decision", "decide"]
