"""The sample county in three releases: as it was, with one file corrected, with that file taken back and another plan.

By hand: the file holds the fund and the land revenue of 2021, from which one published figure is made,
149.81 ÷ 28266.65; a parameter of the plan decides which pledged patents are of high value, which is one indicator.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.home import Home
from pipelines.plan import plan_in_force
from pipelines.plan.seeds import keep_plan, keep_plan_of, plan_digest
from pipelines.release import Release, current_release
from pipelines.revision.decompose import Builder, Maker, State, decompose, steps_between
from pipelines.revision.vintage import revision
from tests.nights import unchecked_night

pytestmark = pytest.mark.slow

FILE = "土地出让收支_2021.csv"
FUND, PATENTS = "tlhn_fund_share_of_land_revenue", "high_value_patents_per_10k"
MARTS = ("indicator", "indicator_value")


@dataclass(frozen=True)
class Vintages:
    home: Home
    releases: tuple[Release, Release, Release]
    folder: Path  # where the third was built; to build there again is cheaper
    built: Path  # the tables it was published from


@pytest.fixture(scope="module")
def vintages(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vintages]:
    root = tmp_path_factory.mktemp("vintages")
    shutil.copytree(published_home.root, root / "home", symlinks=True)
    home = Home(root / "home")
    first = current_release(home)
    assert first is not None
    path = home.inbox / "finance" / FILE
    original = path.read_bytes()
    begun = datetime.fromisoformat(first.manifest["built_at"])

    def publish_next(content: bytes, day: int) -> tuple[Release, Path]:
        """As a night would, without its checks and without the marts that hold no figures."""
        path.write_bytes(content)
        at = begun + timedelta(days=day)
        return unchecked_night(home, root / f"night{day}", at, (keep_plan_of, revision), MARTS)

    assert original.count(b"149.81") == 1
    second, _ = publish_next(original.replace(b"149.81", b"160.00"), 1)
    stricter = root / "stricter"
    keep_plan(stricter)
    parameters = stricter / "plan_parameter.csv"
    parameters.write_text(parameters.read_text().replace("pledge_minimum_wan,500,", "pledge_minimum_wan,500000,"))
    with plan_in_force(stricter):
        third, built = publish_next(original, 2)
    kept = shutil.copyfile(built, root / "third.duckdb")
    yield Vintages(home, (first, second, third), built.parent, kept)


def ask(release: Release, query: str) -> list[Any]:
    with duckdb.connect(str(release.tables), read_only=True) as con:
        return con.execute(query).fetchall()


def test_one_corrected_file_revises_the_one_figure_made_from_it(vintages: Vintages) -> None:
    first, second, _ = vintages.releases
    assert ask(second, "select * from audit.revision") == [
        (
            *(FUND, "2021-12", "county", "330521"),
            *(pytest.approx(100 * 149.81 / 28266.65), pytest.approx(100 * 160 / 28266.65)),
            *(first.release_id, f"更正 corrected finance/{FILE}"),
        )
    ]


def test_the_plan_and_the_file_taken_back_are_told_apart(vintages: Vintages) -> None:
    """Against the second release both have changed; each figure is laid to its own cause, and the plan of then, kept
    in the release, is built with again."""
    _, second, third = vintages.releases
    revised = ask(third, "select distinct indicator_id, why from audit.revision order by 1")
    why = f"重新报送 sent again finance/{FILE}; 方案 registry"
    assert revised == [(PATENTS, why), (FUND, why)]
    assert third.manifest["plan"] != second.manifest["plan"] == plan_digest()
    here = Maker.here()
    steps = steps_between(second, third, here)
    assert [step.words for step in steps] == [("方案 registry",), (f"重新报送 sent again finance/{FILE}",)]
    builder = Builder(vintages.home, here, print)

    def build(state: State, folder: Path) -> Path:
        # The third's own build made this state; that a build can be repeated is proved by `verify --rebuild`.
        return vintages.built if state == steps[-1].state else builder(state, vintages.folder)

    parts = decompose(second, third, steps, build, print).parts
    assert parts.filter(step=1)["indicator_id"].unique().to_list() == [PATENTS]
    assert (parts.filter(step=1)["part"] < 0).all(), "a stricter plan counts fewer patents"
    (fund,) = parts.filter(step=2).to_dicts()
    assert (fund["indicator_id"], fund["step_after"]) == (FUND, fund["value_now"])
    ((published,),) = ask(
        vintages.releases[0],
        f"select value from marts.indicator_value where indicator_id = '{FUND}' and period = '2021-12'",
    )
    assert fund["value_now"] == published, "the old value stands again, to the last bit"


def test_the_history_of_a_figure_that_came_home(vintages: Vintages) -> None:
    *_, third = vintages.releases
    values = f"select value_before, value_now from audit.revision_history where indicator_id = '{FUND}'"
    (away, home) = ask(third, f"{values} order by release_before")
    assert away == home[::-1]
    ((moved, revised, times),) = ask(
        third,
        "select mean_absolute_revision, n_revised, n_revisions from audit.revision_statistics "
        f"where indicator_id = '{FUND}' and breakdown = 'county'",
    )
    assert (moved, revised, times) == (0, 1, 2)


def test_an_earlier_release_is_asked_as_it_was(vintages: Vintages, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = vintages.releases
    monkeypatch.setenv("FENGHUANG_HOME", str(vintages.home.root))
    days = [f"{r.release_id[:4]}-{r.release_id[4:6]}-{r.release_id[6:8]}" for r in (first, third)]
    run = CliRunner()
    board = run.invoke(app, ["scoreboard", "--as-of", days[0]])
    assert board.exit_code == 0 and "Scoreboard 2021-12" in board.output
    early = run.invoke(app, ["scoreboard", "--as-of", "2000-01-01"])
    assert early.exit_code == 1 and first.release_id in early.output
    dry = run.invoke(app, ["diff", first.release_id, third.release_id, "--dry-run"])
    assert "方案 registry" in dry.output and f"重新报送 sent again finance/{FILE}" in dry.output
    assert replace(second, is_current=True) != current_release(vintages.home) == third
