"""What Dagster shows, as text.

Write it again after a wanted change: `python tests/orchestration/definitions_snapshot.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dagster import Definitions

SNAPSHOT = Path(__file__).with_name("definitions.txt")


def describe(defs: Definitions) -> str:
    return "\n".join(_lines(defs)) + "\n"


def _lines(defs: Definitions) -> Iterator[str]:
    repository = defs.get_repository_def()
    graph = repository.asset_graph
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        yield f"asset {key.to_user_string()}"
        yield f"  group {node.group_name}; owners {', '.join(node.owners)}; kinds {', '.join(sorted(node.kinds))}"
        if node.parent_keys:
            yield f"  from {', '.join(sorted(parent.to_user_string() for parent in node.parent_keys))}"
        for check in sorted(node.check_keys, key=lambda check: check.name):
            blocking = graph.get(check).blocking
            yield f"  check {check.name}{'' if blocking else ' (warning)'}"
    for name in ("nightly", "rehearsal", "intake"):
        job = defs.resolve_job_def(name)
        layer = job.asset_layer
        yield f"job {name}: ops {', '.join(sorted(node.name for node in job.nodes))}"
        yield f"  {len(layer.selected_asset_keys)} assets, {len(layer.asset_graph.asset_check_keys)} checks"
    for schedule in repository.schedule_defs:
        yield (
            f"schedule {schedule.name}: {schedule.cron_schedule} {schedule.execution_timezone}, job "
            f"{schedule.job_name}, {schedule.default_status.value}"
        )
    for sensor in repository.sensor_defs:
        job = f"job {sensor.targets[0].job_name}, " if sensor.targets else ""
        yield f"sensor {sensor.name}: {job}{sensor.default_status.value}"


if __name__ == "__main__":
    from pipelines.definitions import defs

    SNAPSHOT.write_text(describe(defs), encoding="utf-8")
