"""What a sum says of its parts, worked out by itself, and what linear programmes say of the same."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from pipelines.disclosure import bounds as module
from pipelines.disclosure.bounds import FAR, System, bounds


def _system(parts: list[list[float]], *, signed: bool = False) -> System:
    """One equation a list of parts, each a quantity of its own."""
    system = System()
    for quantity, values in enumerate(parts):
        scale = sum(map(abs, values))
        system.equations.append([system.variable(quantity, value, scale, signed) for value in values])
    return system


def test_a_part_of_a_sum_lies_between_nothing_and_the_sum() -> None:
    low, high = bounds(_system([[30.0, 10.0, 0.5], [7.0]]), range(4))
    assert low.tolist() == [0, 0, 0, 7]
    assert high.tolist() == [40.5, 40.5, 40.5, 7]


def test_what_may_be_negative_lies_between_what_the_others_can_reach() -> None:
    low, high = bounds(_system([[-10.0, 30.0], [5.0]], signed=True), range(3))
    far = FAR * 40
    assert low.tolist() == [20 - far, 20 - far, 5]
    assert high.tolist() == [far, far, 5]


def test_what_stands_in_no_sum_is_not_bounded() -> None:
    system = System()
    system.variable(0, 3.0, 3.0, False)
    system.variable(0, -3.0, 3.0, True)
    low, high = bounds(system, [0, 1])
    assert low.tolist() == [0, -math.inf] and high.tolist() == [math.inf, math.inf]


def test_sums_that_meet_say_more_than_either() -> None:
    """a + b + c = 60 now; a + b + old = 35 before: c is not bounded by its own sum alone."""
    system = System()
    a, b, c, old = (system.variable(0, value, 60.0, False) for value in (20.0, 10.0, 30.0, 5.0))
    system.equations = [[a, b, c], [a, b, old]]
    low, high = bounds(system, [a, b, c, old])
    assert low == pytest.approx([0, 0, 25, 0], abs=1e-9)
    assert high == pytest.approx([35, 35, 60, 35], abs=1e-9)


@pytest.mark.parametrize("signed", [False, True])
def test_programmes_say_the_same_of_sums_that_do_not_meet(signed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    least = -50.0 if signed else 0.0
    parts = [[chance.uniform(least, 100) for _ in range(chance.randint(1, 6))] for _ in range(40)]
    system = _system(parts, signed=signed)
    every = range(len(system.value))
    solved = module._programmes(system, system.equations, every)

    def no_programme(*arguments: object) -> None:
        raise AssertionError("a sum by itself needs no programme")

    monkeypatch.setattr(module, "_programmes", no_programme)
    for found, expected in zip(bounds(system, every), solved, strict=True):
        assert np.allclose(found, expected, rtol=1e-7, atol=1e-7)
