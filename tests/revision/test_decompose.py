"""A difference in parts: in the documented order, adding up to the last bit, or nothing at all."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.home import Home
from pipelines.release.inputs import Input
from pipelines.revision import report
from pipelines.revision.decompose import (
    CannotBuild,
    Decomposition,
    Maker,
    NotReproduced,
    State,
    Step,
    decompose,
    steps_between,
)
from tests.revision.conftest import Figures, Publish, delivered, write_tables

TAX, TAX_CORRECTED = delivered("tax", "2021-10"), delivered("tax", "2021-10", 1, "b", 5)
FUEL, FUEL_LATE = delivered("fuel", "2021-10"), delivered("fuel", "2021-11", 0, "c", 6)
FUEL_CORRECTED = delivered("fuel", "2021-10", 1, "d", 7)
COUNTY, TOWN, NEW = (
    ("tax", "2021-10", "county"),
    ("tax", "2021-10", "330521001"),
    ("tax", "2021-11", "county"),
)


def figures_from(inputs: frozenset[Input], plan: str, code: str) -> Figures:
    """A county whose figures every cause moves, by amounts that no binary fraction holds, and together."""
    names = {i.file_name for i in inputs}
    factor = (1.1 if plan == "p2" else 1.0) * (1.7 if code == "c2" else 1.0)
    county = (0.1 + 0.7 * (TAX_CORRECTED.file_name in names) + 0.3 * (FUEL_CORRECTED.file_name in names)) * factor
    figures: dict[tuple[str, str, str], float | None] = {COUNTY: county, TOWN: 8.0}
    if FUEL_LATE.file_name in names:
        figures[NEW] = 5.0
    if TAX_CORRECTED.file_name in names:
        figures[TOWN] = None
    return figures


class Builds:
    """Stands in for the build, by code `c2`; keeps what it was asked for."""

    def __init__(self, wrong: float = 0.0, impossible: tuple[int, ...] = ()) -> None:
        self.asked: list[State] = []
        self.wrong, self.impossible = wrong, impossible

    def __call__(self, state: State, folder: Path) -> Path:
        self.asked.append(state)
        if len(self.asked) in self.impossible:
            raise CannotBuild("no such column")
        figures = dict(figures_from(state.inputs, state.plan_of.manifest["plan"], "c2"))
        figures[COUNTY] = (figures[COUNTY] or 0) + self.wrong
        return write_tables(folder / f"{len(self.asked)}.duckdb", figures, [])


OLD = (TAX, FUEL)
ALL = (TAX, FUEL, TAX_CORRECTED, FUEL_CORRECTED, FUEL_LATE)


def two(
    published: Publish,
    now: tuple[Any, ...] = ALL,
    plans: tuple[str, str] = ("p1", "p2"),
    codes: tuple[str, str] = ("c1", "c2"),
) -> Any:
    return tuple(
        published(figures_from(frozenset(d.input for d in given), plan, code), given, code=code, plan=plan)
        for given, plan, code in zip((OLD, now), plans, codes, strict=True)
    )


def here(release: Any, code: str = "c2") -> Maker:
    return Maker(code, Maker.of(release).versions, "p2")


def parted(pair: Any, builds: Builds, each: bool = False, **more: Any) -> Decomposition:
    return decompose(*pair, steps_between(*pair, here(pair[1]), each), builds, lambda message: None, **more)


def test_causes_are_replaced_in_the_documented_order(published: Publish) -> None:
    steps = steps_between(*(pair := two(published)), here(pair[1]))
    assert [(step.kind, step.words) for step in steps] == [
        ("code", ("代码 code",)),
        ("registry", ("方案 registry",)),
        (
            "delivery",
            ("更正 corrected fuel/fuel_2021-10_更正1", "新到 new fuel/fuel_2021-11"),
        ),
        ("delivery", ("更正 corrected tax/tax_2021-10_更正1",)),
    ]
    assert steps[-1].state == State(frozenset(d.input for d in ALL), pair[1])
    assert [step.label for step in steps_between(*pair, here(pair[1]), each=True)[2:]] == [
        "更正 corrected fuel/fuel_2021-10_更正1",
        "新到 new fuel/fuel_2021-11",
        "更正 corrected tax/tax_2021-10_更正1",
    ]


def test_parts_telescope_to_the_last_bit(published: Publish) -> None:
    pair = two(published)
    found = parted(pair, Builds(), each=True)
    before, now = (figures_from(*state)[COUNTY] for state in ((frozenset(), "p1", "c1"), (_inputs(ALL), "p2", "c2")))
    assert before is not None and now is not None
    county = found.parts.filter(breakdown="county")
    assert county["step"].to_list() == [1, 2, 3, 5], "the late month moves no published figure"
    assert county["value_before"].unique().item() == before and county["value_now"].unique().item() == now
    steps = [before, *county["step_after"]]
    assert county["step_before"].to_list() == steps[:-1] and steps[-1] == now
    exact = sum(Fraction(b) - Fraction(a) for a, b in pairwise(steps))
    assert exact == Fraction(now) - Fraction(before)
    assert county["part"].to_list() == [b - a for a, b in pairwise(steps)]


def _inputs(deliveries: tuple[Any, ...]) -> frozenset[Input]:
    return frozenset(d.input for d in deliveries)


def test_a_figure_that_vanished_is_laid_to_the_cause_that_took_it(published: Publish) -> None:
    found = parted(two(published), Builds())
    (town,) = found.parts.filter(breakdown="town").to_dicts()
    assert (town["step_before"], town["step_after"], town["part"]) == (8.0, None, None)
    assert found.steps[town["step"] - 1].words == ("更正 corrected tax/tax_2021-10_更正1",)


def test_new_months_are_counted_and_shown_when_asked(published: Publish) -> None:
    pair = two(published)
    assert (found := parted(pair, Builds())).appeared == 1
    assert "2021-11" not in found.parts["period"]
    (new,) = parted(pair, Builds(), with_new=True).parts.filter(period="2021-11").to_dicts()
    assert (new["value_before"], new["value_now"], new["step"]) == (None, 5.0, 3)


def test_what_does_not_differ_is_not_built(published: Publish) -> None:
    pair = two(published, now=(TAX, FUEL, TAX_CORRECTED), plans=("p2", "p2"), codes=("c2", "c2"))
    found = parted(pair, builds := Builds())
    assert [step.kind for step in found.steps] == ["delivery"] and len(builds.asked) == 1


def test_nothing_changed_is_empty_and_builds_nothing(published: Publish) -> None:
    found = parted(two(published, OLD, ("p2", "p2"), ("c2", "c2")), builds := Builds())
    assert found.parts.is_empty() and not found.steps and not builds.asked


def test_a_correction_that_was_taken_back_leaves_no_change(published: Publish) -> None:
    first, second = two(published, (TAX, FUEL, TAX_CORRECTED), ("p2", "p2"), ("c2", "c2"))
    back = delivered("tax", "2021-10", 2, "a", 9)
    third = published(figures_from(_inputs(OLD), "p2", "c2"), (TAX, FUEL, TAX_CORRECTED, back), code="c2", plan="p2")

    def build(state: State, folder: Path) -> Path:
        in_force = OLD if back.input in state.inputs else (TAX, FUEL, TAX_CORRECTED)
        return write_tables(folder / f"{len(state.inputs)}.duckdb", figures_from(_inputs(in_force), "p2", "c2"), [])

    for older, changed in ((first, 0), (second, 2)):
        steps = steps_between(older, third, here(third), each=True)
        assert decompose(older, third, steps, build, lambda message: None).parts.height == changed


def test_old_code_is_what_its_inputs_do_not_give_now(published: Publish) -> None:
    """The release was made by code that is gone: the part of the code is the residual, and comes first."""
    found = parted(two(published), builds := Builds())
    code = found.parts.filter(breakdown="county", step=1).to_dicts()[0]
    assert code["step_before"] == 0.1 and code["step_after"] == 0.1 * 1.7
    assert builds.asked[0] == State(_inputs(OLD), builds.asked[0].plan_of)
    assert builds.asked[0].plan_of.manifest["plan"] == "p1"


def test_two_releases_of_code_that_is_gone_close_with_a_second_part_of_code(published: Publish) -> None:
    pair = two(published, codes=("c1", "c1"))
    found = parted(pair, Builds())
    assert [step.kind for step in found.steps] == ["code", "registry", "delivery", "delivery", "code"]
    assert found.steps[-1].state is None
    assert found.parts.filter(breakdown="county", step=5)["step_after"].item() == figures_from(
        _inputs(ALL), "p2", "c1"
    ).get(COUNTY)


def test_causes_that_cannot_be_parted_go_together(published: Publish) -> None:
    """The code at hand cannot read the old plan: code and plan are one cause, and all still adds up."""
    found = parted(two(published), Builds(impossible=(1,)))
    assert found.steps[0].words == ("代码 code", "方案 registry") and found.steps[0].kind == "together"
    assert found.parts.filter(breakdown="county")["step"].to_list() == [1, 2, 3]


def test_nothing_is_said_where_the_new_release_does_not_come_out(published: Publish) -> None:
    pair = two(published)
    with pytest.raises(NotReproduced, match=f"{pair[1].release_id}.*tax 2021-10 county"):
        parted(pair, Builds(wrong=1e-15))
    with pytest.raises(CannotBuild):
        parted(pair, Builds(impossible=(4,)))


def test_a_row_without_a_value_counts_as_a_difference(published: Publish) -> None:
    pair = two(published, (TAX, FUEL), ("p2", "p2"), ("c2", "c2"))

    def build(state: State, folder: Path) -> Path:
        extra: Figures = {**figures_from(state.inputs, "p2", "c2"), ("tax", "2022-01", "county"): None}
        return write_tables(folder / "extra.duckdb", extra, [])

    with pytest.raises(NotReproduced):
        decompose(*pair, [Step("code", ("代码 code",), State(_inputs(OLD), pair[1]))], build, lambda message: None)


def test_csv_json_and_the_screen_say_the_same(published: Publish) -> None:
    found = parted(two(published), Builds())
    document = json.loads(report.as_json(found))
    assert document["causes"][3] == {"step": 4, "kind": "delivery", "words": ["更正 corrected tax/tax_2021-10_更正1"]}
    table = pl.read_csv(report.as_csv(found).encode(), schema_overrides={"breakdown_code": pl.String})
    assert table.drop("cause").to_dicts() == document["parts"] == found.parts.to_dicts()
    assert table["cause"][0] == "代码 code"
    assert report.of_indicator(found, "patents").parts.is_empty()


def test_the_command_lists_the_causes_without_a_build(
    home: Home, published: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGHUANG_HOME", str(home.root))
    run = CliRunner()
    assert run.invoke(app, ["diff"]).exit_code == 1
    first = published(figures_from(_inputs(OLD), "p1", "c1"), OLD)
    alone = run.invoke(app, ["diff"])
    assert alone.exit_code == 1 and "there is no release before it" in alone.output
    second = published(figures_from(_inputs(ALL), "p1", "c1"), ALL)
    monkeypatch.setattr("pipelines.revision.decompose.Maker.here", lambda: Maker.of(second))
    dry = run.invoke(app, ["diff", "--dry-run"])
    assert dry.exit_code == 0 and f"{first.release_id} → {second.release_id}" in dry.output
    assert "1. 更正 corrected fuel/fuel_2021-10_更正1; 新到 new fuel/fuel_2021-11" in dry.output
    assert "重算 2 次" in dry.output
    same = run.invoke(app, ["diff", second.release_id, second.release_id])
    assert same.exit_code == 0 and "no published figure changed" in same.output
    assert run.invoke(app, ["diff", "--csv", "--json"]).exit_code == 2
