"""The dbt project as files: where it lies, how dbt is called, and its manifest parsed ahead for Dagster."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from pipelines.release.code import CHECKOUT, own_files

PROJECT = CHECKOUT / "dbt_project"
PARTIAL_PARSE = "partial_parse.msgpack"
WORK_FILE_VARIABLE = "FENGHUANG_WORK_FILE"


# What a night runs. Unit tests prove the code, whatever the data: they run once where the code is tested.
NIGHTLY_BUILD = ("build", "--exclude-resource-type", "unit_test")


class DbtProjectBroken(Exception):
    """dbt cannot read its project."""


def project_arguments(target: Path) -> list[str]:
    """The flags of every dbt call: the project, and `target` for artifacts. No log of dbt's own: its events go to
    whoever called, and a second log of them costs a tenth of a build."""
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(target), "--log-path", str(target), "--log-level-file", "none"),
        *("--no-use-colors", "--no-send-anonymous-usage-stats"),
    ]


def parsed_manifest() -> Path:
    """The manifest of the project as it stands, parsed only where no manifest of the same files lies there yet.

    Named by a digest of the project's files, so that a stale one is never read and two processes may parse at
    once. Raises `DbtProjectBroken` with what dbt says.
    """
    folder = PROJECT / "target" / "definitions"
    manifest = folder / f"{_project_digest()}.json"
    if manifest.is_file():
        return manifest
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".parse-", dir=folder) as scratch:
        target = Path(scratch)
        # The path never enters a definition; a fixed one keeps the manifest the same everywhere.
        environment = {**os.environ, WORK_FILE_VARIABLE: "build.duckdb"}
        command = [
            sys.executable,
            "-c",
            "from dbt.cli.main import cli; cli()",
            "--quiet",
            "parse",
            *project_arguments(target),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DbtProjectBroken(f"dbt cannot read {PROJECT.name}:\n{(done.stdout + done.stderr).strip()}")
        for old in folder.glob("*.json"):
            old.unlink(missing_ok=True)
        (target / "manifest.json").replace(manifest)
    return manifest


def _project_digest() -> str:
    digest = hashlib.sha256(version("dbt-core").encode())
    for path in own_files(CHECKOUT, ("dbt_project",)):
        digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    print(parsed_manifest())
