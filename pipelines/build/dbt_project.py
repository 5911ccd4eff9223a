"""The dbt project as files: where it lies, how dbt is called, and its manifest parsed ahead for Dagster."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from pipelines.plan import plan_folder
from pipelines.release.code import CHECKOUT, MADE, own_files

PROJECT = CHECKOUT / "dbt_project"
PARTIAL_PARSE = "partial_parse.msgpack"
WORK_FILE_VARIABLE = "FENGHUANG_WORK_FILE"

ENGINE_VARIABLE = "FENGHUANG_ENGINE"


class Engine(StrEnum):
    """Where dbt builds: the targets of its profile."""

    DUCKDB = "duckdb"
    SPARK = "spark"


# Unit tests prove the code, whatever the data: they run once where the code is tested.
NIGHTLY_BUILD = ("build", "--exclude-resource-type", "unit_test")
# Seeds and models alone: a night runs the data tests itself (`pipelines.build.data_tests`).
WITHOUT_TESTS = (*NIGHTLY_BUILD, "--exclude-resource-type", "test")
COMPILE_QUERIES = ("compile", "--select", "resource_type:test", "config.materialized:view", "--no-populate-cache")


def chosen_engine() -> Engine:
    """The engine that `FENGHUANG_ENGINE` names, DuckDB where it names none. Raises `ValueError` for any other."""
    return Engine(os.environ.get(ENGINE_VARIABLE) or Engine.DUCKDB)


class DbtProjectBroken(Exception):
    """dbt cannot read its project."""


def project_folder() -> Path:
    """The dbt project of the plan in force: the checkout's; for another plan, links to its files beside that plan's
    seeds. Raises `PlanBroken`."""
    if plan_folder() is None:
        return PROJECT
    # Imported here, so that Dagster's definitions load without Polars.
    from pipelines.plan.seeds import seeds_folder

    seeds = seeds_folder()
    for path in sorted(PROJECT.iterdir()):
        link = seeds.parent / path.name
        if path.name not in MADE and not link.exists():
            # Two runs of one plan may get here at once; the link of the first serves both.
            with contextlib.suppress(FileExistsError):
                link.symlink_to(path)
    return seeds.parent


def project_arguments(target: Path, project: Path | None = None) -> list[str]:
    """The flags of every dbt call: the project (of the plan in force), and `target` for artifacts. No log of dbt's own:
    its events go to whoever called, and a second log of them costs a tenth of a build."""
    project = project or project_folder()
    return [
        *("--project-dir", str(project), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(target), "--log-path", str(target), "--log-level-file", "none"),
        *("--no-use-colors", "--no-send-anonymous-usage-stats"),
    ]


def kept_parse() -> Path:
    """Where dbt's parse of the project (of the plan in force) is kept, for every home that this checkout serves. It
    holds the path of the project: a copy of the checkout keeps one of its own."""
    project = project_folder()
    return project / "target" / f"parsed_{hashlib.sha256(str(project).encode()).hexdigest()[:8]}.msgpack"


def start_from_kept_parse(target: Path, kept: Path | None = None) -> None:
    """Let a dbt that writes into `target` parse only what changed since one was `kept`, if any was.

    What dbt keeps depends on the path of the database, so dbt is to run in the folder of its work file, and
    `FENGHUANG_WORK_FILE` to be no more than its name: the same for everyone.
    """
    kept = kept or kept_parse()
    target.mkdir(parents=True, exist_ok=True)
    if kept.is_file() and not (target / PARTIAL_PARSE).exists():
        shutil.copyfile(kept, target / PARTIAL_PARSE)


def parsed_manifest() -> Path:
    """The manifest of the project as it stands, with the query of each data test and view, made only where no manifest
    of the same files lies there yet.

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
        # Neither path nor plan enters a definition; fixed ones keep the manifest the same everywhere.
        environment = {**os.environ, WORK_FILE_VARIABLE: "build.duckdb"}
        environment.pop("FENGHUANG_PLAN", None)
        command = [
            sys.executable,
            "-c",
            "from dbt.cli.main import cli; cli()",
            "--quiet",
            *COMPILE_QUERIES,
            *project_arguments(target, PROJECT),
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DbtProjectBroken(f"dbt cannot read {PROJECT.name}:\n{(done.stdout + done.stderr).strip()}")
        for old in folder.glob("*.json"):
            old.unlink(missing_ok=True)
        (target / "manifest.json").replace(manifest)
    return manifest


def _project_digest() -> str:
    digest = hashlib.sha256(" ".join([version("dbt-core"), *COMPILE_QUERIES]).encode())
    for path in own_files(CHECKOUT, ("dbt_project",)):
        digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    print(parsed_manifest())
