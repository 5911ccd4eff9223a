"""The passports of the sample county as its one night published them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.orchestration.night import LINK
from pipelines.passport.part import INTERNAL
from pipelines.release import Release, current_release


@dataclass(frozen=True)
class Night:
    """Read only."""

    home: Home
    release: Release
    work_file: Path

    @property
    def passports(self) -> Path:
        return self.release.path / INTERNAL


@pytest.fixture(scope="session")
def night(published_home: Home) -> Night:
    release = current_release(published_home)
    assert release is not None
    return Night(published_home, release, published_home.work / LINK / "build.duckdb")
