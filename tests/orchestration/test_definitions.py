"""What Dagster shows: a snapshot of the definitions, and that they load light."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import pytest
from dagster import AssetKey, DefaultScheduleStatus

from pipelines.contracts import load_contracts
from pipelines.definitions import defs
from pipelines.gate.suites import load_suites
from pipelines.orchestration.keys import part_key
from pipelines.release.draft import Part
from pipelines.release.parts import PARTS
from pipelines.release.tables import PUBLISHED_SCHEMAS

sys.path.insert(0, str(Path(__file__).parent))
from definitions_snapshot import SNAPSHOT, describe

GRAPH = defs.get_repository_def().asset_graph
LOADED = """
import sys, time
begin = time.perf_counter()
import pipelines.definitions
print(f"definitions loaded in {time.perf_counter() - begin:.1f} s")
print(*sorted({"great_expectations", "pandas", "polars"} & set(sys.modules)))
"""


def test_definitions_are_as_recorded() -> None:
    assert describe(defs) == SNAPSHOT.read_text(encoding="utf-8"), (
        "the definitions changed; if that is wanted: python tests/orchestration/definitions_snapshot.py"
    )


def test_they_load_without_what_is_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    duration, heavy = done.stdout.splitlines()
    print(duration)
    assert heavy == ""


def test_every_source_is_an_asset_with_its_bureau() -> None:
    for contract in load_contracts().values():
        node = GRAPH.get(AssetKey(["raw", contract.source]))
        assert node.group_name == "gsbpm_4_collect"
        assert [owner.removeprefix("team:") for owner in node.owners] == contract.bureau.split("、")
        assert node.metadata["bureau"] == contract.bureau


def test_lineage_runs_from_the_deliveries_to_the_release() -> None:
    reached, frontier = set[AssetKey](), {AssetKey("release")}
    while frontier:
        reached |= frontier
        frontier = {parent for key in frontier for parent in GRAPH.get(key).parent_keys} - reached
    assert AssetKey(["marts", "indicator_value"]) in reached
    for source in ("register", "tax", "land", "electricity", "investment", "patent"):
        assert AssetKey(["raw", source]) in reached


def test_the_release_stands_on_every_published_table() -> None:
    published = {key for key in GRAPH.get_all_asset_keys() if key.path[0] in PUBLISHED_SCHEMAS}
    parts = {part_key(part.name) for part in PARTS}
    assert GRAPH.get(AssetKey("release")).parent_keys == published | parts


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_of_the_release_stands_on_what_it_reads(part: Part) -> None:
    published = {key for key in GRAPH.get_all_asset_keys() if key.path[0] in PUBLISHED_SCHEMAS}
    assert GRAPH.get(part_key(part.name)).parent_keys == ({part_key(name) for name in part.reads} or published)
    earlier = [other.name for other in PARTS[: PARTS.index(part)]]
    assert set(part.reads) <= set(earlier), "written before it is read"
    assert callable(resolve_name(part.writer))


def test_every_published_table_has_one_suite() -> None:
    published = {key for key in GRAPH.get_all_asset_keys() if key.path[0] in PUBLISHED_SCHEMAS}
    assert {".".join(key.path) for key in published} == {suite.table for suite in load_suites()}


def test_every_promise_is_a_check_that_blocks_if_it_is_critical() -> None:
    for suite in load_suites():
        node = GRAPH.get(AssetKey(suite.table.split(".")))
        by_name = {key.name: GRAPH.get(key) for key in node.check_keys}
        for promise in suite.promises:
            assert by_name[promise.name].blocking == (promise.severity == "critical")


@pytest.mark.parametrize("schema", ["staging", "intermediate", "marts"])
def test_models_have_description_columns_owner_and_phase(schema: str) -> None:
    models = [key for key in GRAPH.get_all_asset_keys() if key.path[0] == schema]
    assert models
    for key in models:
        node = GRAPH.get(key)
        assert node.description
        assert node.owners
        assert node.group_name.startswith("gsbpm_")
        assert node.metadata["dagster/column_schema"].columns, f"{key} declares no columns"


def test_the_night_is_at_two_in_shanghai() -> None:
    (schedule,) = defs.get_repository_def().schedule_defs
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Asia/Shanghai")
    assert schedule.default_status is DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "nightly"


def test_a_code_server_can_load_them(tmp_path: Path) -> None:
    """What a repository refuses (two definitions of one name, say) shows only when it is loaded as the UI does."""
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "pipelines.definitions"],
        capture_output=True,
        text=True,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path)},
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
