"""Secondary suppression: the fewest further areas to hide so that nothing a reader can work out gives anyone away.

A public total less its public parts is the sum of its hidden parts. That sum must itself be a sum that may be published
(a contributor who subtracts its own figure included), and must leave every hidden part an interval of its own. Chosen
by a mixed-integer programme (HiGHS) to which the rules are added where they are broken, until none is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from pipelines.disclosure.rules import SAME, Facts, Floats, Limits, shortfalls

Bools = NDArray[np.bool_]
# Rules added in one round: the most broken ones first.
CUTS_A_ROUND = 400
ROUNDS = 200
# What one row costs more than any place in the order.
TIE = 10_000


class NoCover(Exception):
    """The search did not end; nothing may be published on it."""


@dataclass(frozen=True)
class Equations:
    """What a reader can work out, one row each.

    `facts`: [equation, area], the parts that are hidden where the area is; parts a reader knows anyway are 0.
    `fixed`: [equation], what is hidden whatever is chosen (what belongs to no published area, figures since changed).
    `quantity`: [equation], the quantity of the block it is about.
    """

    facts: Facts
    fixed: Facts
    limits: Limits
    quantity: NDArray[np.int64]

    def __getitem__(self, index: NDArray[np.int64] | Bools) -> Equations:
        return Equations(self.facts[index], self.fixed[index], self.limits[index], self.quantity[index])

    def hidden(self, chosen: Bools) -> Facts:
        """The sum a reader can work out in each equation."""
        parts = [
            np.concatenate([a, b[:, None]], axis=1) for a, b in zip(self.facts.parts, self.fixed.parts, strict=True)
        ]
        members = np.concatenate(
            [np.broadcast_to(chosen, self.facts.n.shape), np.ones((len(self.quantity), 1), bool)], 1
        )
        return Facts(*parts).merged(members)


def cover(equations: Equations, forced: Bools, cost: Floats) -> tuple[Bools, set[int]]:
    """The areas to hide, `forced` ones included, at least cost; and the quantities no choice can protect.

    `cost`: of hiding each area; of equal choices the first areas in order. Raises `NoCover`.
    """
    hopeless: set[int] = set()
    # Whole numbers, so that no tolerance of the solver decides between two choices.
    weight = np.round(cost) * TIE + np.arange(1, len(cost) + 1)
    chosen = forced.copy()
    cuts: list[Floats] = []
    least: list[float] = []
    left = equations
    for _ in range(ROUNDS):
        found, impossible = _broken(left, chosen, forced)
        if impossible:
            hopeless |= impossible
            left = left[~np.isin(left.quantity, sorted(hopeless))]
            chosen, cuts, least = forced.copy(), [], []
            continue
        if not found:
            return chosen, hopeless
        cuts += [row for row, _ in found]
        least += [bound for _, bound in found]
        solved = milp(
            weight,
            integrality=np.ones(len(weight)),
            bounds=Bounds(forced.astype(float), np.ones(len(weight))),
            constraints=LinearConstraint(csr_matrix(np.array(cuts)), np.array(least), np.inf),
            options={"mip_rel_gap": 0.0},
        )
        if solved.x is None:
            # Together they cannot be met: hide everything, and give up what that does not protect.
            _, impossible = _broken(left, np.ones_like(forced), np.ones_like(forced))
            if not impossible:
                return np.ones_like(forced), hopeless
            hopeless |= impossible
            left = left[~np.isin(left.quantity, sorted(hopeless))]
            chosen, cuts, least = forced.copy(), [], []
            continue
        chosen = solved.x > 0.5
    raise NoCover(f"no set of areas found in {ROUNDS} rounds")


def _broken(equations: Equations, chosen: Bools, forced: Bools) -> tuple[list[tuple[Floats, float]], set[int]]:
    """Rules that `chosen` breaks, as rows (coefficients, least) each divided by its bound, worst first; and the
    quantities for which a rule cannot be met whatever is hidden."""
    facts, fixed, limits = equations.facts, equations.fixed, equations.limits
    union = equations.hidden(chosen)
    few, dominated, guessed = shortfalls(union, limits)
    rows: list[tuple[float, Floats, float]] = []
    impossible: set[int] = set()

    def add(e: int, coefficients: Floats, constant: float, bound: float, triggers: list[int]) -> None:
        """coefficients · x + constant ≥ bound wherever every trigger is hidden."""
        row = coefficients / bound
        need = 1 - constant / bound
        free = [a for a in triggers if not forced[a]]
        if not free and row.sum() < need * (1 - SAME):
            impossible.add(int(equations.quantity[e]))
            return
        short = need - float(row[chosen].sum())
        row = np.minimum(row, max(need, 0.0))
        for a in free:
            row[a] -= need
        rows.append((short, row, need - need * len(free)))

    for e in np.flatnonzero(few | dominated | guessed).tolist():
        hidden = chosen & (facts.total[e] > 0)
        lead, second = _holders(facts[e], fixed[e], hidden)
        if few[e]:
            triggers = [] if fixed.total[e] > 0 or (hidden & forced).any() else [int(np.flatnonzero(hidden)[0])]
            add(e, facts.n[e].copy(), fixed.n[e], limits.min_contributors[e], triggers)
        if dominated[e]:
            leading = union.first[e] + (union.second[e] if limits.two[e] else 0.0)
            triggers = lead + (second if limits.two[e] else [])
            add(e, facts.total[e].copy(), fixed.total[e], leading / limits.k[e], sorted(set(triggers)))
        if guessed[e]:
            bound = (1 + limits.p[e]) * union.first[e] + union.second[e]
            add(e, facts.total[e].copy(), fixed.total[e], bound, sorted({*lead, *second}))

    room = union.total[:, None] - facts.total
    needed = limits.p[:, None] * facts.total
    tight = chosen & (facts.total > 0) & ~limits.counted[:, None] & (room < needed * (1 - SAME))
    for e, a in np.argwhere(tight):
        others = facts.total[e].copy()
        others[a] = 0.0
        add(int(e), others, fixed.total[e], float(needed[e, a]), [int(a)])
    rows.sort(key=lambda row: -row[0])
    return [(row, bound) for _, row, bound in rows[:CUTS_A_ROUND]], impossible


def _holders(facts: Facts, fixed: Facts, hidden: Bools) -> tuple[list[int], list[int]]:
    """The areas of the largest and of the second-largest contributor; none where it stands in the fixed part."""
    entries = [(float(fixed.first), -1), (float(fixed.second), -1)]
    for a in np.flatnonzero(hidden):
        entries += [(float(facts.first[a]), int(a)), (float(facts.second[a]), int(a))]
    entries.sort(key=lambda entry: (-entry[0], entry[1]))
    lead, second = ([a] if a >= 0 and size > 0 else [] for size, a in entries[:2])
    return lead, second
