"""The audit: how closely each hidden cell can be worked out, by linear programmes over all that is public (HiGHS)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from pipelines.disclosure.rules import Floats

# How far a cell may lie beyond the sum of everything beside it, where amounts may be negative.
FAR = 10.0


class AuditFailed(Exception):
    """A programme that must have a solution (the true figures are one) was not solved."""


@dataclass
class System:
    """Hidden figures and what is public of them, of many quantities that have nothing to do with each other.

    A variable is a hidden figure (or an earlier version of it); `value` is the truth, from which the right-hand sides
    follow; `signed` those that may be negative. `equations`: lists of variables whose sum is public.
    """

    quantity: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    signed: list[bool] = field(default_factory=list)
    scale: list[float] = field(default_factory=list)
    equations: list[list[int]] = field(default_factory=list)

    def variable(self, quantity: int, value: float, scale: float, signed: bool) -> int:
        """`scale`: the whole of the quantity, in which it is solved."""
        self.quantity.append(quantity)
        self.value.append(value)
        self.scale.append(scale if scale > 0 else 1.0)
        self.signed.append(signed)
        return len(self.value) - 1


def bounds(system: System, asked: Sequence[int]) -> tuple[Floats, Floats]:
    """Least and greatest value of each `asked` variable that agrees with all equations; inf where it stands in none.

    What stands in one equation whose other variables stand in no other either follows from that sum alone: that is so
    wherever nothing was published before. The rest is left to linear programmes. Raises `AuditFailed`.
    """
    low = np.zeros(len(asked))
    high = np.full(len(asked), np.inf)
    of: dict[int, list[int]] = {}
    for number, equation in enumerate(system.equations):
        for v in equation:
            of.setdefault(v, []).append(number)
    alone = [all(len(of[v]) == 1 for v in equation) for equation in system.equations]
    meeting = []
    for position, v in enumerate(asked):
        if v not in of:
            low[position] = -np.inf if system.signed[v] else 0.0
        elif alone[of[v][0]]:
            low[position], high[position] = _of_one_sum(system, system.equations[of[v][0]], v)
        else:
            meeting.append(position)
    if meeting:
        equations = [equation for equation, by_itself in zip(system.equations, alone, strict=True) if not by_itself]
        low[meeting], high[meeting] = _programmes(system, equations, [asked[p] for p in meeting])
    return low, high


def _of_one_sum(system: System, equation: Sequence[int], v: int) -> tuple[float, float]:
    """All that the sum says of one of its parts: the others of the same quantity lie between the same limits."""
    total, others = sum(system.value[part] for part in equation), len(equation) - 1
    if not others:
        return total, total
    if not system.signed[v]:
        return 0.0, total
    far = FAR * system.scale[v]
    return max(-far, total - others * far), min(far, total + others * far)


def _programmes(system: System, equations: Sequence[Sequence[int]], asked: Sequence[int]) -> tuple[Floats, Floats]:
    """Bounds by linear programmes. One variable of every quantity at a time: quantities do not meet, so one programme
    bounds as many as there are."""
    value, scale = np.array(system.value), np.array(system.scale)
    signed = np.array(system.signed, dtype=bool)
    rounds: dict[int, list[int]] = {}
    seen: dict[int, int] = {}
    for position, v in enumerate(asked):
        turn = seen.get(system.quantity[v], 0)
        seen[system.quantity[v]] = turn + 1
        rounds.setdefault(turn, []).append(position)
    used = sorted({v for equation in equations for v in equation})
    column = {v: i for i, v in enumerate(used)}
    rows = [i for i, equation in enumerate(equations) for _ in equation]
    columns = [column[v] for equation in equations for v in equation]
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(equations), len(used)))
    truth = value[used] / scale[used]
    right = matrix @ truth
    box = np.where(signed[used], -FAR, 0.0)
    limits = np.stack([box, np.full(len(used), np.inf)], axis=1)
    limits[signed[used], 1] = FAR
    low, high = np.zeros(len(asked)), np.zeros(len(asked))
    for positions in rounds.values():
        for direction, found in ((1.0, low), (-1.0, high)):
            objective = np.zeros(len(used))
            objective[[column[asked[p]] for p in positions]] = direction
            solved = linprog(objective, A_eq=matrix, b_eq=right, bounds=limits, method="highs")
            if solved.x is None:
                raise AuditFailed(f"HiGHS: {solved.message}")
            for p in positions:
                found[p] = solved.x[column[asked[p]]] * scale[asked[p]]
    return low, high
