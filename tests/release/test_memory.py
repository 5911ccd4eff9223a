"""DuckDB keeps to the memory it is given, and leaves nothing of what did not fit."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.home import CHECKOUT
from pipelines.memory import LIMIT, LIMIT_VARIABLE, limit


def test_what_does_not_fit_waits_on_disk_and_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGHUANG_MEMORY_LIMIT", "50MB")
    spill = tmp_path / "spill"
    with duckdb.connect() as con:
        limit(con, spill)
        con.execute("set threads = 1")
        con.execute("create table t as select md5(i::varchar) as word, i from range(1_500_000) as r (i) order by word")
        assert [path for path in spill.iterdir() if path.stat().st_size > 1024**2]
        assert con.execute("select count(*), count(distinct i), min(word) < max(word) from t").fetchall() == [
            (1_500_000, 1_500_000, True)
        ]
    assert not spill.exists() or not list(spill.iterdir())


def test_without_a_word_it_is_what_the_build_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LIMIT_VARIABLE, raising=False)
    profile = (CHECKOUT / "dbt_project" / "profiles.yml").read_text(encoding="utf-8")
    assert f"env_var('{LIMIT_VARIABLE}', '{LIMIT}')" in profile
    with duckdb.connect() as con:
        limit(con)
        ((said,),) = con.execute("select current_setting('memory_limit')").fetchall()
        assert said == "3.7 GiB"
