"""Made-up counties that several test modules look at."""

from __future__ import annotations

import pytest

from tests.demo.reading import Written, write


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Written:
    return write(tmp_path_factory.mktemp("demo"), enterprises=80, years=(2020, 2021), defects=0.03, seed=4)


@pytest.fixture(scope="session")
def clean(tmp_path_factory) -> Written:
    return write(tmp_path_factory.mktemp("clean"), enterprises=80, years=(2020, 2021), defects=0.0, seed=4)


@pytest.fixture(scope="session")
def large(tmp_path_factory) -> Written:
    return write(
        tmp_path_factory.mktemp("large"), enterprises=400, years=(2020, 2021, 2022, 2023), defects=0.0, seed=11
    )
