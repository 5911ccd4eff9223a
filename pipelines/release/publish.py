"""From a checked work file to a published release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.gate.model import CheckResult
from pipelines.home import Home
from pipelines.release.code import code_digest, versions
from pipelines.release.draft import Draft, Write
from pipelines.release.files import file_digest, write_file
from pipelines.release.store import (
    KEEP_RELEASES,
    MANIFEST,
    PUBLIC_FILE,
    TABLES_FILE,
    VALUES,
    Release,
    current_release,
    prune,
    put_in_place,
)
from pipelines.release.tables import copy_tables, table_digests

INPUT_COLUMNS = (
    "source",
    "file_name",
    "period",
    "version",
    "sha256",
    "status",
    "reason",
    "rows_read",
    "rows_accepted",
    "rows_quarantined",
    "rows_duplicate",
)
REGISTRY = "marts.indicator"


def publish(
    home: Home,
    work_file: Path,
    data_docs: Path,
    keys: Mapping[str, Sequence[str]],
    checks: Sequence[CheckResult],
    run_id: str,
    now: datetime | None = None,
    parts: Sequence[Write] = (),
    about: Mapping[str, Any] | None = None,
) -> Release:
    """Assemble a release beside the others, write its manifest last, put it in place, point `current` to it.

    The caller answers for the checks having run and passed. `data_docs` is moved in; `parts` are
    written one after the other; `about` is what the manifest says beside (a county's: its code, from the plan's
    areas). Killed anywhere, `current` stays what it was.
    """
    # Imported here, so that Dagster's definitions load without Polars.
    from pipelines.plan.seeds import county_code, plan_digest

    assembling = home.releases / f".{run_id}.tmp"
    assembling.mkdir(parents=True)
    tables_file = assembling / TABLES_FILE
    copy_tables(work_file, tables_file, keys, checks)
    data_docs.rename(assembling / "data_docs")

    inputs = _inputs(tables_file)
    code = code_digest()
    plan = plan_digest()
    content_hash = _content_hash(inputs, code, plan)
    before = current_release(home)
    draft = Draft(home, assembling, work_file, before, content_hash)
    for write_part in parts:
        write_part(draft)
    digests = table_digests(tables_file)
    release_id, built_at = _free_id(home, now or datetime.now(UTC), content_hash)
    manifest = {
        "release": release_id,
        "content_hash": content_hash,
        "built_at": built_at.isoformat(),
        "run_id": run_id,
        **(about if about is not None else {"county_code": county_code()}),
        "latest_period": _latest_period(tables_file),
        "previous": before.release_id if before else None,
        "previous_manifest": file_digest(before.path / MANIFEST) if before else None,
        "code": code,
        "plan": plan,
        "registry": digests[REGISTRY].digest,
        "versions": versions(),
        "inputs": inputs,
        "tables": {table: asdict(digest) for table, digest in digests.items()},
        "public_tables": _public_digests(assembling / PUBLIC_FILE),
        "checks": [
            {k: v for k, v in asdict(c).items() if k not in {"sample", "crashed"}}
            for c in sorted(checks, key=lambda c: (c.origin, c.key))
        ],
        "files": {
            path.relative_to(assembling).as_posix(): {"bytes": path.stat().st_size, "sha256": file_digest(path)}
            for path in sorted(assembling.rglob("*"))
            if path.is_file()
        },
    }
    write_file(assembling / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    # Before the pointer moves, so that nothing is removed to which it has just led.
    prune(home, KEEP_RELEASES - 1)
    path = put_in_place(home, assembling, release_id)
    return Release(release_id, path, manifest, is_current=True)


def _public_digests(public_file: Path) -> dict[str, Any]:
    """Rows and content of the public tables: DuckDB does not promise equal bytes for equal content."""
    if not public_file.exists():
        return {}
    return {table: asdict(digest) for table, digest in table_digests(public_file).items()}


def _inputs(tables_file: Path) -> list[dict[str, Any]]:
    """Every delivery the release knows of, refused ones too: they are in its tables."""
    with duckdb.connect(str(tables_file), read_only=True) as con:
        found = con.table("audit.delivery").select(*INPUT_COLUMNS).fetchall()
    return [
        dict(zip(INPUT_COLUMNS, row, strict=True)) for row in sorted(found, key=lambda row: [str(cell) for cell in row])
    ]


def _latest_period(tables_file: Path) -> str | None:
    with duckdb.connect(str(tables_file), read_only=True) as con:
        ((period,),) = con.table(VALUES).aggregate("max(period)").fetchall()
    return str(period) if period else None


def _content_hash(inputs: Sequence[Mapping[str, Any]], code: str, plan: str) -> str:
    """Over what decides the content: inputs, code, the plan's seeds. No time, no run, no order of arrival."""
    files = [[i["source"], i["file_name"], i["sha256"], i["status"]] for i in inputs]
    content = json.dumps([files, code, plan], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _free_id(home: Home, now: datetime, content_hash: str) -> tuple[str, datetime]:
    """`<YYYYMMDDTHHMMSSZ>-<hash8>`; the next free second, so that the order of ids is the order of publishing."""
    now = now.replace(microsecond=0)
    while any(home.releases.glob(f"{now:%Y%m%dT%H%M%SZ}-*")):
        now += timedelta(seconds=1)
    return f"{now:%Y%m%dT%H%M%SZ}-{content_hash[:8]}", now
