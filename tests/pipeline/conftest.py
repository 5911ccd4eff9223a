"""The sample county, built once for every module that reads its tables."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.pipeline.sample_values import COMMITTED, SHARED, BuiltSample, build_sample


@pytest.fixture(scope="session", params=["committed", "shared"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BuiltSample:
    sample = COMMITTED if request.param == "committed" else SHARED
    if not sample.is_dir():
        pytest.skip(f"{sample} is not on this machine; the committed copy is tested")
    return build_sample(sample, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def connection(built: BuiltSample) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built.work_file), read_only=True) as connection:
        yield connection
