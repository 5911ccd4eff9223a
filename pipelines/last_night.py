"""How the last night of a home ended, for whoever asks from outside: `warehouse/last_night.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.home import Home
from pipelines.release.files import write_file


@dataclass(frozen=True)
class LastNight:
    """`release`: what it published; else `stage` and `cause`, and where the log lies. No rows: they stay there."""

    ended_at: str
    is_published: bool
    release: str | None = None
    stage: str = ""
    cause: str = ""
    log: str = ""


def place(home: Home) -> Path:
    return home.warehouse / "last_night.json"


def record(home: Home, night: LastNight) -> None:
    home.warehouse.mkdir(parents=True, exist_ok=True)
    write_file(place(home), json.dumps(asdict(night), ensure_ascii=False, indent=1).encode())


def last_night(home: Home) -> LastNight | None:
    """None before the first."""
    if not place(home).is_file():
        return None
    return LastNight(**json.loads(place(home).read_text(encoding="utf-8")))
