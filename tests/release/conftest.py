"""Homes with deliveries in them, and the nightly run as a process of its own, as the scheduler would start it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.release import current_release
from pipelines.release.store import clean_up

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLE = CHECKOUT / "tests" / "data" / "sample" / "inbox"


class Nightly:
    """`fenghuang nightly` in a home, run by the code of `checkout`."""

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


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample county, taken in and published once. Copied, never used itself."""
    home = Home(tmp_path_factory.mktemp("published"))
    shutil.copytree(SAMPLE, home.inbox)
    code, screen = Nightly(home).run()
    assert code == 0, screen
    return home


@pytest.fixture
def home(published_home: Home, tmp_path: Path) -> Home:
    """A home of one's own in which the sample county is published."""
    root = tmp_path / "home"
    shutil.copytree(published_home.root, root, symlinks=True)
    home = Home(root)
    clean_up(home)
    assert current_release(home) is not None
    return home


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[[], Path]:
    """A copy of the code whose suites and models a test may change."""

    def copy() -> Path:
        root = tmp_path / "checkout"
        for folder in ("pipelines", "dbt_project", "expectations"):
            shutil.copytree(
                CHECKOUT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "logs", ".parse-*")
            )
        return root

    return copy
