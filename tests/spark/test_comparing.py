"""The comparison of the two engines sees what it must see."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.spark.comparing import differences

KEYS = {"marts.t": ("k",)}
SAME = "(1, 'a', 5, 0.1::double, 1.20::decimal(18, 2), date '2021-01-01'), (2, null, null, null, null, null)"


def file(path: Path, rows: str, columns: str = "k, text, n, x, d, day") -> Path:
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute(f"create table marts.t as select * from (values {rows}) as t({columns})")
    return path


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (SAME.replace("0.1::", "0.1000000000001::"), None),
        (SAME.replace("0.1::", "0.10000001::"), "marts.t.x: 1 rows"),
        (SAME.replace("0.1::", "(null)::"), "marts.t.x: 1 rows"),
        (SAME.replace("'a'", "'b'"), "marts.t.text: 1 rows"),
        (SAME.replace("'a'", "''"), "marts.t.text: 1 rows"),
        (SAME.replace("5,", "6,"), "marts.t.n: 1 rows"),
        (SAME.replace("1.20", "1.21"), "marts.t.d: 1 rows"),
        (SAME.replace("2021-01-01", "2021-01-02"), "marts.t.day: 1 rows"),
        (SAME.replace("(2, null", "(3, null"), "1 keys are in one only"),
        (SAME.replace("decimal(18, 2)", "decimal(18, 3)"), "marts.t: columns"),
    ],
)
def test_what_differs_is_found(tmp_path, other, said):
    found = differences(file(tmp_path / "l", SAME), file(tmp_path / "r", other), KEYS)
    assert (said is None and not found) or any(said in line for line in found), found
