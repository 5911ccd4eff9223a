"""Why two releases differ: every changed figure parted, exactly, into what each cause did to it.

Method: sequential replacement. From the older release on, one cause after the other is replaced by that of the newer,
in a fixed order: code, registry (the plan's seeds), deliveries by source, period, version. After each the whole build
runs again on the archive's bytes; the part of a cause is the figure after it less the figure before it. The parts so
telescope: together they are the difference between the releases, whatever the order. What a part is does depend on the
order where causes act together; that is why it is fixed.

The code at hand makes every build. What an older release published less what its inputs give by the code at hand is the
part of the code. Where the newer release was made by other code too, a second part of the code closes the sum; else
the last build must give the newer release, figure by figure, to the last bit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import duckdb
import polars as pl

from pipelines.home import Home
from pipelines.release.inputs import Input, deliveries_of
from pipelines.release.store import VALUES, Release
from pipelines.release.tables import attach
from pipelines.revision.causes import CODE_CHANGED, PLAN_CHANGED, Change, changed_deliveries
from pipelines.revision.vintage import KEY, revised

# The mart that holds the figures; what it is not made from need not be built.
FIGURES = VALUES.partition(".")[2]

Say = Callable[[str], None]


class NotReproduced(Exception):
    """The last build does not give the newer release, so that nothing is known about the parts."""


class CannotBuild(Exception):
    """A state between two releases that the code at hand does not build; the message says why."""


@dataclass(frozen=True)
class Maker:
    """What beside the deliveries decides a release: the code with the versions of what it stands on, and the plan."""

    code: str
    versions: tuple[tuple[str, str], ...]
    plan: str | None

    @classmethod
    def of(cls, release: Release) -> Maker:
        manifest = release.manifest
        return cls(manifest["code"], tuple(sorted(manifest["versions"].items())), manifest.get("plan"))

    @classmethod
    def here(cls) -> Maker:
        """The code at hand and the plan in force."""
        from pipelines.plan.seeds import plan_digest
        from pipelines.release.code import code_digest, versions

        return cls(code_digest(), tuple(sorted(versions().items())), plan_digest())

    def same_code(self, other: Maker) -> bool:
        return (self.code, self.versions) == (other.code, other.versions)


@dataclass(frozen=True)
class State:
    """What one build is made from: arrivals, and the release whose plan holds."""

    inputs: frozenset[Input]
    plan_of: Release


@dataclass(frozen=True)
class Step:
    """A cause replaced. `words` name what it is, one entry a delivery; `state` is built, or, where None, the newer
    release itself is what stands after it."""

    kind: str
    words: tuple[str, ...]
    state: State | None

    @property
    def label(self) -> str:
        more = f" +{len(self.words) - 1}" if len(self.words) > 1 else ""
        return self.words[0] + more


@dataclass(frozen=True)
class Decomposition:
    """`steps`: the causes in order. `parts`: one row a changed figure and cause that moved it, with columns
    indicator_id, period, breakdown, breakdown_code, value_before, value_now (of the releases), step (from 1),
    step_before, step_after (the figure before and after the cause; NULL where unknown), part (their difference).
    `appeared`: how many figures of months or indicators are new with the newer release."""

    older: str
    newer: str
    steps: Sequence[Step]
    parts: pl.DataFrame
    appeared: int


Build = Callable[[State, Path], Path]


def steps_between(older: Release, newer: Release, here: Maker, each: bool = False) -> list[Step]:
    """The causes between two releases in the order they are replaced; equal ones are left out.

    Deliveries go together by source, or one by one where `each`.
    """
    of_older, of_newer = Maker.of(older), Maker.of(newer)
    before, now = deliveries_of(older.tables), deliveries_of(newer.tables)
    inputs = frozenset(delivery.input for delivery in before)
    steps = []
    if not of_older.same_code(here):
        steps.append(Step("code", (CODE_CHANGED,), State(inputs, older)))
    if of_older.plan != of_newer.plan:
        steps.append(Step("registry", (PLAN_CHANGED,), State(inputs, newer)))
    for changes in _grouped(changed_deliveries(before, now), each):
        inputs = inputs.difference(*(c.removes for c in changes)).union(*(c.adds for c in changes))
        steps.append(Step("delivery", tuple(c.words for c in changes), State(inputs, newer)))
    if not of_newer.same_code(here):
        steps.append(Step("code", (CODE_CHANGED,), None))
    return steps


def _grouped(changes: list[Change], each: bool) -> list[list[Change]]:
    if each:
        return [[change] for change in changes]
    return [list(group) for _, group in groupby(changes, key=lambda change: change.delivery.source)]


def decompose(
    older: Release, newer: Release, steps: Sequence[Step], build: Build, say: Say, with_new: bool = False
) -> Decomposition:
    """Build after each of `steps` and part every figure that changed (`with_new`: or appeared) between the releases.

    A state that cannot be built (`CannotBuild`) is passed over: its cause goes together with the next. Raises
    `CannotBuild` where it is the last one, `NotReproduced` where the last build is not the newer release.
    """
    made: list[Step] = []
    with duckdb.connect() as con, tempfile.TemporaryDirectory(prefix="fenghuang-diff-") as scratch:
        con.execute(
            "create table figure (step integer, indicator_id varchar, period varchar, breakdown varchar, "
            "breakdown_code varchar, value double)"
        )
        _take(con, 0, older.tables)
        waiting: list[Step] = []
        for number, step in enumerate(steps, start=1):
            say(f"第 {number}/{len(steps)} 步 step {number} of {len(steps)}: {step.label}")
            waiting.append(step)
            try:
                tables = newer.tables if step.state is None else build(step.state, Path(scratch))
            except CannotBuild:
                if number == len(steps):
                    raise
                continue
            made.append(_together(waiting))
            waiting = []
            _take(con, len(made), tables)
        _assert_reproduced(con, len(made), newer)
        con.execute(f"create table changed as {revised('before', 'now')}")
        con.execute(_APPEARED)
        if with_new:
            con.execute("insert into changed from appeared")
        parts = con.sql(_PARTS).pl()
        ((appeared,),) = con.execute("select count(*) from appeared").fetchall()
    return Decomposition(older.release_id, newer.release_id, made, parts, appeared)


_APPEARED = f"""
    create view appeared as
    select {KEY}, cast(null as double) as value_before, n.value as value_now
    from now as n anti join before as b using (indicator_id, period) where n.value is not null
"""  # noqa: S608 - names of this module
_PARTS = f"""
    with numbered as (
        select c.*, s.step, f.value
        from changed as c
        cross join (select distinct step from figure) as s
        left join figure as f using (step, {KEY})
    ),
    moved as (
        select
            * exclude (value),
            lag(value) over (partition by {KEY} order by step) as step_before,
            value as step_after
        from numbered
    )
    select {KEY}, value_before, value_now, step, step_before, step_after, step_after - step_before as part
    from moved
    where step > 0 and step_before is distinct from step_after
    order by {KEY}, step
"""  # noqa: S608 - names of this module


def _together(steps: list[Step]) -> Step:
    """Causes that only stand apart from each other where the states between them can be built."""
    if len(steps) == 1:
        return steps[0]
    kind = steps[0].kind if len({step.kind for step in steps}) == 1 else "together"
    return Step(kind, tuple(word for step in steps for word in step.words), steps[-1].state)


def _take(con: duckdb.DuckDBPyConnection, step: int, tables: Path) -> None:
    attach(con, tables, "built")
    con.execute(f"insert into figure select $step, {KEY}, value from built.{VALUES}", {"step": step})  # noqa: S608
    con.execute("detach built")


def _assert_reproduced(con: duckdb.DuckDBPyConnection, last: int, newer: Release) -> None:
    """The last step gives the newer release exactly, with not a figure more or less."""
    attach(con, newer.tables, "newer")
    con.execute(
        f"create view now as select {KEY}, value from figure where step = {last}; "  # noqa: S608
        f"create view before as select {KEY}, value from figure where step = 0; "
        f"create table published as select {KEY}, value from newer.{VALUES}"
    )
    con.execute("detach newer")
    found = con.execute(
        f"((table now except table published) union all (table published except table now)) order by {KEY}, value"
    ).fetchall()
    if found:
        raise NotReproduced(
            f"{newer.release_id}: 重算结果与发布不符，无法分解 its inputs no longer give what was published; the first "
            f"difference: {' '.join(map(str, found[0]))}; ask fenghuang verify --rebuild"
        )


@dataclass
class Builder:
    """Builds states from the archive of `home` by the code at hand, each by the plan of its release."""

    home: Home
    here: Maker
    say: Say
    reasons: list[str] = field(default_factory=list)

    def __call__(self, state: State, folder: Path) -> Path:
        """The tables that `state` gives, made in `folder`. Raises `CannotBuild`, and keeps the reason in `reasons`."""
        from pipelines.build.rebuild import DbtFailed, build_from
        from pipelines.plan import PlanBroken, plan_in_force

        plan = state.plan_of.path / "plan"
        try:
            if Maker.of(state.plan_of).plan == self.here.plan:
                return build_from(self.home, state.inputs, folder, self.say, (FIGURES,))
            if not plan.is_dir():
                raise PlanBroken(f"{state.plan_of.release_id}: 未保存方案 does not keep its plan")
            with plan_in_force(plan):
                return build_from(self.home, state.inputs, folder, self.say, (FIGURES,))
        except (DbtFailed, PlanBroken, FileNotFoundError) as error:
            self.reasons.append(str(error))
            raise CannotBuild(str(error)) from error
