"""A block: the figures of one family over one window, its months, and the equations a reader can write down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.disclosure.bounds import System
from pipelines.disclosure.cover import Equations
from pipelines.disclosure.facts import COUNTY, FACTS, KEY, REST, Inputs, tensor
from pipelines.disclosure.history import CELL, SCHEMA, in_force
from pipelines.disclosure.rules import (
    FREE,
    ONE_DOMINATES,
    SECONDARY,
    SMALL_COUNT,
    TWO_DOMINATE,
    Facts,
    Floats,
    Limits,
    Parameters,
    primary,
)

Bools = NDArray[np.bool_]
Quantity = tuple[str, str, str]  # indicator, period, side
WHOLE_PLAN = "plan"
LEVELS = ("numerator", "denominator", "rolling12_numerator", "rolling12_denominator")
FLOWING = ("numerator", "denominator")
# Figures of which the rules of this kind know what came in every number of months, not in one alone.
ADDED_UP = ("project", "remediation", "achievement")


def lay_out(inputs: Inputs, history: pl.DataFrame, parameters: Mapping[str, Parameters]) -> list[Block]:
    """Every block, in order of family and window."""
    about = {
        row["indicator_id"]: row
        for row in inputs.indicators.iter_rows(named=True)
        if row["sensitivity"] != "public" and row["base_id"] is None
    }
    windows: dict[tuple[str, str], list[str]] = {}
    whole = {row["family"] for row in about.values() if row["time_window"] in ("plan", "ever")}
    cells = inputs.cells.filter(pl.col("indicator_id").is_in(sorted(about)))
    past = history.filter(pl.col("indicator_id").is_in(sorted(about)))
    window = (
        pl.when(pl.col("indicator_id").is_in([i for i, row in about.items() if row["family"] in whole]))
        .then(pl.lit(WHOLE_PLAN))
        .otherwise(pl.col("period").str.slice(0, 4))
        .alias("window")
    )
    family = pl.col("indicator_id").replace_strict({i: row["family"] for i, row in about.items()}).alias("family")
    placed = cells.with_columns(family, window)
    remembered = past.with_columns(family, window)
    rows = inputs.rows.join(inputs.indicators.select("indicator_id", own="family"), on="indicator_id")
    for key, _ in placed.group_by(["family", "window"]):
        windows[str(key[0]), str(key[1])] = []
    blocks = []
    for name, span in sorted(windows):
        mine = (pl.col("family") == name) & (pl.col("window") == span)
        published = rows.filter(
            (pl.col("own") == name) & (pl.lit(span == WHOLE_PLAN) | (pl.col("period").str.slice(0, 4) == span))
        )
        blocks.append(
            Block(
                name,
                span,
                {i: row for i, row in about.items() if row["family"] == name},
                placed.filter(mine).drop("family", "window"),
                remembered.filter(mine).drop("family", "window"),
                published,
                parameters,
            )
        )
    return blocks


@dataclass
class Block:
    """`about`: its indicators. `cells`, `history`, `published`: theirs, in its window. `withheld`: (indicator, period)
    whose figure of the whole is hidden, and why."""

    name: str
    window: str
    about: Mapping[str, Mapping[str, str]]
    cells: pl.DataFrame
    history: pl.DataFrame
    published: pl.DataFrame
    parameters: Mapping[str, Parameters]
    withheld: dict[tuple[str, str], str] = field(default_factory=dict)
    steps: dict[tuple[str, str], int] = field(default_factory=dict)

    def choose_months(self, given_up: set[tuple[str, str]]) -> None:
        """Which months of the whole may be public: its own sums, and what came in since the month made public before.

        `given_up`: months that the areas cannot bear.
        """
        self.withheld, self.steps = {}, {}
        county = self.cells.filter(pl.col("breakdown") == COUNTY)
        facts = {(r["indicator_id"], r["period"], r["side"]): r for r in county.iter_rows(named=True)}
        was = self.history.filter((pl.col("breakdown") == COUNTY) & pl.col("is_public"))
        public_before = {(r["indicator_id"], r["period"], r["side"], r["amount"]) for r in was.iter_rows(named=True)}
        last: dict[tuple[str, str], int] = {}
        for indicator, period in sorted({(i, p) for i, p, _ in facts}):
            counted = self.about[indicator]["sensitivity"] == "count"
            within = period[:4] if self._is_yearly(indicator) else self.window
            number = int(period[:4]) * 12 + int(period[5:])
            sides = [s for s in self._levels(indicator) if (indicator, period, s) in facts]
            asked = list(sides)
            if (indicator, within) in last and not counted:
                step = number - last[indicator, within]
                asked += [f"{side}_flow_{step}" for side in FLOWING if side in sides and self._flows(indicator, side)]
                self.steps[indicator, period] = step
            known = all((indicator, period, s, facts[indicator, period, s]["amount"]) in public_before for s in sides)
            if known and (indicator, period) not in given_up:
                # What is out cannot be called back; what came in since counts from here.
                last[indicator, within] = number
                continue
            reason = self._worst([(indicator, period, side) for side in asked], facts, counted)
            if reason == FREE and (indicator, period) in given_up:
                reason = SECONDARY
            if reason == FREE:
                last[indicator, within] = number
            else:
                self.withheld[indicator, period] = reason
                self.steps.pop((indicator, period), None)

    def side(self, breakdown: str) -> Side:
        """The block seen by one breakdown, the months being chosen."""
        return Side.of(self, breakdown)

    def quantities(self) -> list[Quantity]:
        """Levels of every month, and what came in since the month before that is public."""
        there = set(
            self.cells.filter(pl.col("breakdown") == COUNTY).select("indicator_id", "period", "side").iter_rows()
        )
        asked = []
        for indicator, period in sorted({(i, p) for i, p, _ in there}):
            sides = list(self._levels(indicator))
            if step := self.steps.get((indicator, period)):
                sides += [f"{side}_flow_{step}" for side in FLOWING]
            asked += [(indicator, period, side) for side in sides if (indicator, period, side) in there]
        return asked

    def limits(self, quantities: list[Quantity]) -> Limits:
        return Limits.of(
            [self.parameters[period] for _, period, _ in quantities],
            [self.about[indicator]["sensitivity"] == "count" for indicator, _, _ in quantities],
        )

    def county_memory(self) -> pl.DataFrame:
        """CELL, FACTS, is_public of the whole."""
        quantities = self.quantities()
        return _memory(self, COUNTY, quantities, self.cells.filter(pl.col("breakdown") == COUNTY), set())

    def _levels(self, indicator: str) -> tuple[str, ...]:
        return ("denominator",) if self.about[indicator]["sensitivity"] == "count" else LEVELS

    def _is_yearly(self, indicator: str) -> bool:
        return self.about[indicator]["time_window"] not in ("plan", "ever")

    def _flows(self, indicator: str, side: str) -> bool:
        """Is it known what came in of this side? Stocks do not flow."""
        if self.about[indicator]["rule"] in ADDED_UP:
            return True
        return bool(
            self.cells.filter((pl.col("indicator_id") == indicator) & (pl.col("side") == f"{side}_flow_1")).height
        )

    def _worst(self, quantities: list[Quantity], facts: Mapping[Quantity, Mapping[str, float]], counted: bool) -> str:
        """The first reason any of these sums of the whole gives. What came in over a step nobody computed counts as
        one contributor's."""
        rows = [facts.get(quantity) for quantity in quantities]
        if any(row is None for row in rows):
            return SMALL_COUNT
        held = Facts(*(np.array([float(row[c]) for row in rows if row]) for c in FACTS))
        reasons = set(primary(held, self.limits(quantities)).tolist())
        return next((reason for reason in (SMALL_COUNT, ONE_DOMINATES, TWO_DOMINATE) if reason in reasons), FREE)


@dataclass
class Side:
    """A block in one breakdown: arrays [quantity, area], the last column holding what belongs to no published area.

    `live`: quantities whose whole is public. `known`: parts made public before, unchanged.
    """

    block: Block
    breakdown: str
    quantities: list[Quantity]
    codes: list[str]
    facts: Facts
    limits: Limits
    live: Bools
    known: Bools
    forced: Bools
    reasons: NDArray[np.str_]
    cost: Floats
    past: list[_Past]
    equations: Equations

    @classmethod
    def of(cls, block: Block, breakdown: str) -> Side:
        quantities = block.quantities()
        cells = block.cells.filter(pl.col("breakdown") == breakdown)
        history = block.history.filter(pl.col("breakdown") == breakdown)
        codes = sorted({*cells.get_column("breakdown_code"), *history.get_column("breakdown_code")} - {REST})
        facts = tensor(cells, quantities, [*codes, REST])
        limits = block.limits(quantities)
        live = np.array([(i, p) not in block.withheld for i, p, _ in quantities], dtype=bool)
        reasons = primary(facts, limits)[:, :-1]
        forced = ((reasons != FREE) & live[:, None]).any(axis=0)
        shown = block.published.filter(pl.col("breakdown") == breakdown)
        rows = dict(shown.group_by("breakdown_code").len().iter_rows())
        cost = np.array([1.0 + rows.get(code, 0) for code in codes])
        past = _versions(block, breakdown, quantities, codes)
        known = _known(quantities, facts, past)
        side = cls(
            block,
            breakdown,
            quantities,
            codes,
            facts,
            limits,
            live,
            known,
            forced,
            reasons,
            cost,
            past,
            _no_equations(len(codes)),
        )
        side.equations = side._equations()
        return side

    def _equations(self) -> Equations:
        """One a live quantity, and one a quantity and earlier version of what was public then."""
        facts, every = self.facts, np.arange(len(self.quantities))
        mine = [self._row(facts, ~self.known, every[self.live], None)]
        for then in self.past:
            mine.append(self._row(facts, then.still_hidden(facts) & ~self.known, every[then.has_equation], then))
        rows = [row for row in mine if len(row.quantity)]
        if not rows:
            return _no_equations(len(self.codes))
        whole = Equations(
            Facts(*(np.concatenate(parts) for parts in zip(*(row.facts.parts for row in rows), strict=True))),
            Facts(*(np.concatenate(parts) for parts in zip(*(row.fixed.parts for row in rows), strict=True))),
            self.limits[np.concatenate([row.quantity for row in rows])],
            np.concatenate([row.quantity for row in rows]),
        )
        # Many versions say the same of a quantity.
        marks = np.column_stack([whole.quantity, whole.facts.total, whole.fixed.total])
        return whole[np.sort(np.unique(marks, axis=0, return_index=True)[1])]

    def _row(self, facts: Facts, switched: Bools, quantities: NDArray[np.int64], then: _Past | None) -> Equations:
        parts = Facts(*(np.where(switched, part, 0.0)[quantities, :-1] for part in facts.parts))
        rest = np.zeros_like(switched)
        rest[:, -1] = switched[:, -1]
        fixed = facts.merged(rest)
        if then is not None:
            gone = then.facts.merged(then.changed(facts) & ~then.public_ever)
            both = [np.stack([a, b], axis=-1) for a, b in zip(fixed.parts, gone.parts, strict=True)]
            fixed = Facts(*both).merged(np.ones((len(self.quantities), 2), dtype=bool))
        return Equations(parts, fixed[quantities], self.limits[quantities], quantities)

    def differences(self, chosen: Bools) -> set[int]:
        """Live quantities of which what is public now, less what was before, leaves a sum that may not be public: of
        parts that came new, or of the few contributors who came to a part that stays hidden."""
        now = (
            np.concatenate(
                [
                    np.broadcast_to(chosen, (len(self.quantities), len(self.codes))),
                    np.ones((len(self.quantities), 1), bool),
                ],
                axis=1,
            )
            & ~self.known
            & (self.facts.total > 0)
        )
        given_away: set[int] = set()
        for then in self.past:
            same = then.still_hidden(self.facts)
            came = self.facts.merged(now & ~same)
            went_parts = (then.changed(self.facts) & ~then.public_ever) | (same & ~now & ~self.known)
            went = then.facts.merged(went_parts)
            only_came = (came.total > 0) & (went.total == 0)
            only_went = (went.total > 0) & (came.total == 0)
            few = (came.total > 0) & (went.total > 0) & (came.n != went.n)
            few &= np.abs(came.n - went.n) < self.limits.min_contributors
            bad = (only_came & (primary(came, self.limits) != FREE)) | (
                only_went & (primary(went, self.limits) != FREE)
            )
            given_away |= set(np.flatnonzero((bad | few) & then.has_equation & self.live).tolist())
        return given_away

    def fill(self, system: System, chosen: Bools) -> list[tuple[int, int, int]]:
        """Everything hidden and every equation into `system`; (quantity, area, variable) of the hidden areas."""
        variables: dict[tuple[int, int, float], int] = {}
        negative: Bools = self.facts.amount < self.facts.total * (1 - 1e-12)
        for then in self.past:
            negative = negative | (then.facts.amount < then.facts.total * (1 - 1e-12))
        signed = np.any(negative, axis=1).tolist()
        scale = self.facts.total.sum(axis=1)

        def variable(q: int, a: int, amount: float) -> int:
            if (q, a, amount) not in variables:
                variables[q, a, amount] = system.variable(q, amount, float(scale[q]), signed[q])
            return variables[q, a, amount]

        hidden = np.broadcast_to(chosen, (len(self.quantities), len(self.codes))) | ~self.live[:, None]
        hidden = hidden & ~self.known[:, :-1] & (self.facts.total[:, :-1] > 0)
        asked = []
        for q, a in np.argwhere(hidden):
            asked.append((int(q), int(a), variable(int(q), int(a), float(self.facts.amount[q, a]))))
        rest = self.facts.total[:, -1] > 0
        seen: set[tuple[int, ...]] = set()
        for q in np.flatnonzero(self.live):
            members = [variable(int(q), int(a), float(self.facts.amount[q, a])) for a in np.flatnonzero(hidden[q])]
            if rest[q]:
                members.append(variable(int(q), len(self.codes), float(self.facts.amount[q, -1])))
            if members:
                seen.add(tuple(sorted(members)))
        for then in self.past:
            same = then.still_hidden(self.facts) & ~self.known
            open_now = same.copy()
            open_now[:, :-1] &= hidden
            old = then.changed(self.facts) & ~then.public_ever
            for q in np.flatnonzero(then.has_equation):
                members = [
                    variable(int(q), int(a), float(self.facts.amount[q, a])) for a in np.flatnonzero(open_now[q])
                ]
                members += [variable(int(q), int(a), float(then.facts.amount[q, a])) for a in np.flatnonzero(old[q])]
                if members:
                    seen.add(tuple(sorted(members)))
        system.equations += [list(members) for members in sorted(seen)]
        return asked

    def own_reasons(self) -> dict[tuple[str, str], NDArray[np.str_]]:
        """Per indicator and month, why each area is sensitive in itself (FREE: it is not)."""
        found: dict[tuple[str, str], NDArray[np.str_]] = {}
        for q, (indicator, period, _) in enumerate(self.quantities):
            held = found.setdefault((indicator, period), np.full(len(self.codes), FREE, dtype="U1"))
            for reason in (TWO_DOMINATE, ONE_DOMINATES, SMALL_COUNT):
                worse = self.reasons[q] == reason
                if reason == TWO_DOMINATE:
                    worse &= held == FREE
                elif reason == ONE_DOMINATES:
                    worse &= held != SMALL_COUNT
                held[worse] = reason
        return found

    def memory(self, chosen: Bools) -> pl.DataFrame:
        """CELL, FACTS, is_public of the areas."""
        hidden = {code for code, is_hidden in zip(self.codes, chosen, strict=True) if is_hidden} | {REST}
        cells = self.block.cells.filter(pl.col("breakdown") == self.breakdown)
        return _memory(self.block, self.breakdown, self.quantities, cells, hidden)


@dataclass(frozen=True)
class Solved:
    """A side with its choice and its audit, arrays [quantity, area]; `unprotected`: quantities that are not."""

    side: Side
    chosen: Bools
    lower: Floats
    upper: Floats
    needed: Floats
    wide: Bools
    hidden: Bools
    unprotected: list[int]


@dataclass(frozen=True)
class _Past:
    """An earlier version of a side. `public_ever`: whether any version made this very amount public."""

    facts: Facts
    public: Bools
    public_ever: Bools
    has_equation: Bools

    def still_hidden(self, now: Facts) -> Bools:
        """Hidden then, and the same now."""
        return (
            ~self.public & (self.facts.total > 0) & (self.facts.amount == now.amount) & (self.facts.total == now.total)
        )

    def changed(self, now: Facts) -> Bools:
        """Hidden then, and another figure now."""
        return ~self.public & (self.facts.total > 0) & ~self.still_hidden(now)


def _versions(block: Block, breakdown: str, quantities: list[Quantity], codes: list[str]) -> list[_Past]:
    versions = block.history.get_column("version").unique().sort().to_list()
    read = []
    for version in versions:
        state = in_force(block.history, version)
        here = state.filter(pl.col("breakdown") == breakdown)
        county = state.filter((pl.col("breakdown") == COUNTY) & pl.col("is_public"))
        county_public = tensor(
            county, quantities, county.get_column("breakdown_code").unique().sort().to_list() or [""]
        )
        there = tensor(here.with_columns(pl.lit(1.0).alias("total")), quantities, [*codes, REST])
        shown = tensor(here.filter("is_public").with_columns(pl.lit(1.0).alias("total")), quantities, [*codes, REST])
        public = (shown.total > 0) | (there.total == 0)
        read.append((tensor(here, quantities, [*codes, REST]), public, county_public.total.sum(axis=1) > 0))
    past = []
    for facts, public, whole in read:
        ever = np.zeros_like(public)
        for other, was_public, _ in read:
            ever |= was_public & (other.total > 0) & (other.amount == facts.amount)
        past.append(_Past(facts, public, ever, whole))
    return past


def _known(quantities: list[Quantity], now: Facts, past: list[_Past]) -> Bools:
    """Parts whose very amount was public before: in their month or, of a denominator (a stock may stand still), in any
    month of the block."""
    known = np.zeros(now.amount.shape, dtype=bool)
    groups: dict[str, list[int]] = {}
    for q, (indicator, _, side) in enumerate(quantities):
        if side == "denominator":
            groups.setdefault(indicator, []).append(q)
    for then in past:
        shown = then.public & (then.facts.total > 0)
        known |= shown & (then.facts.amount == now.amount)
        for members in groups.values():
            for q in members:
                known[members] |= shown[q] & (then.facts.amount[q] == now.amount[members])
    return known & (now.total > 0)


def _memory(
    block: Block, breakdown: str, quantities: list[Quantity], cells: pl.DataFrame, hidden: set[str]
) -> pl.DataFrame:
    asked = pl.DataFrame(
        [(*quantity, quantity[:2] in block.withheld) for quantity in quantities],
        schema={"indicator_id": pl.String, "period": pl.String, "side": pl.String, "is_withheld": pl.Boolean},
        orient="row",
    )
    return (
        cells.join(asked, on=["indicator_id", "period", "side"])
        .with_columns(is_public=~pl.col("is_withheld") & ~pl.col("breakdown_code").is_in(sorted(hidden)))
        .select([*CELL, *FACTS, "is_public"])
        .cast({column: SCHEMA[column] for column in (*FACTS, "is_public")})
    )


def _no_equations(areas: int) -> Equations:
    empty, none = np.zeros((0, areas)), np.zeros(0)
    return Equations(
        Facts(empty, empty, empty, empty, empty),
        Facts(none, none, none, none, none),
        Limits.of([], []),
        np.zeros(0, dtype=np.int64),
    )


__all__ = ["KEY", "Block", "Side", "Solved", "lay_out"]
