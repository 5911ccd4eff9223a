"""What earlier releases said of a figure: named by their content, never by when or where they were published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from pipelines.release.store import Release

Key = tuple[str, str, str, str]
History = dict[Key, list[dict[str, Any]]]
SHORT = 8


def chain(newest: Release | None, known: Iterable[Release], content_hash: str) -> list[Release]:
    """The releases before, from `newest` back to the first that is kept, without those of the very same content."""
    by_id = {release.release_id: release for release in known}
    found = []
    while newest is not None:
        if newest.content_hash != content_hash:
            found.append(newest)
        newest = by_id.get(str(newest.manifest["previous"]))
    return found


def earlier_values(releases: Iterable[Release], file_name: str, breakdown: str = "county") -> History:
    """Figure to what earlier releases said, newest first: `content` (first digits of the content hash), `latest`
    (its last month) and `value`. Of releases in a row that agree the earliest is named. A release without
    `file_name` says nothing."""
    found: History = defaultdict(list)
    for release in releases:
        path: Path = release.path / file_name
        if not path.is_file():
            continue
        with duckdb.connect(str(path), read_only=True) as con:
            values = con.execute(
                "select indicator_id, period, breakdown, breakdown_code, value from marts.indicator_value "
                "where breakdown = $breakdown",
                {"breakdown": breakdown},
            ).fetchall()
        for *key, value in values:
            said = found[tuple(key)]
            if said and said[-1]["value"] == value:
                said.pop()
            said.append(
                {"content": release.content_hash[:SHORT], "latest": release.latest_period or "", "value": value}
            )
    return found
