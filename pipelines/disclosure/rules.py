"""When a sum gives a contributor away: fewest contributors, dominance (n,k), and the p % rule.

Source of the rules: 统计法 第二十五条 (nothing that lets a single respondent be inferred); the parameters are the seed
`disclosure_rule`, each in force for data of a month and later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# SDMX CL_CONF_STATUS.
FREE, SMALL_COUNT, ONE_DOMINATES, TWO_DOMINATE, SECONDARY = "F", "A", "O", "T", "D"
# Two ways of adding up the same doubles.
SAME = 1e-9


class RuleMissing(Exception):
    """A parameter is not in force in a month, or out of its range; the message says which."""


@dataclass(frozen=True)
class Parameters:
    """`min_contributors`: fewest; `dominance_n` (1 or 2) largest may hold at most the share `dominance_k`; all but the
    two largest come to at least the share `p` of the largest, and no hidden cell is known closer than to `p` of it."""

    min_contributors: int
    dominance_n: int
    dominance_k: float
    p: float


def parameters_in(rows: Sequence[Mapping[str, Any]], period: str) -> Parameters:
    """The parameters for data of `period` (`YYYY-MM`); `rows` of the seed: name, valid_from, value.

    Raises `RuleMissing`.
    """
    value: dict[str, float] = {}
    for row in sorted(rows, key=lambda row: row["valid_from"]):
        if row["valid_from"] <= period:
            value[row["name"]] = row["value"]
    names = ("min_contributors", "dominance_n", "dominance_k_pct", "p_pct")
    if missing := [name for name in names if value.get(name) is None]:
        raise RuleMissing(f"disclosure_rule.csv: no {', '.join(missing)} in force in {period}; add a row")
    found = Parameters(
        int(value["min_contributors"]), int(value["dominance_n"]), value["dominance_k_pct"] / 100, value["p_pct"] / 100
    )
    for name, holds in (
        ("min_contributors", found.min_contributors >= 1),
        ("dominance_n", found.dominance_n in (1, 2)),
        ("dominance_k_pct", 0 < found.dominance_k <= 1),
        ("p_pct", 0 < found.p <= 1),
    ):
        if not holds:
            raise RuleMissing(f"disclosure_rule.csv: {name} is {value[name]:g} in {period}, which is out of its range")
    return found


@dataclass(frozen=True)
class Facts:
    """What is known of the contributors to cells, arrays of one shape: how many, their sum, their sum without signs,
    and the two largest without signs."""

    n: Floats
    amount: Floats
    total: Floats
    first: Floats
    second: Floats

    def __getitem__(self, index: Any) -> Facts:
        return Facts(*(part[index] for part in self.parts))

    @property
    def parts(self) -> tuple[Floats, ...]:
        return self.n, self.amount, self.total, self.first, self.second

    def merged(self, members: NDArray[np.bool_]) -> Facts:
        """The cells `members` of the last axis taken together; nobody contributes to two of them."""
        n, amount, total, first, second = (np.where(members, part, 0.0) for part in self.parts)
        if not members.shape[-1]:
            zero = np.zeros(members.shape[:-1])
            return Facts(zero, zero, zero, zero, zero)
        largest = np.sort(np.concatenate([first, second], axis=-1), axis=-1)
        return Facts(n.sum(-1), amount.sum(-1), total.sum(-1), largest[..., -1], largest[..., -2])


@dataclass(frozen=True)
class Limits:
    """Parameters as arrays, one a quantity; `counted`: only the number of contributors matters."""

    min_contributors: Floats
    two: NDArray[np.bool_]
    k: Floats
    p: Floats
    counted: NDArray[np.bool_]

    @classmethod
    def of(cls, parameters: Sequence[Parameters], counted: Sequence[bool]) -> Limits:
        return cls(
            np.array([x.min_contributors for x in parameters], dtype=float),
            np.array([x.dominance_n == 2 for x in parameters], dtype=bool),
            np.array([x.dominance_k for x in parameters], dtype=float),
            np.array([x.p for x in parameters], dtype=float),
            np.array(counted, dtype=bool),
        )

    def __getitem__(self, index: Any) -> Limits:
        return Limits(self.min_contributors[index], self.two[index], self.k[index], self.p[index], self.counted[index])


def shortfalls(facts: Facts, limits: Limits) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which sums break which rule: (small count, dominance, p %). A sum of nothing breaks none.

    `facts` and `limits` share their first axis.
    """
    shape = (-1, *[1] * (facts.n.ndim - 1))
    least, k, p = (part.reshape(shape) for part in (limits.min_contributors, limits.k, limits.p))
    two, counted = limits.two.reshape(shape), limits.counted.reshape(shape)
    there = facts.total > 0
    few = there & (facts.n < least)
    leading = facts.first + np.where(two, facts.second, 0.0)
    dominated = there & ~counted & (leading > k * facts.total * (1 + SAME))
    guessed = there & ~counted & (facts.total - facts.first - facts.second < p * facts.first * (1 - SAME))
    return few, dominated, guessed


def primary(facts: Facts, limits: Limits) -> NDArray[np.str_]:
    """CL_CONF_STATUS of every cell taken alone: A, O, T or F."""
    few, dominated, guessed = shortfalls(facts, limits)
    two = limits.two.reshape((-1, *[1] * (facts.n.ndim - 1)))
    by_dominance = np.where(two, TWO_DOMINATE, ONE_DOMINATES)
    return np.where(few, SMALL_COUNT, np.where(dominated, by_dominance, np.where(guessed, TWO_DOMINATE, FREE))).astype(
        "U1"
    )
