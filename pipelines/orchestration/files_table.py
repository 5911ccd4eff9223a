"""The files an asset was made from, as Dagster shows them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from dagster import MetadataValue

LONGEST = 400


class File(Protocol):
    """A delivery, as far as it is shown."""

    @property
    def source(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def period(self) -> str | None: ...
    @property
    def sha256(self) -> str: ...
    @property
    def rows_accepted(self) -> int | None: ...


def files_table(files: Iterable[File]) -> Any:
    """Each file with its sha256, newest period first; at most `LONGEST`, the rest counted."""
    ordered = sorted(files, key=lambda f: (f.period or "", f.file_name), reverse=True)
    lines = [
        f"| {_cell(f.file_name)} | {f.period or ''} | {'' if f.rows_accepted is None else f.rows_accepted} "
        f"| `{f.sha256}` |"
        for f in ordered[:LONGEST]
    ]
    if len(ordered) > LONGEST:
        lines.append(f"| … {len(ordered) - LONGEST} more in audit.delivery | | | |")
    return MetadataValue.md(
        "\n".join(["| 文件 file | 所属期 period | 接受行 accepted | sha256 |", "|--|--|--:|--|", *lines])
    )


def sources_table(files: Sequence[File], sources: Iterable[str]) -> Any:
    """For a table made from many files: by source, how many are in force, and one sha256 over theirs in order."""
    by_source: Mapping[str, list[str]] = {
        source: sorted(f.sha256 for f in files if f.source == source) for source in sorted(sources)
    }
    lines = [
        f"| {source} | {len(shas)} | `{hashlib.sha256(''.join(shas).encode()).hexdigest() if shas else ''}` |"
        for source, shas in by_source.items()
    ]
    return MetadataValue.md("\n".join(["| 来源 source | 文件 files | sha256 of sha256s |", "|--|--:|--|", *lines]))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
