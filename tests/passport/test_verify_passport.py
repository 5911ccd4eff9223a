"""The archive gives the figure of a passport again; a page, a row or a file that was changed is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.build.rebuild import rebuild
from pipelines.cli import app
from pipelines.home import Home
from pipelines.intake.archive import Archive
from pipelines.passport import kept
from pipelines.passport.part import INTERNAL
from pipelines.reading import number
from pipelines.release import current_release
from pipelines.release.store import TABLES_FILE
from tests.passport.conftest import Night


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def home(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("verified") / "home"
    shutil.copytree(night.home.root, root, symlinks=True)
    return Home(root)


@pytest.fixture(scope="module")
def rebuilt(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release computed again from the bytes, once for this file."""
    release = current_release(home)
    assert release is not None
    folder = tmp_path_factory.mktemp("rebuilt")
    rebuild(home, release, folder, lambda message: None)
    return folder


@pytest.fixture
def page(home: Home, rebuilt: Path, tmp_path: Path, monkeypatch) -> Path:
    """A page that somebody kept elsewhere."""

    def again(home, release, folder: Path, say) -> Path:
        for name in (TABLES_FILE, "build.duckdb"):
            shutil.copy(rebuilt / name, folder / name)
        return folder / TABLES_FILE

    monkeypatch.setattr("pipelines.build.rebuild.rebuild", again)
    monkeypatch.setenv("FENGHUANG_HOME", str(home.root))
    kept = tmp_path / "kept.html"
    shutil.copy(home.current / INTERNAL / "tax_per_mu_above_scale" / "2021-06.html", kept)
    kept.chmod(0o644)
    return kept


def test_the_archive_gives_the_figure_and_its_rows_again(home: Home, page: Path) -> None:
    done = run("verify", str(page))
    assert done.exit_code == 0, done.output
    assert "一致 equal" in done.output and "公布 published" in done.output
    with duckdb.connect(str(home.current / TABLES_FILE), read_only=True) as con:
        ((area,),) = con.execute(
            "select passport_id(indicator_id, period, breakdown, breakdown_code) from marts.indicator_value "
            "where indicator_id = 'energy_intensity_decline_3y' and period = '2021-06' and breakdown = 'town' "
            "order by breakdown_code limit 1"
        ).fetchall()
    done = run("verify", area)
    assert done.exit_code == 0, done.output


def test_a_page_that_was_changed_is_found(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    said = json.loads(text.split('id="passport">')[1].split("</script>")[0])
    page.write_text(text.replace(json.dumps(said["value"]), json.dumps(said["value"] + 1)), encoding="utf-8")
    done = run("verify", str(page))
    assert done.exit_code == 1
    assert "不一致 not equal" in done.output and "页面内容已变" in done.output
    assert f"{said['value'] + 1:,.4f}".rstrip("0") in done.output  # what the page says, beside what was published


def test_a_figure_or_a_row_that_was_changed_is_found_and_both_figures_are_named(home: Home, page: Path) -> None:
    release = current_release(home)
    assert release is not None
    rows = release.path / INTERNAL / kept.FOLDER / kept.ROWS / "tax-2021.parquet"
    before = rows.read_bytes()
    release.tables.chmod(0o644)
    rows.chmod(0o644)
    with duckdb.connect(str(release.tables)) as con:
        where = "where indicator_id = 'tax_per_mu_above_scale' and period = '2021-06' and breakdown = 'county'"
        ((value,),) = con.execute(f"select value from marts.indicator_value {where}").fetchall()
        con.execute(f"update marts.indicator_value set value = value + 1 {where}")
        con.execute(
            "copy (select * replace (row_number + 500 as row_number) from read_parquet($1)) to "
            f"'{rows}.new' (format parquet)",
            [str(rows)],
        )
    Path(f"{rows}.new").replace(rows)
    try:
        done = run("verify", str(page))
    finally:
        rows.write_bytes(before)
        with duckdb.connect(str(release.tables)) as con:
            con.execute(f"update marts.indicator_value set value = $1 {where}", [value])
    assert done.exit_code == 1
    assert f"公布 published {number(value + 1)}, 重算 recomputed {number(value)}" in done.output
    assert "tax-2021.parquet: 内容已变" in done.output
    assert "存档中没有此行" in done.output and "未列出 not listed" in done.output


def test_bytes_of_the_archive_that_were_changed_are_found(home: Home, page: Path) -> None:
    with duckdb.connect(str(home.current / TABLES_FILE), read_only=True) as con:
        ((sha256,),) = con.execute(
            "select sha256 from audit.delivery where source = 'tax' and period = '2021-06' and status = 'accepted'"
        ).fetchall()
    archived = Archive(home.archive).object_path(sha256)
    kept = archived.read_bytes()
    archived.chmod(0o644)
    archived.write_bytes(kept + b" ")
    try:
        done = run("verify", str(page))
    finally:
        archived.write_bytes(kept)
    assert done.exit_code == 1
    assert "企业入库税收_202106.xlsx: 存档内容已变" in done.output and "不一致 not equal" in done.output


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


def test_everything_that_adds_up_to_a_figure_goes_into_a_file(night: Night, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("FENGHUANG_HOME", str(night.home.root))
    path = tmp_path / "it's.parquet"
    arguments = ("passport", "tax_per_mu_above_scale", "2021-06", "舞阳街道", "--contributions", str(path))
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    with duckdb.connect(str(night.release.tables), read_only=True) as con:
        ((n_rows, n, numerator, denominator, n_named, n_files),) = con.execute(
            "select count(*), count(distinct contributor), sum(numerator) filter (where first), "
            "sum(denominator) filter (where first), count(distinct name), count(distinct sha256) from ("
            "select *, row_number() over (partition by contributor) = 1 as first from read_parquet($path) "
            "where is_counted and town_code = '330521002')",
            {"path": str(path)},
        ).fetchall()
        ((figure,),) = con.execute(
            "select {'n': numerator, 'd': denominator, 'e': n_enterprises} from marts.indicator_value where "
            "indicator_id = 'tax_per_mu_above_scale' and period = '2021-06' and breakdown_code = '330521002'"
        ).fetchall()
    assert n_rows > n
    assert n == n_named == figure["e"] and n_files > 2
    assert float(numerator) == pytest.approx(figure["n"], rel=1e-14)
    assert float(denominator) == pytest.approx(figure["d"], rel=1e-14)
    again = run(*arguments)
    assert again.exit_code == 1 and "不覆盖" in again.output


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
