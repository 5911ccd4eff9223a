"""Homes with the sample county in them, and copies of the code that a test may change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.release import current_release
from pipelines.release.store import clean_up
from tests.nights import copy_code


@pytest.fixture
def home(published_small: Home, tmp_path: Path) -> Home:
    """A home of one's own in which the sample county is published by the small project."""
    return copied(published_small, tmp_path / "home")


def copied(published: Home, root: Path) -> Home:
    shutil.copytree(published.root, root, symlinks=True)
    home = Home(root)
    clean_up(home)
    assert current_release(home) is not None
    return home


@pytest.fixture
def checkout(small: Path, tmp_path: Path) -> Callable[[], Path]:
    """A copy of the small project whose suites and models a test may change."""

    def copy() -> Path:
        root = tmp_path / "checkout"
        copy_code(small, root)
        return root

    return copy
