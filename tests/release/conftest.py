"""Homes with the sample county in them, and copies of the code that a test may change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.release import current_release
from pipelines.release.store import clean_up
from tests.nights import CHECKOUT


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
