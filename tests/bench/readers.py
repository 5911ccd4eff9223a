"""Analysts: processes that open the release of a home and ask it the queries of docs/queries.md, again and again."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from pipelines.home import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "queries.md"
_HEADING = re.compile(r"^## (?P<title>.+)$")
OPEN = "open the release"
# A reader asks each query at least this often, and goes on asking for about so long.
ROUNDS, SECONDS = 3, 8.0
# What a reader asks the first time it pays for reading the file from disk; it is told apart by being left out.
WARM_UP = 1


def cookbook(text: str) -> dict[str, str]:
    """English heading → SQL of every query of the document; further ones below a heading are numbered."""
    found: dict[str, str] = {}
    title, lines, inside = "", list[str](), False
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            title = re.sub(r"[^\x00-\x7f].*$", "", heading["title"]).strip()
        elif line == "```sql":
            inside, lines = True, []
        elif line == "```" and inside:
            number = sum(1 for name in found if name.split(" (")[0] == title)
            found[title if not number else f"{title} ({number + 1})"] = "\n".join(lines)
            inside = False
        elif inside:
            lines.append(line)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summary(seconds: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Label → `p50_ms`, `p99_ms`, `n`."""
    return {
        label: {"p50_ms": 1000 * percentile(own, 0.5), "p99_ms": 1000 * percentile(own, 0.99), "n": len(own)}
        for label, own in seconds.items()
    }


def ask(tables: Path, number: int) -> dict[str, list[float]]:
    """One reader: seconds to open the file anew and to ask each query, round by round."""
    queries = list(cookbook(DOCUMENT.read_text(encoding="utf-8")).items())
    # Each begins with another query, as people do.
    queries = queries[number % len(queries) :] + queries[: number % len(queries)]
    seconds: dict[str, list[float]] = {OPEN: [], **{label: [] for label, _ in queries}}
    began, done = time.perf_counter(), 0
    while done < ROUNDS + WARM_UP or time.perf_counter() - began < SECONDS:
        at = time.perf_counter()
        with duckdb.connect(str(tables), read_only=True) as connection:
            took = [(OPEN, time.perf_counter() - at)]
            for label, sql in queries:
                at = time.perf_counter()
                connection.execute(sql).fetchall()
                took.append((label, time.perf_counter() - at))
        if done >= WARM_UP:
            for label, spent in took:
                seconds[label].append(spent)
        done += 1
    return seconds


def ask_together(tables: Path, readers: int) -> dict[str, list[float]]:
    """`readers` processes at once; the seconds of all of them. Raises RuntimeError where one of them failed."""
    with tempfile.TemporaryDirectory() as folder:
        children = []
        for number in range(readers):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    Path(folder, str(number)).write_text(json.dumps(ask(tables, number)), encoding="utf-8")
                    code = 0
                except Exception as error:  # told to the parent by the exit code, to the person by the log
                    print(f"reader {number}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                finally:
                    os._exit(code)
            children.append(child)
        failed = sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)
        if failed:
            raise RuntimeError(f"{failed} of {readers} readers failed")
        together: dict[str, list[float]] = {}
        for number in range(readers):
            for label, own in json.loads(Path(folder, str(number)).read_text(encoding="utf-8")).items():
                together.setdefault(label, []).extend(own)
    return together
