"""Whole nights for tests: `fenghuang nightly` as a process of its own, and homes that a test run makes only once."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from pipelines.build.rebuild import build_from
from pipelines.gate.suites import load_suites
from pipelines.home import Home
from pipelines.intake.run import take_in
from pipelines.release.draft import Write
from pipelines.release.inputs import Input
from pipelines.release.publish import publish
from pipelines.release.store import Release
from pipelines.release.tables import NOT_REBUILT, TableDigest, table_digests
from tests.servers import Reply, serving

CHECKOUT = Path(__file__).resolve().parents[1]
SAMPLE = CHECKOUT / "tests" / "data" / "sample"


class Nightly:
    """`fenghuang nightly` in a home, run by the code of `checkout`, as the scheduler would start it."""

    def __init__(self, home: Home, checkout: Path = CHECKOUT, **variables: str) -> None:
        self.home = home
        self.checkout = checkout
        self.variables = variables

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER", "FENGHUANG"))}
        environment |= {"FENGHUANG_HOME": str(self.home.root), "PYTHONPATH": str(self.checkout), "COLUMNS": "200"}
        environment |= self.variables
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

    def make(root: Path) -> None:
        home = Home(root)
        shutil.copytree(sample / "inbox", home.inbox)
        code, screen = Nightly(home, checkout).run()
        assert code == 0, screen

    return Home(made_once(temporary, f"night_{checkout.name}_{_digest(sample / 'inbox')}", make))


def repeatable(release: Release) -> dict[str, TableDigest]:
    """The tables that the same inputs give again, whatever was published before."""
    return {table: digest for table, digest in table_digests(release.tables).items() if table not in NOT_REBUILT}


def unchecked_night(
    home: Home, folder: Path, at: datetime, parts: Sequence[Write], marts: Sequence[str] = ()
) -> tuple[Release, Path]:
    """As a night would at `at`, without its checks, with `parts` alone and of the marts only `marts`, where given. The
    release, and the tables as they were built into `folder`."""
    arrived = take_in(home, now=at).deliveries
    inputs = {Input(d.source, d.file_name, d.sha256, _seconds(d.received_at)) for d in arrived}
    tables = build_from(home, inputs, folder, print, marts)
    (folder / "data_docs").mkdir()
    keys = {suite.table: suite.key for suite in load_suites()}
    docs = folder / "data_docs"
    return publish(home, folder / "build.duckdb", docs, keys, [], folder.name, at, parts=parts), tables


def _seconds(received_at: str) -> int:
    return int(datetime.fromisoformat(received_at).astimezone(UTC).timestamp())


def shown_in_dagster(home: Home) -> dict[str, str]:
    """Variables for a night that its home's own Dagster instance keeps, as `make ui` makes one."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    shutil.copy(CHECKOUT / "dagster.yaml", home.dagster)
    return {"DAGSTER_HOME": str(home.dagster)}


def continued_home(temporary: pytest.TempPathFactory, published: Home) -> Home:
    """An installation after a disaster: backed up, restored into an empty folder, and one night further, by the
    command. Its Dagster instance holds that night, `messages.json` what people were told. For reading only."""

    def restore(root: Path) -> None:
        copy = root.with_name("backup_copy")
        shutil.rmtree(copy, ignore_errors=True)
        for home, command in ((published.root, ("backup", str(copy))), (root, ("restore", str(copy)))):
            environment = {**os.environ, "FENGHUANG_HOME": str(home), "PYTHONPATH": str(CHECKOUT)}
            done = subprocess.run(
                [sys.executable, "-m", "pipelines.cli", *command],
                cwd=CHECKOUT,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        home = Home(root)
        code, screen = told_night(home, CHECKOUT)
        assert code == 0, screen

    return Home(made_once(temporary, "continued", restore))


def told_night(home: Home, checkout: Path) -> tuple[int, str]:
    """A night kept by the home's Dagster instance, whose messages end up in `messages.json`."""
    with serving() as server:
        server.answer = lambda request: Reply(200)
        channels = home.root / "channels"
        channels.write_text(f"# people on call\n{server.url.replace('http', 'json')}/a-secret-token\n")
        variables = shown_in_dagster(home) | {"FENGHUANG_NOTIFY_FILE": str(channels), "NO_PROXY": "127.0.0.1"}
        code, screen = Nightly(home, checkout, **variables).run()
        messages = [json.loads(request.body) for request in server.requests]
    (home.root / "messages.json").write_text(json.dumps(messages), encoding="utf-8")
    return code, screen


def lean_checkout(temporary: pytest.TempPathFactory) -> Path:
    """A copy of the code with the data tests of the oldest marts alone: for nights whose number of data tests is not
    the point. Most of the time of a night is theirs."""

    def copy(root: Path) -> None:
        copy_code(CHECKOUT, root)
        project = root / "dbt_project" / "dbt_project.yml"
        settings = yaml.safe_load(project.read_text(encoding="utf-8"))
        settings["data_tests"]["fenghuang"] |= {"+enabled": False, "marts": {"+enabled": True}}
        project.write_text(yaml.safe_dump(settings), encoding="utf-8")
        for described in (root / "dbt_project" / "models" / "marts").glob("_marts_*.yml"):
            models = yaml.safe_load(described.read_text(encoding="utf-8"))
            for model in models["models"]:
                for tested in (model, *model["columns"]):
                    tested.pop("data_tests", None)
            described.write_text(yaml.safe_dump(models, allow_unicode=True, sort_keys=False), encoding="utf-8")

        _without_parts(root)

    return made_once(temporary, "lean", copy)


# Of the real models those of `project`, one of staging for tests to build upon, and a table of values from one list.
SMALL_MARTS = ("indicator", "project", "indicator_value", "indicator_progress")
SMALL_NODES = (*SMALL_MARTS, "stg_land", "plan_parameter", "unit_factor", "campaign_clause")
SMALL_VALUES = """
select
    'resident_population' as indicator_id, cast(year as varchar) || '-12' as period, 'town' as breakdown,
    town_code as breakdown_code, cast(resident_population as double) as value
from {{ ref('stg_population') }}
where town_code is not null
"""
SMALL_PROGRESS = """
select target_id, '2021-12' as period, 'grey' as light from {{ ref('indicator') }} where row_type = 'target'
"""


def small_checkout(temporary: pytest.TempPathFactory) -> Path:
    """A copy of the code whose dbt project is a few models: for nights in which the run is the point, not what it
    computes. Everything else is the real thing: intake, gate, release. It publishes `marts.indicator`, `project` and
    an `indicator_value` of its own, without the parts that stand on other tables."""

    def copy(root: Path) -> None:
        copy_code(CHECKOUT, root)
        project = root / "dbt_project"
        own = {"indicator_value": SMALL_VALUES, "indicator_progress": SMALL_PROGRESS}
        for name, sql in own.items():
            (project / "models" / "marts" / f"{name}.sql").write_text(sql, encoding="utf-8")
        models = {path.stem: path for path in project.glob("models/*/*.*") if path.suffix in (".sql", ".py")}
        kept = _upstream(SMALL_NODES, models)
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
            _describe_only(path, kept - own.keys())
        for path in (root / "expectations").glob("*.yml"):
            suite = yaml.safe_load(path.read_text(encoding="utf-8"))
            if path.stem in own:
                suite["expectations"] = [{"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}]
                suite["expectations"][0]["meta"] = {
                    "check": "there_are_rows",
                    "zh": "有数据",
                    "en": "there are rows",
                }
                path.write_text(yaml.safe_dump(suite, allow_unicode=True), encoding="utf-8")
            elif path.stem not in (*SMALL_MARTS, "delivery", "quarantined_row", "cell_note"):
                path.unlink()
        _without_parts(root)

    return made_once(temporary, "small", copy)


def _without_parts(root: Path) -> None:
    """The release holds its tables alone."""
    (root / "pipelines" / "release" / "parts.py").write_text("PARTS = ()\n", encoding="utf-8")


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
        # Plans laid over the seeds are links into the checkout they were made in.
        ignored = shutil.ignore_patterns("__pycache__", "logs", ".parse-*", "plans")
        shutil.copytree(checkout / folder, root / folder, ignore=ignored)


def made_once(temporary: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
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
