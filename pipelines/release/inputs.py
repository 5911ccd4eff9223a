"""The deliveries a release was made from, as its own tables name them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb


class Input(NamedTuple):
    """One arrival; `received_s`: seconds since 1970. A file that came back as it once was is another arrival of the
    same bytes, and that decides which one is in force."""

    source: str
    file_name: str
    sha256: str
    received_s: int


@dataclass(frozen=True)
class Delivered:
    """One row of `audit.delivery`."""

    source: str
    period: str | None
    version: int
    file_name: str
    sha256: str
    received_s: int
    status: str

    @property
    def input(self) -> Input:
        return Input(self.source, self.file_name, self.sha256, self.received_s)

    @property
    def order(self) -> tuple[Any, ...]:
        return self.source, self.period or "", self.version, self.file_name, self.received_s, self.sha256


def deliveries_of(tables: Path) -> list[Delivered]:
    """Every delivery of a release's `internal.duckdb`, refused ones too, in the order of `Delivered.order`."""
    with duckdb.connect(str(tables), read_only=True) as con:
        found = con.execute(
            "select source, period, version, file_name, sha256, epoch_us(received_at) // 1000000, status "
            "from audit.delivery"
        ).fetchall()
    return sorted((Delivered(*row) for row in found), key=lambda delivery: delivery.order)
