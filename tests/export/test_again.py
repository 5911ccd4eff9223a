"""`fenghuang export`: the exports of a release once more, the same bytes, into a folder of one's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.export.write import write_exports
from pipelines.release.files import file_digest
from tests.export.conftest import CONTENT_HASH

RELEASE = "20260101T000000Z-5a5a5a5a"


@pytest.fixture
def home(public, exported, tmp_path, monkeypatch) -> Path:
    """A home with one release that holds the public file and its exports."""
    folder = tmp_path / "home" / "warehouse" / "releases" / RELEASE
    shutil.copytree(exported, folder)
    shutil.copy(public, folder / "public.duckdb")
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": file_digest(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest = {"content_hash": CONTENT_HASH, "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "home" / "warehouse" / "current").symlink_to(f"releases/{RELEASE}")
    monkeypatch.setenv("FENGHUANG_HOME", str(tmp_path / "home"))
    return folder


def run(*arguments: str):
    return CliRunner().invoke(app, ["export", *arguments], env={"COLUMNS": "160"})


def test_the_current_release_is_written_again_byte_by_byte(home, exported, tmp_path) -> None:
    result = run("--to", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    written = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert written == sorted(path.relative_to(exported) for path in exported.rglob("*") if path.is_file())
    for path in written:
        assert (tmp_path / "out" / path).read_bytes() == (exported / path).read_bytes()
    assert "10 / 10" in result.output and "4 / 4" in result.output and "not the bytes" not in result.output


def test_one_format_of_a_named_release(home, tmp_path) -> None:
    result = run("--release", RELEASE[:8], "--to", str(tmp_path / "out"), "--format", "excel")
    assert result.exit_code == 0, result.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["excel"]


def test_other_bytes_than_the_published_are_named(home, tmp_path) -> None:
    manifest = json.loads((home / "manifest.json").read_text())
    manifest["files"]["sdmx/data.csv"]["sha256"] = "0" * 64
    del manifest["files"]["sdmx/structure.json"]
    (home / "manifest.json").write_text(json.dumps(manifest))
    result = run("--to", str(tmp_path / "out"), "-f", "sdmx")
    assert result.exit_code == 0
    assert "sdmx/data.csv: 与发布不同" in result.output and "sdmx/structure.json: 该版本中没有" in result.output
    assert "0 / 2" in result.output


def test_what_cannot_be_done_is_said_and_nothing_is_left(home, tmp_path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    for arguments, message in (
        (("--to", str(full)), "not an empty folder"),
        (("--to", str(home / "out")), "never written to"),
        (("--release", "1999", "--to", str(tmp_path / "out")), RELEASE),
    ):
        result = run(*arguments)
        assert result.exit_code == 1 and message in " ".join(result.output.split()), result.output
    (home / "public.duckdb").unlink()
    result = run("--to", str(tmp_path / "out"))
    assert result.exit_code == 1 and "public.duckdb" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "home"]


def test_without_a_release_it_says_what_to_run(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FENGHUANG_HOME", str(tmp_path))
    result = run()
    assert result.exit_code == 1 and "fenghuang nightly" in result.output


def test_an_unknown_format_is_wrong_usage() -> None:
    result = run("-f", "pdf")
    assert result.exit_code == 2 and "parquet, csv, excel, sdmx" in result.output


def test_help_teaches() -> None:
    output = run("--help").output
    assert "导出" in output and "fenghuang export --to" in output


def test_formats_may_be_chosen_and_the_descriptor_comes_with_both_it_describes(public, tmp_path) -> None:
    write_exports(public, tmp_path, CONTENT_HASH, ["csv"])
    assert [path.name for path in tmp_path.iterdir()] == ["csv"]
