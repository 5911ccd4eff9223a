"""A small published table, so that the gate is tested apart from the real promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.gate.process import GateWorker


@pytest.fixture
def toy_work_file(tmp_path: Path) -> Path:
    """marts.toy: 10 codes × 12 months, share = month / 12."""
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.toy as select 'c' || c as code, format('2021-{:02d}', m) as period, m / 12 as share "
            "from range(10) as r(c), range(1, 13) as s(m)"
        )
    return path


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[GateWorker]:
    worker = GateWorker(tmp_path / "gate.log")
    yield worker
    worker.close()
