"""Whole nights for tests: `fenghuang nightly` as a process of its own, and homes that a test run makes only once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from pipelines.home import Home
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

    def publish(root: Path) -> None:
        home = Home(root)
        shutil.copytree(sample / "inbox", home.inbox)
        code, screen = Nightly(home, checkout).run()
        assert code == 0, screen

    return Home(made_once(temporary, f"night_{checkout.name}_{_digest(sample / 'inbox')}", publish))


def shown_in_dagster(home: Home) -> dict[str, str]:
    """Variables for a night that its home's own Dagster instance keeps, as `make ui` makes one."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    shutil.copy(CHECKOUT / "dagster.yaml", home.dagster)
    return {"DAGSTER_HOME": str(home.dagster)}


def continued_home(temporary: pytest.TempPathFactory, checkout: Path, published: Home) -> Home:
    """An installation after a disaster: backed up, restored into an empty folder, and one night further, by the
    command. Its Dagster instance holds that night, `messages.json` what people were told. For reading only."""

    def restore(root: Path) -> None:
        copy = root.with_name("backup_copy")
        shutil.rmtree(copy, ignore_errors=True)
        for home, command in ((published.root, ("backup", str(copy))), (root, ("restore", str(copy)))):
            environment = {**os.environ, "FENGHUANG_HOME": str(home), "PYTHONPATH": str(checkout)}
            done = subprocess.run(
                [sys.executable, "-m", "pipelines.cli", *command],
                cwd=checkout,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        home = Home(root)
        code, screen = told_night(home, checkout)
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

    return made_once(temporary, "lean", copy)


def copy_code(checkout: Path, root: Path) -> None:
    """What a night runs, into the folder `root`."""
    for folder in ("pipelines", "dbt_project", "expectations"):
        ignored = shutil.ignore_patterns("__pycache__", "logs", ".parse-*")
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
