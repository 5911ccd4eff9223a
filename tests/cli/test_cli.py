"""The command as a user types it: help that teaches, exit codes, dry runs, refusals that say what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.contract.forms import code, tax

SAMPLE = Path(__file__).parent.parent / "data" / "sample" / "inbox"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FENGHUANG_HOME", str(tmp_path))
    for variable in ("PATENT_API_URL", "INVESTMENT_DB_URL"):
        monkeypatch.delenv(variable, raising=False)

    def invoke(*arguments: str):
        return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "160"})

    return invoke


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("demo",),
        ("intake",),
        ("nightly",),
        ("status",),
        ("scoreboard",),
        ("show",),
        ("release", "list"),
        ("enterprise",),
        ("evaluate",),
        ("diff",),
        ("revisions",),
        ("passport",),
        ("verify",),
        ("freshness",),
        ("notify",),
        ("backup",),
        ("restore",),
    ],
)
def test_every_command_explains_itself_in_both_languages(run, command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert any("一" <= char <= "鿿" for char in result.output) and "Usage" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("demo", "-n", "29"),
        ("demo", "--years", "2023-2020"),
        ("demo", "--years", "soon"),
        ("demo", "--years", "2019-2021"),
        ("demo", "--years", "2020-2031"),
        ("demo", "--defects", "0.9"),
        ("status", "--as-of", "yesterday"),
        ("nightly", "--wait", "-1"),
        ("show",),
        ("passport", "tax_per_mu_above_scale"),
        ("enterprise",),
        ("evaluate", "--year", "2021"),
        ("template", "tax"),
    ],
)
def test_wrong_usage_is_exit_code_2(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 2, result.output


def test_a_demo_is_written_once_and_never_among_real_deliveries(run, tmp_path):
    dry = run("demo", "-n", "30", "--years", "2020", "--dry-run")
    assert dry.exit_code == 0 and "would write 30 enterprises" in dry.output
    assert not (tmp_path / "raw").exists()
    assert run("demo", "-n", "30", "--years", "2020").exit_code == 0
    assert any((tmp_path / "raw" / "demo_truth").iterdir())
    refused = run("demo", "-n", "30", "--years", "2020")
    assert refused.exit_code == 1 and "not empty" in refused.output
    assert run("demo", "-n", "30", "--years", "2020", "--if-empty").exit_code == 0


def test_intake_says_what_was_refused_and_what_to_mend(run, tmp_path):
    folder = tmp_path / "raw" / "inbox" / "tax"
    folder.mkdir(parents=True)
    (folder / "企业入库税收_202103.xlsx").write_bytes(tax([[code(1), "甲", "见附件", 1], [code(2), "乙", 2, 2]]))
    (folder / "企业入库税收_202104.xlsx").write_bytes(b"nothing")
    result = run("intake")
    assert result.exit_code == 0
    assert "企业入库税收_202104.xlsx: unreadable" in result.output
    assert "退回_县税务局.xlsx" in result.output


def test_status_before_and_after_anything_arrived(run, tmp_path):
    assert run("status", "--as-of", "2022-01-10").exit_code == 0
    shutil.copytree(SAMPLE / "tax", tmp_path / "raw" / "inbox" / "tax")
    assert run("intake").exit_code == 0
    result = run("status", "--as-of", "2022-01-10")
    assert result.exit_code == 0 and "企业入库税收_202009.xlsx" in result.output


def test_nothing_published_yet_is_said(run):
    assert "nothing has been published" in run("release", "list").output
    for command in (("scoreboard",), ("show", "tax_per_mu_above_scale")):
        result = run(*command)
        assert result.exit_code == 1 and "nothing has been published" in result.output


def test_a_template_is_the_heading_its_own_reader_takes(run, tmp_path):
    heading = run("template", "target_split").stdout
    assert heading == "指标编号,年份,当年目标\n"
    folder = tmp_path / "raw" / "inbox" / "target_split"
    folder.mkdir(parents=True)
    (folder / "目标年度分解_20221001.csv").write_text(heading + "mfg_investment_3y,2021,80\n", encoding="utf-8-sig")
    result = run("intake")
    assert result.exit_code == 0 and "refused" not in result.output.split("收件 Intake")[-1].split("target_split")[1]
