"""The suites of `expectations/`, read without Great Expectations so that definitions load fast.

One file a published table, in Great Expectations' own suite format. `meta` of the suite names the table and its
key; `meta` of an expectation gives the check's name and the promise in Chinese and English.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.gate.model import CheckKey

EXPECTATIONS = Path(__file__).resolve().parents[2] / "expectations"


class SuiteBroken(ValueError):
    """A suite file that cannot be read; the message names the file and what to mend."""


@dataclass(frozen=True)
class Promise:
    """One expectation: its check name, and the promise in words."""

    name: str
    zh: str
    en: str
    severity: str

    @property
    def words(self) -> str:
        return f"{self.zh} {self.en}"


@dataclass(frozen=True)
class Suite:
    """The promises about one published table (`schema.table`), whose rows are told apart by `key`."""

    name: str
    table: str
    key: tuple[str, ...]
    promises: tuple[Promise, ...]
    document: dict[str, Any]

    def checks(self) -> list[CheckKey]:
        return [(self.table, promise.name) for promise in self.promises]


def load_suites(folder: Path = EXPECTATIONS) -> list[Suite]:
    """All suites, by file name. Raises `SuiteBroken`."""
    suites = [_suite(path) for path in sorted(folder.glob("*.yml"))]
    tables = [suite.table for suite in suites]
    if twice := sorted({table for table in tables if tables.count(table) > 1}):
        raise SuiteBroken(f"several suites for one table: {', '.join(twice)}; keep one file a table")
    return suites


def expected_checks(suites: list[Suite]) -> list[CheckKey]:
    return [check for suite in suites for check in suite.checks()]


def _suite(path: Path) -> Suite:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        meta = document["meta"]
        promises = tuple(
            Promise(
                name=expectation["meta"]["check"],
                zh=expectation["meta"]["zh"],
                en=expectation["meta"]["en"],
                severity=expectation.get("severity", "critical"),
            )
            for expectation in document["expectations"]
        )
        suite = Suite(document["name"], meta["table"], tuple(meta["key"]), promises, document)
    except (KeyError, TypeError) as error:
        raise SuiteBroken(
            f"{path.name}: a suite needs name, meta.table, meta.key and expectations, each with meta.check, "
            f"meta.zh and meta.en; missing: {error}"
        ) from error
    if len({promise.name for promise in promises}) != len(promises):
        raise SuiteBroken(f"{path.name}: two expectations share a check name")
    if not promises:
        raise SuiteBroken(f"{path.name}: no expectation")
    return suite
