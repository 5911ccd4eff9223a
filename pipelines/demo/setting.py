"""Where the made-up county lies: towns, platforms, industries, levels (`county.json`, data and nothing else).

The demo keeps its own small copy of the coefficients on purpose: its truth has to be independent of what the
pipeline's seeds say, so that a wrong seed shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Place:
    """Another county of the same make: its code, its names (the Chinese one of two characters and 县), and what its
    towns are called instead."""

    code: str
    name_zh: str
    name_en: str
    towns_zh: tuple[str, ...]


_place: ContextVar[Place | None] = ContextVar("place", default=None)


@contextmanager
def at(place: Place | None) -> Iterator[None]:
    """Until the end of the block the made-up county lies there; None: where `county.json` says."""
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def setting() -> dict[str, Any]:
    """The content of `county.json`, with the codes and names of the place in force."""
    return _setting(_place.get())


@cache
def _setting(place: Place | None) -> dict[str, Any]:
    text = resources.files(__package__).joinpath("county.json").read_text(encoding="utf-8")
    if place is None:
        return json.loads(text)
    here = json.loads(text)
    codes = json.loads(text.replace(here["county"]["code"], place.code))
    towns = [{**town, "name": name} for town, name in zip(codes["towns"], place.towns_zh, strict=True)]
    return {**codes, "county": {"code": place.code, "name": place.name_zh}, "towns": towns}


def county_code() -> str:
    return str(setting()["county"]["code"])


def short_name() -> str:
    """The county's name without 县, two characters."""
    return str(setting()["county"]["name"]).removesuffix("县")


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
