"""What a release revises of the county's figures, and what of it anybody may read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.reading import opened, rows
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE

Row = dict[str, Any]

REPORTS = "reports"
REVISIONS = "revisions.json"

# County figures only, and of these only such as the public may see now.
_REVISIONS = """
    select r.indicator_id, r.period, r.value_before, r.value_now, r.why from audit.revision as r
    where r.breakdown = 'county' order by r.indicator_id, r.period
"""
_PUBLIC = """
    select indicator_id, period, value from marts.indicator_value where breakdown = 'county' and value is not null
"""


def keeps_revisions(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file that `opened` gave keeps an account of revisions."""
    asked = "select 1 from duckdb_views() where schema_name = 'audit' and view_name = 'revision' limit 1"
    return bool(rows(connection, asked))


def revisions_of(draft: Draft) -> list[Row]:
    """`public_revisions` of a release that is being put together."""
    before = draft.before.path / PUBLIC_FILE if draft.before else None
    return public_revisions(draft.tables, draft.folder / PUBLIC_FILE, before if before and before.is_file() else None)


def public_revisions(internal: Path, public: Path, public_before: Path | None) -> list[Row]:
    """What of a release's revisions anybody may read: county figures that are public now, each with the value before
    only where that was public too. Empty where the release keeps no account of revisions.

    `internal`, `public`: its files; `public_before`: the public file of the release before, None where there is none.
    """
    with opened(internal) as connection:
        if not keeps_revisions(connection):
            return []
        found = rows(connection, _REVISIONS)
    now = _public_values(public)
    before = _public_values(public_before) if public_before else {}
    return [
        {**row, "value_now": now[key], "value_before": before.get(key)}
        for row in found
        if (key := (row["indicator_id"], row["period"])) in now
    ]


def write_revisions(path: Path, revisions: Sequence[Row]) -> None:
    path.write_text(json.dumps(revisions, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_revisions(path: Path) -> list[Row]:
    """What `write_revisions` wrote; empty where there is no such file."""
    if not path.is_file():
        return []
    found: list[Row] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _public_values(tables: Path) -> dict[tuple[str, str], float]:
    with opened(tables) as connection:
        return {(row["indicator_id"], row["period"]): row["value"] for row in rows(connection, _PUBLIC)}
