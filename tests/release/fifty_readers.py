"""Fifty processes that open the current release again and again, until they are told to stop.

`python fifty_readers.py WAREHOUSE NOTES`. Reader n keeps its number of readings in the n-th eight bytes of
NOTES/counts, and leaves NOTES/n.json: the releases it saw, in order, and the first error. They are forked from one
process and pause between readings, so that fifty of them are light.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from itertools import count
from mmap import mmap
from pathlib import Path

import duckdb

READERS = 50
PAUSE_S = 1.0
WORD = struct.Struct("q")
TABLES = "internal.duckdb"
QUERY = "select (select value from marts.indicator_value), (select sha256::double from audit.delivery)"


def read_tables(path: Path) -> float:
    """Two tables of one file, which must be of one release."""
    with duckdb.connect(str(path), read_only=True, config={"threads": "1"}) as con:
        value, delivery = con.execute(QUERY).fetchall()[0]
    assert value == delivery, f"mixed: {value} {delivery}"
    return float(value)


def read_current(warehouse: Path) -> float:
    """As most people do: the one file behind the pointer."""
    return read_tables(warehouse / "current" / TABLES)


def read_release(warehouse: Path) -> float:
    """As one does who needs several files of a release: the pointer followed once."""
    release = (warehouse / "current").resolve(strict=True)
    value = read_tables(release / TABLES)
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    assert float(manifest["inputs"][0]["sha256"]) == value, f"mixed: {value} {manifest['inputs'][0]}"
    return value


def read_on(warehouse: Path, notes: Path, number: int, counts: mmap) -> None:
    seen: list[float] = []
    error = None
    try:
        for done in count(1):
            value = (read_current, read_release)[done % 2](warehouse)
            if value not in seen[-1:]:
                seen.append(value)
            WORD.pack_into(counts, number * WORD.size, done)
            if (notes / "stop").exists():
                break
            time.sleep(PAUSE_S)
    except Exception as caught:  # whatever it is, it is what the test is about
        error = f"{type(caught).__name__}: {caught}"
    (notes / f"{number}.json").write_text(json.dumps({"seen": seen, "error": error}), encoding="utf-8")


def main(warehouse: Path, notes: Path) -> None:
    with (notes / "counts").open("r+b") as file:
        counts = mmap(file.fileno(), READERS * WORD.size)
    children = []
    for number in range(READERS):
        child = os.fork()
        if child == 0:
            read_on(warehouse, notes, number, counts)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
