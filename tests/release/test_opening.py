"""Each recipe of docs/opening.md that can be run here is run, from the folder that holds `warehouse/`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.home import Home

DOCUMENT = Path(__file__).parents[2] / "docs" / "opening.md"
RECIPE = re.compile(r"```(?P<language>python|sql)\n(?P<text>.*?)```", re.DOTALL)


def recipes(language: str) -> list[str]:
    found = RECIPE.finditer(DOCUMENT.read_text(encoding="utf-8"))
    return [match["text"] for match in found if match["language"] == language]


def test_the_python_recipe_runs_as_printed(published_home: Home) -> None:
    (text,) = recipes("python")
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=published_home.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    towns, has_red = done.stdout.split()
    assert int(towns) > 5 and has_red == "True"


def test_the_sql_recipes_run_on_a_read_only_file(
    published_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = recipes("sql")
    assert len(texts) == 4
    monkeypatch.chdir(tmp_path)
    with duckdb.connect(str(published_home.current / "internal.duckdb"), read_only=True) as connection:
        for text in texts:
            assert connection.execute(text).fetchall(), text
    latest = pl.read_parquet(tmp_path / "latest.parquet")
    assert latest.height > 30 and latest.schema["value"] == pl.Float64
    assert pl.read_csv(tmp_path / "by_town.csv").columns[2] == "town"
