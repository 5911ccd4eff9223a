"""Small invented counties: what is hidden, why, and that an attacker with every release gets no further."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.disclosure.decide import decide
from pipelines.disclosure.history import no_history
from pipelines.disclosure.rules import RuleMissing, parameters_in
from tests.disclosure.attacker import Attacker
from tests.disclosure.small import RULES, Enterprises, county, hidden_towns, shown, truth

MONTH = "2021-12"
P = 0.10


def evenly(town: str, n: int, amount: float, months: int = 1) -> Enterprises:
    """`n` enterprises of a town, a little apart."""
    return {f"{town}{i}": (town, [(amount + i) * (m + 1) / months for m in range(months)]) for i in range(n)}


def test_two_firms_are_hidden_and_a_sibling_with_them() -> None:
    inputs = county([MONTH], {**evenly("a", 2, 50), **evenly("b", 4, 20), **evenly("c", 5, 60), **evenly("d", 6, 70)})
    decision = decide(inputs, no_history())
    assert hidden_towns(decision, MONTH) == {"a": "A", "b": "D"}, "the smallest sibling that protects is enough"
    assert decision.cells.get_column("is_protected").all()
    bare = decide(inputs, no_history(), with_secondary=False)
    assert hidden_towns(bare, MONTH) == {"a": "A"}
    found = Attacker([shown(inputs, bare, MONTH)]).intervals()["a"]
    assert found.lower == pytest.approx(101) and found.upper == pytest.approx(101), "without a sibling he has it"
    for town, interval in Attacker([shown(inputs, decision, MONTH)]).intervals().items():
        assert not interval.is_closer_than(P, truth(inputs, MONTH)[town])


def test_dominance_and_p_percent() -> None:
    inputs = county(
        [MONTH],
        {
            "a1": ("a", [900.0]), "a2": ("a", [50.0]), "a3": ("a", [50.0]), "a4": ("a", [40.0]),
            "b1": ("b", [500.0]), "b2": ("b", [480.0]), "b3": ("b", [20.0]), "b4": ("b", [10.0]),
            **evenly("c", 8, 300), **evenly("d", 8, 200),
        },
    )  # fmt: skip
    hidden = hidden_towns(decide(inputs, no_history()), MONTH)
    assert hidden["a"] == "O", "one holds 87 % of the sum"
    assert hidden["b"] == "T", "the second would know the first to 6 %"


def test_an_insider_who_subtracts_its_own_figure() -> None:
    """Two towns of one firm each hide each other from the public, and not from each other."""
    inputs = county([MONTH], {**evenly("a", 1, 50), **evenly("b", 1, 50), **evenly("c", 5, 60), **evenly("d", 6, 70)})
    assert set(hidden_towns(decide(inputs, no_history()), MONTH)) == {"a", "b", "c"}


def test_the_flow_of_a_month_is_a_cell() -> None:
    """In March only one firm of the county added to its sum: its figure is March less February."""
    rows: dict[str, tuple[str, list[float]]] = {
        f"{town}{i}": (town, [10.0 + i, 20.0 + i, 20.0 + i]) for town in "abc" for i in range(5)
    }
    rows["a0"] = ("a", [10.0, 20.0, 65.0])
    inputs = county(["2021-01", "2021-02", "2021-03"], rows)
    decision = decide(inputs, no_history())
    whole = {row[1]: row[4] for row in decision.status.iter_rows() if row[2] == "county"}
    assert whole == {"2021-03": "A"}
    assert shown(inputs, decision, "2021-02").total is not None


def test_an_earlier_release_gives_nothing_away() -> None:
    """Town a is one firm, hidden with b. Were c its sibling later, the old sum less b would be a."""
    first = county([MONTH], {**evenly("a", 1, 50), **evenly("b", 4, 20), **evenly("c", 4, 22), **evenly("d", 9, 70)})
    before = decide(first, no_history())
    assert set(hidden_towns(before, MONTH)) == {"a", "b"}
    rows = {**evenly("a", 1, 50), **evenly("b", 4, 20), **evenly("c", 4, 22), **evenly("d", 9, 70)}
    rows["c9"] = ("c", [1.0])
    rows["a1"] = ("c", [9.0])
    second = county([MONTH], rows)
    # What another order of preference would have chosen: c instead of b.
    swapped = shown(second, before, MONTH)
    swapped.parts["b"], swapped.parts["c"] = truth(second, MONTH)["b"], None
    careless = Attacker([shown(first, before, MONTH), swapped], frozenset({"c"})).intervals()["a"]
    assert careless.lower == pytest.approx(50) and careless.upper == pytest.approx(50), (
        "he subtracts b from the old sum"
    )
    now = decide(second, before.history)
    assert {"a", "b"} <= set(hidden_towns(now, MONTH))
    attack = Attacker([shown(first, before, MONTH), shown(second, now, MONTH)], frozenset({"c"})).intervals()
    assert not attack["a"].is_closer_than(P, 50)


def test_a_late_firm_alone_in_its_town() -> None:
    """Everything was public; then one firm reports late, alone in its town: the new total less the old would be it."""
    rows = {**evenly("b", 4, 20), **evenly("c", 4, 22), **evenly("d", 9, 70)}
    first = county([MONTH], rows)
    before = decide(first, no_history())
    assert before.status.is_empty()
    second = county([MONTH], {**rows, "a1": ("a", [50.0])})
    careless = decide(second, no_history())
    attack = Attacker([shown(first, before, MONTH), shown(second, careless, MONTH)]).intervals()["a"]
    assert attack.lower == pytest.approx(50) and attack.upper == pytest.approx(50), "the history ignored, he has it"
    now = decide(second, before.history)
    table = shown(second, now, MONTH)
    assert table.total is None, "no other cell can protect it any more: the month is withheld"
    attack = Attacker([shown(first, before, MONTH), table]).intervals()["a"]
    assert not attack.is_closer_than(P, 50)


def test_a_hidden_town_that_one_late_firm_makes_publishable() -> None:
    """Two firms, hidden with b; a third comes. With b and a public now, the old sum would give the two away."""
    rows = {**evenly("a", 2, 50), **evenly("b", 4, 20), **evenly("c", 5, 60), **evenly("d", 6, 70)}
    first = county([MONTH], rows)
    before = decide(first, no_history())
    second = county([MONTH], {**rows, "a9": ("a", [52.0])})
    careless = Attacker(
        [shown(first, before, MONTH), shown(second, decide(second, no_history()), MONTH)], frozenset({"a"})
    )
    old = careless.releases[0].total
    assert old is not None
    assert decide(second, no_history()).status.is_empty(), "alone, the second release hides nothing"
    now = decide(second, before.history)
    hidden = hidden_towns(now, MONTH)
    assert "b" in hidden or shown(second, now, MONTH).total is None


def test_the_same_again_changes_nothing() -> None:
    inputs = county([MONTH], {**evenly("a", 2, 50), **evenly("b", 4, 20), **evenly("c", 5, 60)})
    once = decide(inputs, no_history())
    twice = decide(inputs, once.history)
    for name in ("status", "rolling", "cells", "history"):
        assert getattr(once, name).equals(getattr(twice, name)), name


def test_what_no_rule_describes_is_hidden() -> None:
    inputs = county([MONTH], evenly("a", 9, 50))
    stranger = inputs.rows.with_columns(pl.lit("stranger").alias("indicator_id"))
    decision = decide(
        type(inputs)(inputs.cells, inputs.indicators, pl.concat([inputs.rows, stranger]), RULES), no_history()
    )
    assert set(decision.status.get_column("indicator_id")) == {"stranger"}


def test_parameters_are_dated() -> None:
    rows = [*RULES, {"name": "min_contributors", "valid_from": "2022-01", "value": 5.0}]
    assert parameters_in(rows, "2021-12").min_contributors == 3
    assert parameters_in(rows, "2022-01").min_contributors == 5
    with pytest.raises(RuleMissing, match="2019-12"):
        parameters_in(rows, "2019-12")
    with pytest.raises(RuleMissing, match="dominance_n is 3"):
        parameters_in([*RULES, {"name": "dominance_n", "valid_from": "2020-02", "value": 3.0}], "2021-01")


def test_a_plan_without_sensitive_figures() -> None:
    inputs = county([MONTH], evenly("a", 1, 50))
    public = inputs.indicators.with_columns(pl.lit("public").alias("sensitivity"))
    nothing = type(inputs)(inputs.cells.clear(), public, inputs.rows, RULES)
    decision = decide(nothing, no_history())
    assert decision.status.is_empty() and decision.cells.is_empty() and decision.history.is_empty()
