"""Whole nights for tests: `fenghuang nightly` as a process of its own, and homes that a test run makes only once."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from pipelines.home import Home

CHECKOUT = Path(__file__).resolve().parents[1]
SAMPLE = CHECKOUT / "tests" / "data" / "sample"


class Nightly:
    """`fenghuang nightly` in a home, run by the code of `checkout`, as the scheduler would start it."""

    def __init__(self, home: Home, checkout: Path = CHECKOUT) -> None:
        self.home = home
        self.checkout = checkout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER", "FENGHUANG"))}
        environment |= {"FENGHUANG_HOME": str(self.home.root), "PYTHONPATH": str(self.checkout), "COLUMNS": "200"}
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "nightly", *arguments],
            cwd=self.checkout,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and what stood on the screen (progress, which goes to stderr, left out)."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        assert "Traceback" not in out + err, err
        return process.returncode, out


def night_of(sample: Path, temporary: pytest.TempPathFactory, checkout: Path = CHECKOUT) -> Home:
    """A home in which the deliveries of `sample` are published, with the work file of that night: for reading only.

    One night of a checkout for all test processes of a run, and for two samples of the same bytes.
    """

    def publish(root: Path) -> None:
        home = Home(root)
        shutil.copytree(sample / "inbox", home.inbox)
        code, screen = Nightly(home, checkout).run()
        assert code == 0, screen

    return Home(_made_once(temporary, f"night_{checkout.name}_{_digest(sample / 'inbox')}", publish))


# Of the real models those of `project`, one of staging for tests to build upon, and a table of values from one list.
LEAN_MARTS = ("indicator", "project", "indicator_value")
LEAN_NODES = (*LEAN_MARTS, "stg_land", "plan_parameter", "unit_factor")
LEAN_VALUES = """
select
    'resident_population' as indicator_id, cast(year as varchar) || '-12' as period, 'town' as breakdown,
    town_code as breakdown_code, cast(resident_population as double) as value
from {{ ref('stg_population') }}
where town_code is not null
"""


def lean_checkout(temporary: pytest.TempPathFactory) -> Path:
    """A copy of the code whose dbt project is a few models: for nights in which the run is the point, not what it
    computes. Everything else is the real thing: intake, gate, release. It publishes `marts.indicator`, `project` and
    an `indicator_value` of its own, without the parts that stand on other tables."""

    def copy(root: Path) -> None:
        copy_code(CHECKOUT, root)
        project = root / "dbt_project"
        (project / "models" / "marts" / "indicator_value.sql").write_text(LEAN_VALUES, encoding="utf-8")
        models = {path.stem: path for path in project.glob("models/*/*.*") if path.suffix in (".sql", ".py")}
        kept = _upstream(LEAN_NODES, models)
        for name, path in models.items():
            if name not in kept:
                path.unlink()
        for path in project.glob("seeds/*.csv"):
            if path.stem not in kept:
                path.unlink()
        for path in project.glob("tests/*.sql"):
            path.unlink()
        for path in project.glob("models/*/_*.yml"):
            if path.name.startswith("_unit_tests"):
                path.unlink()
        for path in (*project.glob("models/*/_*.yml"), *project.glob("seeds/_*.yml")):
            _describe_only(path, kept - {"indicator_value"})
        for path in (root / "expectations").glob("*.yml"):
            suite = yaml.safe_load(path.read_text(encoding="utf-8"))
            if path.stem == "indicator_value":
                suite["expectations"] = [{"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}]
                suite["expectations"][0]["meta"] = {
                    "check": "there_are_values",
                    "zh": "有数值",
                    "en": "there are values",
                }
                suite["meta"]["key"] = ["indicator_id", "period", "breakdown", "breakdown_code"]
                path.write_text(yaml.safe_dump(suite, allow_unicode=True), encoding="utf-8")
            elif path.stem not in (*LEAN_MARTS, "delivery", "quarantined_row", "cell_note"):
                path.unlink()
        parts = root / "pipelines" / "release" / "parts.py"
        parts.write_text("PARTS = ()\n", encoding="utf-8")

    return _made_once(temporary, "lean", copy)


def _upstream(names: Iterable[str], models: dict[str, Path]) -> set[str]:
    """These models and seeds, and whatever they are made from."""
    kept: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            if name in models:
                waiting += re.findall(r"ref\('(\w+)'\)", models[name].read_text(encoding="utf-8"))
    return kept


def _describe_only(path: Path, names: set[str]) -> None:
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    for kind in ("models", "seeds"):
        if kind in described:
            described[kind] = [node for node in described[kind] if node["name"] in names]
            for node in described[kind]:
                for tested in (node, *node.get("columns", [])):
                    tested["data_tests"] = [t for t in tested.get("data_tests", []) if "relationships" not in t]
    path.write_text(yaml.safe_dump(described, allow_unicode=True, sort_keys=False), encoding="utf-8")


def copy_code(checkout: Path, root: Path) -> None:
    """What a night runs, into the folder `root`."""
    for folder in ("pipelines", "dbt_project", "expectations"):
        ignored = shutil.ignore_patterns("__pycache__", "logs", ".parse-*")
        shutil.copytree(checkout / folder, root / folder, ignore=ignored)


def _made_once(temporary: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    base = temporary.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / name, shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
