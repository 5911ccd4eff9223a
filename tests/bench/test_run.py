"""What is measured of a size, kept after every stage, and what is not run where a stage before it failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench import deliveries, document, run
from tests.bench.deliveries import Size
from tests.bench.measure import Cost, StageFailed
from tests.bench.store import Store
from tests.bench.test_deliveries import tax_file


def test_a_small_nation_goes_from_facts_to_a_release_and_into_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(deliveries.SIZES, "nation", Size(120, 14, straight=True, stage_s=600))
    store = Store(tmp_path / "measurements.json")
    run.size("nation", tmp_path / "bench", store, lambda message: None, slow=False)

    size = store.data["sizes"]["nation"]
    assert {key: found["not_run"] for key, found in size["stages"].items() if "not_run" in found} == {}
    answers = {key: found["answer"] for key, found in size["stages"].items()}
    assert answers["intake"]["parsed"] == 0 and answers["intake"]["files"] == size["files"] == 59
    assert answers["gate"]["failed"] == [] and answers["gate"]["checks"] > 50
    assert answers["compare"]["different"] == 0 and answers["compare"]["rows"] > 100
    assert answers["compare"]["months_by_hand"] == answers["compare"]["months_by_dbt"] > 120 * 13
    assert {"tables", "passports", "digests, manifest"} <= set(answers["publish"]["parts"])
    assert all(found["cpu_s"] > 0 and found["peak_mib"] > 10 for found in size["stages"].values())
    assert size["disk"]["release, internal tables"] > 1_000_000
    shown = document.stages(size)
    assert "120 enterprises × 14 months, 59 files" in shown and f"{answers['gate']['checks']} checks" in shown
    # Nothing of the run is left but what was written for it.
    assert [path.name[:11] for path in (tmp_path / "bench").iterdir()] == ["facts-1-120"]


def test_what_failed_is_said_and_everything_measured_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tax_file(tmp_path / "bench" / "demo-1-30x12" / "inbox", "202012")
    kept = tmp_path / "measurements.json"
    seen: dict[str, set[str]] = {}

    def measured(stage: str, home: Path, **how: Any) -> Cost:
        seen[f"{home.name}: {stage}"] = (
            set(json.loads(kept.read_text())["sizes"]["county"]["stages"]) if seen else set()
        )
        if stage == "build":
            raise StageFailed("build ended with exit code 1:\n…\nout of memory")
        answer = {"not_run": "no Java"} if stage.startswith("nightly_spark") else {"files": 1, "rows": 2, "parsed": 1}
        return Cost(2.0, 1.5, 30.0, 0.5, answer)

    monkeypatch.setitem(deliveries.SIZES, "county", Size(30, 12))
    monkeypatch.setattr(run, "measure", measured)
    run.size("county", tmp_path / "bench", Store(kept), lambda message: None, slow=True)

    stages = json.loads(kept.read_text())["sizes"]["county"]["stages"]
    assert {key for key, found in stages.items() if "s" in found} == {
        "readers",
        "readers_on_every_core",
        "intake",
        "work_file",
        "parse_project",
        "handwritten",
        "build_same",
        "dbt_alone",
        "night_full",
        "night_corrected",
        "intake_corrected",
        "reader_corrected",
    }
    assert stages["build"]["not_run"].endswith("out of memory")
    assert stages["gate"]["not_run"] == "needs build" and stages["publish"]["not_run"] == "needs gate"
    assert stages["night_spark"]["not_run"] == stages["night_spark_local"]["not_run"] == "no Java"
    # What was measured lay on disk when the next stage began.
    assert seen["one: readers"] > {"intake", "build", "night_corrected"}
    assert "Not run: build (build ended with exit code 1: … out of memory)." in document.stages(
        json.loads(kept.read_text())["sizes"]["county"]
    )
