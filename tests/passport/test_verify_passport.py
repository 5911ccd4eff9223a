"""The archive gives the figure of a passport again; a page, a row or a file that was changed is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.home import Home
from pipelines.intake.archive import Archive
from pipelines.passport.part import INTERNAL
from pipelines.release import current_release
from tests.passport.conftest import Night


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


@pytest.fixture
def home(night: Night, tmp_path: Path, monkeypatch) -> Home:
    shutil.copytree(night.home.root, tmp_path / "home", symlinks=True)
    home = Home(tmp_path / "home")
    monkeypatch.setenv("FENGHUANG_HOME", str(home.root))
    return home


def test_what_was_changed_is_found_and_both_figures_are_named(home: Home, tmp_path: Path) -> None:
    release = current_release(home)
    assert release is not None
    page = release.path / INTERNAL / "tax_per_mu_above_scale" / "2021-06.html"
    kept = tmp_path / "elsewhere.html"  # a page that somebody kept
    shutil.copy(page, kept)
    done = run("verify", str(kept))
    assert done.exit_code == 0, done.output
    assert "一致 equal" in done.output and "公布 published" in done.output

    # a cent in a file of the archive, a row that the passport does not know, another figure on the page
    with duckdb.connect(str(release.tables), read_only=True) as con:
        ((sha256,),) = con.execute(
            "select sha256 from audit.delivery where source = 'tax' and period = '2021-06' and status = 'accepted'"
        ).fetchall()
    archived = Archive(home.archive).object_path(sha256)
    archived.chmod(0o644)
    archived.write_bytes(archived.read_bytes() + b" ")
    kept.chmod(0o644)
    text = kept.read_text(encoding="utf-8")
    said = json.loads(text.split('id="passport">')[1].split("</script>")[0])
    kept.write_text(text.replace(json.dumps(said["value"]), json.dumps(said["value"] + 1)), encoding="utf-8")
    done = run("verify", str(kept))
    assert done.exit_code == 1
    assert "不一致 not equal" in done.output and "重算 recomputed —" in done.output
    assert "页面内容已变" in done.output and "存档内容已变" in done.output
    assert "存档中没有此行" in done.output and "企业入库税收_202106.xlsx" in done.output


def test_a_passport_on_the_screen_and_for_programs(night: Night, monkeypatch) -> None:
    monkeypatch.setenv("FENGHUANG_HOME", str(night.home.root))
    shown = run("passport", "规上工业亩均税收", "2021-06")
    assert shown.exit_code == 0, shown.output
    for word in ("÷ 实际用地", "条款 clause 二", "县经信局", "计入 counted", "企业入库税收_202106.xlsx", "隔离"):
        assert word in shown.output
    town = run("passport", "tax_per_mu_above_scale", "2021-06", "舞阳街道", "--json")
    assert town.exit_code == 0, town.output
    said = json.loads(town.output)
    assert said["figure"]["breakdown_code"] == "330521002"
    assert {c["town_code"] for c in said["largest"]} == {"330521002"}
    assert said["contributors"]["n_counted"] == said["figure"]["n_enterprises"]
    assert any(d["source"] == "tax" and len(d["sha256"]) == 64 and d["n_rows"] for d in said["deliveries"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("passport", "tax_per_mu", "2021-06"), "tax_per_mu_above_scale"),
        (("passport", "tax_per_mu_above_scale", "2031-06"), "2020-01 … 2021-12"),
        (("passport", "tax_per_mu_above_scale", "2021-06", "杭州"), "330521104 钟管镇"),
        (("passport", "tax_per_mu_above_scale", "2021-06", "--release", "1999"), "no single release"),
        (("verify", "000000000000"), "holds no figure of this id"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(night: Night, monkeypatch, arguments, told) -> None:
    monkeypatch.setenv("FENGHUANG_HOME", str(night.home.root))
    done = run(*arguments)
    assert done.exit_code == 1
    assert told in done.output.replace("\n", " ").replace("  ", " ")


def test_a_page_that_is_no_passport_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("FENGHUANG_HOME", str(tmp_path))
    page = tmp_path / "page.html"
    page.write_text("<p>45.2</p>", encoding="utf-8")
    done = run("verify", str(page))
    assert done.exit_code == 1 and "not the page of a passport" in done.output
