"""`audit.revision` and what is kept of it: which changes are revisions, and the statistics worked out by hand."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.home import Home
from pipelines.release import Release
from pipelines.release.store import prune, roll_back
from tests.revision.conftest import Figures, Publish, delivered

OLD: Figures = {
    ("tax", "2021-10", "county"): 10.0,
    ("tax", "2021-10", "330521001"): 8.0,
    ("tax", "2021-11", "county"): None,
    ("tax", "2021-12", "county"): 12.0,
    ("patents", "2021-12", "county"): 3.0,
}


def ask(release: Release, query: str) -> list[Any]:
    with duckdb.connect(str(release.tables), read_only=True) as con:
        return con.execute(query).fetchall()


def revisions(release: Release, table: str = "revision") -> list[Any]:
    return ask(
        release, f"select indicator_id, period, breakdown_code, value_before, value_now from audit.{table} order by all"
    )


def test_the_first_release_revises_nothing(published: Publish) -> None:
    first = published(OLD)
    assert revisions(first) == [] and revisions(first, "revision_history") == []


def test_a_revision_is_of_a_figure_already_published(published: Publish) -> None:
    published(OLD)
    now = published(
        OLD
        | {
            ("tax", "2021-10", "county"): 10.5,  # changed
            ("tax", "2021-11", "county"): 11.0,  # filled
            ("tax", "2021-11", "330521001"): 9.0,  # filled: the month was published, the town's figure was not
            ("patents", "2021-12", "county"): None,  # withdrawn
            ("tax", "2022-01", "county"): 1.0,  # a new month
            ("land", "2021-12", "county"): 7.0,  # a new indicator
        }
    )
    assert revisions(now) == [
        ("patents", "2021-12", "county", 3.0, None),
        ("tax", "2021-10", "county", 10.0, 10.5),
        ("tax", "2021-11", "330521001", None, 9.0),
        ("tax", "2021-11", "county", None, 11.0),
    ]


def test_a_row_that_is_gone_was_withdrawn_and_the_last_bit_counts(published: Publish) -> None:
    published(OLD)
    now = published(
        {key: value for key, value in OLD.items() if key[2] == "county"} | {("tax", "2021-12", "county"): 12.0 + 2e-15}
    )
    assert revisions(now) == [
        ("tax", "2021-10", "330521001", 8.0, None),
        ("tax", "2021-12", "county", 12.0, 12.0 + 2e-15),
    ]


def test_why_names_the_deliveries_the_plan_and_the_code_that_changed(published: Publish) -> None:
    kept = [delivered("tax", "2021-10"), delivered("fuel", "2021-10")]
    first = published(OLD, kept)
    late = [delivered("tax", "2021-10", 1, "b", 9), delivered("rd", "2021", 0, "c", 9), kept[1]]
    now = published(OLD | {("tax", "2021-10", "county"): 11.0}, [*kept, *late[:2]], code="c2", plan="p2")
    assert ask(now, "select release_before, why from audit.revision") == [
        (
            first.release_id,
            "新到 new rd/rd_2021; 更正 corrected tax/tax_2021-10_更正1; 方案 registry; 代码 code",
        )
    ]


def test_nothing_changed_is_an_empty_table_with_a_history(published: Publish) -> None:
    published(OLD)
    second = published(OLD | {("tax", "2021-10", "county"): 11.0})
    third = published(OLD | {("tax", "2021-10", "county"): 11.0})
    assert revisions(third) == []
    assert revisions(third, "revision_history") == revisions(second) == [("tax", "2021-10", "county", 10.0, 11.0)]


def test_history_outlives_pruned_releases_and_follows_a_rollback(home: Home, published: Publish) -> None:
    values = iter((10.0, 11.0, 9.0, 10.0))
    releases = [published(OLD | {("tax", "2021-10", "county"): next(values)}) for _ in range(3)]
    assert len(prune(home, keep=1)) == 2
    restored = published(OLD | {("tax", "2021-10", "county"): next(values)})
    assert ask(restored, "select value_before, value_now, release_before from audit.revision_history") == [
        (10.0, 11.0, releases[0].release_id),
        (11.0, 9.0, releases[1].release_id),
        (9.0, 10.0, releases[2].release_id),
    ]
    roll_back(home)
    after = published(OLD | {("tax", "2021-10", "county"): 9.0})
    assert revisions(after) == [], "compared with what readers were shown, which was rolled back to"
    assert len(revisions(after, "revision_history")) == 2


def test_statistics_by_hand(published: Publish) -> None:
    """Of three county figures of `tax` one moved by +1 in two steps, one was filled and then moved by −0.5, one stood
    still; the town's came home again."""
    published(OLD)
    published(OLD | {("tax", "2021-10", "county"): 13.0, ("tax", "2021-11", "county"): 4.5})
    last = {
        ("tax", "2021-10", "county"): 11.0,
        ("tax", "2021-11", "county"): 4.0,
        ("tax", "2021-10", "330521001"): 8.0,
        ("patents", "2021-12", "county"): None,
    }
    published(OLD | last | {("tax", "2021-10", "330521001"): 9.0, ("tax", "2021-12", "county"): 12.0})
    now = published(OLD | last)
    names = (
        "n_figures, n_revised, n_revisions, n_filled, n_withdrawn, mean_revision, mean_absolute_revision, "
        "relative_mean_revision, relative_mean_absolute_revision, largest_absolute_revision"
    )

    def of(indicator: str, breakdown: str) -> Any:
        query = f"select {names} from audit.revision_statistics where indicator_id = $i and breakdown = $b"
        with duckdb.connect(str(now.tables), read_only=True) as con:
            return con.execute(query, {"i": indicator, "b": breakdown}).fetchall()[0]

    assert of("tax", "county") == (3, 2, 3, 1, 0, *map(pytest.approx, (0.5 / 3, 1.5 / 3, 0.5 / 27, 1.5 / 27, 1.0)))
    assert of("tax", "town") == (1, 1, 2, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert of("patents", "county") == (0, 0, 0, 0, 1, None, None, None, None, None)


def test_the_command_shows_statistics_and_every_revision(
    home: Home, published: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGHUANG_HOME", str(home.root))
    run = CliRunner()
    published(OLD, [delivered("tax", "2021-10")])
    assert "nothing was ever revised" in run.invoke(app, ["revisions"]).output
    corrected = [delivered("tax", "2021-10"), delivered("tax", "2021-10", 1, "b", 9)]
    published(OLD | {("tax", "2021-10", "county"): 10.5}, corrected)
    screen = run.invoke(app, ["revisions"]).output
    assert "MAR" in screen and "0.25" in screen and "patents" not in screen
    assert "corrected tax/tax_2021-10_更正1" in run.invoke(app, ["revisions", "亩均税收"]).output
    unknown = run.invoke(app, ["revisions", "nonsense"])
    assert unknown.exit_code == 1 and "nonsense" in unknown.output


def test_every_column_says_what_it_means(published: Publish) -> None:
    silent = (
        "select table_name, column_name from duckdb_columns() where schema_name = 'audit' and comment is null "
        "and table_name like 'revision%'"
    )
    assert ask(published(OLD), silent) == []
    assert ask(published(OLD), "select count(*) from duckdb_columns() where table_name like 'revision%'") == [(28,)]
