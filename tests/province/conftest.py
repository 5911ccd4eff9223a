"""A province for tests: the sample county as it was published once, and two made-up ones of a night each."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.demo.province import write_province
from pipelines.home import Home
from pipelines.province.registry import County, Province, add_county, read_province
from tests.nights import copy_code, made_once

SAMPLE_CODE = "330521"
# Of its own group, and of another plan in two respects.
GROUPED, OTHER_PLAN = "337101", "337102"
GROUP = 60001
FEW_PARTS = """
from pipelines.release.draft import Part

PARTS = (
    Part("public_tables", "pipelines.disclosure.part:disclose", "public", ("public.duckdb",)),
    Part("disclosure_audit", "pipelines.disclosure.part:remember", "memory", reads=("public_tables",)),
)
"""


@dataclass(frozen=True)
class Made:
    """`code`: the checkout whose command ran it; `exit_code` and `screen` of its first night."""

    root: Path
    code: Path

    @property
    def province(self) -> Province:
        return read_province(Home(self.root))

    @property
    def screen(self) -> str:
        return (self.root / "screen.txt").read_text(encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return command(self.root, self.code, *arguments)


def command(root: Path, code: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`fenghuang …` in the home `root`, by the code of `code`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER", "FENGHUANG"))}
    environment |= {"FENGHUANG_HOME": str(root), "PYTHONPATH": str(code), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments], cwd=code, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="session")
def province_code(lean: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lean code, whose releases have a public file beside their tables, and nothing else."""

    def copy(root: Path) -> None:
        copy_code(lean, root)
        (root / "pipelines" / "release" / "parts.py").write_text(FEW_PARTS, encoding="utf-8")

    return made_once(tmp_path_factory, "province_code", copy)


@pytest.fixture(scope="session")
def made(published_home: Home, province_code: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Three counties and their roll-up, by the command. Copied (`copy_of`), or read, never changed."""

    def make(root: Path) -> None:
        write_province(Home(root), 2, enterprises=30, years=(2020, 2021), defects=0.01, seed=5)
        other = root / "plans" / OTHER_PLAN
        change(other / "indicator_registry.csv", "target_id", "industrial_robots_annual", unit="百台/年")
        shutil.copy(province_code / "dbt_project" / "seeds" / "rule_land_transfer.csv", other)
        change(other / "rule_land_transfer.csv", "indicator_id", "standard_land_share", supply_method="")
        province = add_county(read_province(Home(root)), County(SAMPLE_CODE, "德清县", "Deqing County"))
        sample = province.home_of(province.county(SAMPLE_CODE))
        shutil.copytree(published_home.warehouse, sample.warehouse, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(sample.work)
        if os.geteuid() == 0:
            regroup(province, GROUPED, GROUP)
        done = command(root, province_code, "province", "nightly", "--county", GROUPED, "--county", OTHER_PLAN)
        assert done.returncode == 0, done.stdout + done.stderr
        (root / "screen.txt").write_text(done.stdout, encoding="utf-8")

    return Made(made_once(tmp_path_factory, "province", make), province_code)


def regroup(province: Province, code: str, group: int) -> None:
    """As if the county had been added with a group: what is made below its folders from here on belongs to that."""
    home = province.home_of(province.county(code))
    for path in (home.root, *home.root.rglob("*")):
        shutil.chown(path, group=group)
        if path.is_dir():
            path.chmod(path.stat().st_mode & 0o7777 | 0o2000)


def copy_of(made: Made, folder: Path) -> Made:
    root = folder / "province"
    shutil.copytree(made.root, root, symlinks=True)
    return Made(root, made.code)


def change(path: Path, key: str, name: str, **cells: str) -> None:
    """Other cells in the row of a csv whose `key` is `name`."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [{**row, **cells} if row[key] == name else row for row in reader]
        heading = list(reader.fieldnames or [])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, heading, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
