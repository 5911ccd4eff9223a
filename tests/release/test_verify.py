"""The archive gives the tables of a release again, to the last bit; a release that was altered is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.home import Home
from pipelines.release import current_release


def test_the_archive_gives_the_release_again(published_home: Home, tmp_path: Path, monkeypatch) -> None:
    shutil.copytree(published_home.root, tmp_path / "home", symlinks=True)
    home = Home(tmp_path / "home")
    monkeypatch.setenv("FENGHUANG_HOME", str(home.root))
    release = current_release(home)
    assert release is not None
    # what arrives later has no part in it
    late = home.inbox / "finance" / "土地出让收支_2022.csv"
    late.write_text("年份,土地出让收入(万元),腾笼换鸟专项经费(万元)\n2022,100,1\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["intake"])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["verify", "--rebuild"])
    assert done.exit_code == 0, done.output
    assert f"{release.release_id}: 一致 equal" in done.output

    release.tables.chmod(0o644)
    with duckdb.connect(str(release.tables)) as con:
        con.execute("update marts.indicator_value set value = value + 1 where period = '2021-12'")
    done = CliRunner().invoke(app, ["verify"])
    assert done.exit_code == 1
    assert "internal.duckdb: 内容已变 not the bytes that were published" in done.output
