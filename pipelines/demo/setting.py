"""Where the made-up county lies: towns, platforms, industries, levels (`county.json`, data and nothing else).

The demo keeps its own small copy of the coefficients on purpose: its truth has to be independent of what the
pipeline's seeds say, so that a wrong seed shows.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from typing import Any

import numpy as np


@cache
def setting() -> dict[str, Any]:
    """The content of `county.json`."""
    return json.loads(resources.files(__package__).joinpath("county.json").read_text(encoding="utf-8"))


def divisions(column: str) -> list[Any]:
    """One column of the table of industry divisions."""
    data = setting()
    at = data["division_columns"].index(column)
    return [row[at] for row in data["divisions"]]


def table(name: str) -> list[dict[str, Any]]:
    """The rows of a table of `county.json`, by the names of its columns (`<name>_columns`)."""
    data = setting()
    return [dict(zip(data[f"{name}_columns"], row, strict=True)) for row in data[f"{name}s"]]


def stream(seed: int, *labels: object) -> np.random.Generator:
    """A random stream of its own for whatever the labels name.

    Every file and every table draws from its own stream, so adding a source or a year changes no other file.
    """
    text = "|".join(str(part) for part in (seed, *labels))
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest()))
