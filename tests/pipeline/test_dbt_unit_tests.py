"""Every unit test of the dbt project, run once: they prove the rules, whatever the data; a night leaves them out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pipelines.build import work_file
from pipelines.build.dbt_project import WORK_FILE_VARIABLE, project_arguments

# One process: seeds and models first, so that every input's columns are there; then the unit tests, all of them,
# whether others fail or not.
SCRIPT = """
import sys
from dbt.cli.main import dbtRunner

arguments = ["--quiet", *sys.argv[1:]]
parsed = dbtRunner().invoke(["parse", *arguments])
if not parsed.success:
    sys.exit(2)
dbt = dbtRunner(manifest=parsed.result)
built = dbt.invoke(["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *arguments])
if not built.success:
    sys.exit(1)
dbt.invoke(["test", "--resource-type", "unit_test", *arguments])
"""


def test_every_unit_test_runs_and_passes(tmp_path: Path) -> None:
    """On a work file without a single row: a unit test brings its own."""
    target = tmp_path / "target"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *project_arguments(target)],
        env={**os.environ, WORK_FILE_VARIABLE: str(work_file.create([], tmp_path / "run"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    ran = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    failed = [f"{r['unique_id']}: {r['status']}\n{r['message']}" for r in ran if r["status"] != "pass"]
    assert not failed, "\n\n".join(failed)
    assert {r["unique_id"] for r in ran} == set(manifest["unit_tests"])
    assert len(ran) >= 20
