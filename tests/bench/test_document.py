"""What the performance document says is computed from the measurements, and nothing else of it is touched."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench import charts, document
from tests.bench.__main__ import DOCUMENT
from tests.bench.readers import DOCUMENT as COOKBOOK
from tests.bench.readers import cookbook, percentile, summary
from tests.bench.store import FILE, Store, record, text


def _took(
    seconds: float, cpu_seconds: float | None = None, peak: float = 100, on: str = "01:00", **answer: Any
) -> dict:
    cpu_s = seconds if cpu_seconds is None else cpu_seconds
    when = {"on": f"2026-01-01 {on}", "code": answer.pop("code", "aaaa")}
    return {"s": seconds, "cpu_s": cpu_s, "peak_mib": peak, "load": 0.1, "answer": answer, **when}


def _asked(p50: float, p99: float, readers: int) -> dict:
    return _took(10, readers=readers, per_second=100.0, queries={"Divisions": {"p50_ms": p50, "p99_ms": p99, "n": 9}})


def _not_run(why: str) -> dict:
    return {"not_run": why, "on": "2026-01-01 01:00", "code": "aaaa"}


@pytest.fixture
def data() -> dict[str, Any]:
    agreed = {"rows": 5, "different": 0, "months_by_hand": 7, "months_by_dbt": 7, "not_by_hand": []}
    county = {
        "enterprises": 900,
        "months": 48,
        "files": 259,
        "rows": 240_000,
        "disk": {"work file": 2 * 1024**2},
        "stages": {
            "readers_on_every_core": _took(2),
            "intake": _took(2.5, files=259),
            "build": _took(30, 40, dbt_tests=500, nodes_s={"test": 3.0}, slowest_models={"enterprise_month": 2.5}),
            "handwritten": _took(10),
            "compare": _took(1, **agreed),
            "dbt_alone": _took(20),
            "gate": _took(5, checks=78, failed=[]),
            "publish": _took(6, parts={"tables": 1.0, "passports": 5.0}),
            "night_full": _took(96.1),
            "night_corrected": _took(24, refused=""),
            "night_spark": _not_run("no Java"),
            "one_reader": _asked(2, 4, 1),
            "many_readers": _asked(20, 80, 50),
            "scan": _took(
                2,
                bytes={"inbox": 1024**2, "judged": 2 * 1024**2, "work file": 4 * 1024**2},
                read_s={"inbox": 0.001, "judged": 0.002, "work file": 0.004},
                decode_s=0.5,
                decoded_rows=240_000,
            ),
        },
    }
    nation_stages = ("intake", "work_file", "parse_project", "build", "gate", "publish")
    nation = {
        "enterprises": 500_000,
        "months": 60,
        "stages": {
            key: _took(9, peak=8000, files=1, dbt_tests=1, checks=1, failed=[], parts={}, nodes_s={}, slowest_models={})
            for key in nation_stages
        },
    }
    point = {"months": 24, "files": 100}
    return {
        "machine": {"cores": 2, "memory_gib": 16.0, "duckdb": "1.5.5"},
        "sizes": {"county": county, "nation": nation},
        "growth": {
            f"facts-1-{n}x24": {"enterprises": n, **point, "stages": {"build": _took(s)}}
            for n, s in ((1000, 10), (2000, 20), (4000, 80))
        },
    }


def test_an_aim_is_reached_or_not_by_its_figures(data: dict[str, Any]) -> None:
    def said() -> list[str]:
        rows = [line.strip("| ").split(" | ") for line in document.aims(data).splitlines()[2:]]
        return [row[-1].strip() for row in rows]

    reached, missed, unknown = "reached", "**not reached**", "not measured"
    # warm night 24 / 20 = 1.2; the province was not measured; intake 2.5 / 2; corrected 24 / 96.1; nation 7.8 GiB
    assert said() == [reached, unknown, unknown, reached, unknown, reached, unknown, reached]
    stages = data["sizes"]["county"]["stages"]
    stages["night_corrected"] = _took(24.1, refused="")
    stages["intake"] = _took(2.51, files=259)
    data["sizes"]["nation"]["stages"]["build"]["peak_mib"] = 8200
    assert said() == [missed, unknown, unknown, missed, unknown, missed, unknown, missed]
    data["sizes"]["nation"]["stages"] = {"build": _took(9, peak=8000), "gate": _not_run("ended after 9 s")}
    assert said()[-1] == "not reached"


def test_a_stage_stands_beside_its_floor_and_what_was_not_run_is_said(data: dict[str, Any]) -> None:
    found = document.stages(data["sizes"]["county"])
    assert "| build: work file, dbt, 500 data tests | 3.00 | 30.0 | 40.0 | 100 | hand-written SQL | 10.0 |" in found
    assert "| publish, all parts in one process |  | 6.0 |" in found
    assert "* Not run: night on Spark, cluster (no Java)." in found
    assert "gives the same 5 rows" in found and "†" not in found
    # A floor that was not run gives no ratio.
    data["sizes"]["county"]["stages"]["handwritten"] = _not_run("ended after 1 s")
    data["sizes"]["county"]["stages"]["compare"]["answer"]["different"] = 2
    data["sizes"]["county"]["stages"]["publish"] |= {"on": "2026-01-01 02:00", "code": "bbbb"}
    found = document.stages(data["sizes"]["county"])
    assert "| build: work file, dbt, 500 data tests † |  | 30.0 |" in found
    assert "**The hand-written SQL does not give dbt's answer" in found
    assert "| publish, all parts in one process |" in found and "earlier state of the code" in found


def test_the_limit_is_the_bytes_by_the_bare_speed(data: dict[str, Any]) -> None:
    found = document.limits(data)
    assert "| county | build | 2.0 | 0.002 | 0.5 | 30.0 | 15,000 | 60.0 | 1.3 | computing, one core of them |" in found
    assert "| county | intake | 1.0 | 0.001 | 2.0 | 2.5 | 2,500 | 1.2 | 1.0 | reading |" in found
    assert "county 1.0 GiB/s read, 0.5 million rows/s" in found
    assert document.limited_by(_took(10, 19), 1, 2) == "computing, every core"
    assert document.limited_by(_took(10, 3), 1, 2) == "waiting: disk, other processes"


def test_growth_is_an_exponent(data: dict[str, Any]) -> None:
    assert document.slope([(1, 3), (2, 6), (4, 12)]) == pytest.approx(1)
    assert document.slope([(1, 3), (10, 300)]) == pytest.approx(2)
    assert document.slope([(5, 3)]) is None
    assert (
        "| build | enterprises × 24 months | 1,000: 10.0, 2,000: 20.0, 4,000: 80.0 | 1.50 | 2.00 |"
        in document.growth(data)
    )


def test_only_the_measured_parts_are_written_again(data: dict[str, Any]) -> None:
    by_hand = "# Title\n\n<!-- measured: machine -->\nold\n<!-- end -->\n\nwords by hand, 17 s\n"
    once = document.written_again(by_hand, data)
    assert "old" not in once and "2 cores, 16 GiB" in once and once.endswith("\n\nwords by hand, 17 s\n")
    assert document.written_again(once, data) == once
    with pytest.raises(document.Unknown, match="'no such'"):
        document.written_again("<!-- measured: no such -->\n<!-- end -->", data)


def test_the_document_is_what_its_measurements_say() -> None:
    """The committed document and charts are those of the committed measurements."""
    store = Store(FILE)
    assert store.data["sizes"], "nothing was measured"
    assert document.written_again(DOCUMENT.read_text(encoding="utf-8"), store.data) == DOCUMENT.read_text(
        encoding="utf-8"
    )
    for name, svg in charts.drawn(store.data).items():
        assert (FILE.parent / f"{name}.svg").read_text(encoding="utf-8") == svg, name


def test_charts_show_every_measured_stage(data: dict[str, Any]) -> None:
    drawn = charts.drawn(data)
    assert set(drawn) == {"stages-county", "stages-nation", "readers-county", "growth-enterprises"}
    for svg in drawn.values():
        ElementTree.fromstring(svg)
    assert "更正之夜 night corrected" in drawn["stages-county"] and "Spark 集群之夜" not in drawn["stages-county"]
    assert "Divisions, 50" in drawn["readers-county"]
    assert drawn == charts.drawn(data)


def test_measurements_are_read_as_they_were_kept() -> None:
    kept = text({"a": 1 / 3, "b": [2.0, {"c": 123456.0}], "d": 3})
    assert json.loads(kept) == {"a": 0.3333, "b": [2.0, {"c": 123500.0}], "d": 3}
    assert text(json.loads(kept)) == kept
    assert record("no Java", "aaaa")["not_run"] == "no Java"


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (50, 99, 7)
    assert summary({"q": [0.001, 0.003, 0.002]}) == {"q": {"p50_ms": 2.0, "p99_ms": 3.0, "n": 3}}


def test_analysts_ask_every_query_of_the_cookbook() -> None:
    written = COOKBOOK.read_text(encoding="utf-8")
    found = cookbook(written)
    assert len(found) == written.count("```sql") and "Divisions" in found and "One figure over time (2)" in found
    assert found["Divisions"].startswith("select division, value")
