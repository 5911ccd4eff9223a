"""Spark for tests: skipped, with the reason, where it cannot run."""

from __future__ import annotations

import pytest

from pipelines.spark import cluster


@pytest.fixture(scope="session", autouse=False)
def spark_is_here() -> None:
    if why := cluster.missing():
        pytest.skip(f"Spark 测试未运行 the Spark tests did not run: {why}")
