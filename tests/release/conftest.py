"""Homes with the sample county in them, and copies of the code that a test may change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.release import current_release
from pipelines.release.store import clean_up
from tests.nights import SAMPLE, copy_code, lean_checkout, night_of


@pytest.fixture(scope="session")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code with fewer data tests (`lean_checkout`). Run, or copied, never changed."""
    return lean_checkout(tmp_path_factory)


@pytest.fixture(scope="session")
def published_lean(lean: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample county, published once by the lean code. Copied, or read, never used itself."""
    return night_of(SAMPLE, tmp_path_factory, lean)


@pytest.fixture
def home(published_lean: Home, tmp_path: Path) -> Home:
    """A home of one's own in which the sample county is published by the lean code."""
    return copied(published_lean, tmp_path / "home")


def copied(published: Home, root: Path) -> Home:
    shutil.copytree(published.root, root, symlinks=True)
    home = Home(root)
    clean_up(home)
    assert current_release(home) is not None
    return home


@pytest.fixture
def checkout(lean: Path, tmp_path: Path) -> Callable[[], Path]:
    """A copy of the lean code whose suites and models a test may change."""

    def copy() -> Path:
        root = tmp_path / "checkout"
        copy_code(lean, root)
        return root

    return copy
