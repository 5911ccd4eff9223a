"""Every query of docs/queries.md runs on the sample county's release and gives the answer printed below it.

`python -m tests.release.test_cookbook RELEASE_FILE` prints the answers anew.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.release import current_release

DOCUMENT = Path(__file__).parents[2] / "docs" / "queries.md"
QUERY = re.compile(r"```sql\n(?P<sql>.*?)```\n(?:\n```text\n(?P<answer>.*?)```\n)?", re.DOTALL)


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Headings and rows, parted by bars; doubles in ten digits."""
    cursor = connection.execute(sql)
    rows = [[name for name, *_ in cursor.description or []]]
    for row in cursor.fetchall():
        rows.append(["" if c is None else f"{c:.10g}" if isinstance(c, float) else str(c) for c in row])
    return "".join(" | ".join(row).rstrip() + "\n" for row in rows)


def test_every_query_gives_its_printed_answer(published_home) -> None:
    release = current_release(published_home)
    assert release is not None
    recipes = list(QUERY.finditer(DOCUMENT.read_text(encoding="utf-8")))
    assert len(recipes) >= 10
    with duckdb.connect(str(release.tables), read_only=True) as connection:
        for recipe in recipes:
            assert answer(connection, recipe["sql"]) == recipe["answer"], recipe["sql"]
            assert recipe["answer"].count("\n") > 1, f"no row: {recipe['sql']}"


@pytest.mark.parametrize("view", ["scoreboard", "latest", "by_town", "by_industry"])
def test_a_view_has_rows_and_says_what_it_is(published_home, view) -> None:
    release = current_release(published_home)
    assert release is not None
    with duckdb.connect(str(release.tables), read_only=True) as connection:
        assert connection.table(view).count("*").fetchall()[0][0] > 10
        comment = connection.execute("select comment from duckdb_views() where view_name = ?", [view]).fetchall()[0][0]
        assert " / " in comment
        columns = connection.execute(
            "select column_name, comment from duckdb_columns() where schema_name = 'main' and table_name = ?", [view]
        ).fetchall()
        assert [name for name, words in columns if words is None or " / " not in words] == []
        assert [name for name, _ in columns] == connection.table(view).columns


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], read_only=True) as con:
        printed = QUERY.sub(
            lambda m: f"```sql\n{m['sql']}```\n\n```text\n{answer(con, m['sql'])}```\n",
            DOCUMENT.read_text(encoding="utf-8"),
        )
    DOCUMENT.write_text(printed, encoding="utf-8")
