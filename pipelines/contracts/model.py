"""What a contract may say. The YAML files beside this module are the only home of a source's layout."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["text", "number", "date", "flag", "code", "digits", "month", "period"]

PERIOD_PATTERNS = {
    "month": r"(?P<period>\d{4}(?:0[1-9]|1[0-2]))",
    "year": r"(?P<period>\d{4})",
    "quarter": r"(?P<period>\d{4}Q[1-4])",
    "date": r"(?P<period>\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))",
    "none": "",
}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Strict):
    """One column: `header` is the name in the contract, `aliases` are other names it is printed with.

    A `month` becomes `YYYY-MM`, a `period` `YYYY` or `YYYY-MM`; `digits` pads a code that a spreadsheet took for a
    number back to `width` characters. A date `within_period` must lie in the file's year or quarter
    (`outside_period`); a row without its `is_evidence` cell is `no_evidence`. `must_be_in`: seed columns of the plan
    (`area.code`), one of which must know the value (`unknown_code`).
    """

    name: str
    header: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    type: Kind = "text"
    width: int | None = None
    nonnegative: bool = False
    one_of: tuple[str, ...] = ()
    unknown_value_is: Literal["not_a_number"] | None = None
    within_period: bool = False
    is_evidence: bool = False
    must_be_in: tuple[str, ...] = ()
    label_en: str = ""


class Enterprise(Strict):
    """How a row finds its enterprise: which columns hold code and name, and whose register knows names.

    `is_register`: the row defines an enterprise and its own code must be valid. `below_scale_by_name`: an empty code
    with a name that no register knows is a below-scale enterprise, known by its normalised name. `may_be_absent`: a
    row with neither code nor name needs no enterprise.
    """

    code: str
    name: str
    names_of: Literal["file_year", "newest", "any_year"] = "file_year"
    is_register: bool = False
    below_scale_by_name: bool = False
    may_be_absent: bool = False


class Rhythm(Strict):
    """When deliveries are due: for each month of `months` (yearly sources: the month of the year after,
    or of the year itself with `during_year`), on `due_day` of the month `due_months_after` later."""

    every: Literal["month", "year", "quarter", "on_demand"]
    months: tuple[int, ...] = ()
    due_day: int = 20
    due_months_after: int = 1
    during_year: bool = False


class Table(Strict):
    """A table of a database source."""

    name: str
    columns: tuple[Column, ...]


class Contract(Strict):
    """One source. `newest_only`: a newer list replaces all older ones. `strict`: an input of the county's own, refused
    whole, with the row and the reason, where any row is not as it should be."""

    source: str
    bureau: str
    label_zh: str
    label_en: str
    channel: Literal["workbook", "csv", "jsonl", "sqlite"]
    pulled_from: Literal["api", "database"] | None = None
    encoding: Literal["gb18030", "utf-8-sig", "utf-8"] = "utf-8"
    file_stem: str
    period: Literal["month", "year", "quarter", "date", "none"]
    unit_in_row_2: tuple[str, ...] = ()
    enterprise: Enterprise | None = None
    key: tuple[str, ...] = ()
    newest_only: bool = False
    strict: bool = False
    null_bad_cells_except: tuple[str, ...] | None = None
    columns: tuple[Column, ...] = ()
    tables: tuple[Table, ...] = ()
    rhythm: Rhythm
    note: str = Field(default="", description="a word to the reader of the file")

    @model_validator(mode="after")
    def names_exist(self) -> Contract:
        names = {column.name for column in self.columns}
        used = set(self.key) - {"enterprise"}
        if self.enterprise:
            used |= {self.enterprise.code, self.enterprise.name}
        used |= set(self.null_bad_cells_except or ())
        if used - names:
            raise ValueError(f"{self.source}: no such column: {', '.join(sorted(used - names))}")
        if "enterprise" in self.key and not self.enterprise:
            raise ValueError(f"{self.source}: the key names the enterprise, but no enterprise is declared")
        return self

    @property
    def looks_into_plan(self) -> bool:
        """Does what is accepted depend on the plan in force?"""
        return any(column.must_be_in for column in self.columns)

    @property
    def suffix(self) -> str:
        return {"workbook": ".xlsx", "csv": ".csv", "jsonl": ".jsonl", "sqlite": ".sqlite"}[self.channel]

    @cached_property
    def file_pattern(self) -> re.Pattern[str]:
        separator = "" if self.period == "none" else "_"
        return re.compile(
            re.escape(self.file_stem)
            + separator
            + PERIOD_PATTERNS[self.period]
            + r"(?:_更正(?P<version>[1-9]\d{0,3}))?"
            + re.escape(self.suffix)
        )

    @property
    def file_example(self) -> str:
        stamp = {"month": "_YYYYMM", "year": "_YYYY", "quarter": "_YYYYQn", "date": "_YYYYMMDD", "none": ""}
        return f"{self.file_stem}{stamp[self.period]}{self.suffix}"

    def parse_name(self, file_name: str) -> tuple[str | None, int] | None:
        """(period, version) of a file name, or None where the name is not this source's.

        Periods: `YYYY-MM`, `YYYY`, `YYYY-Qn`, `YYYY-MM-DD`, None; version 0, or N of `_更正N`.
        """
        match = self.file_pattern.fullmatch(file_name)
        if not match:
            return None
        groups = match.groupdict()
        stamp = groups.get("period")
        if stamp is None:
            period = None
        elif self.period == "year":
            period = stamp
        else:
            period = "-".join(part for part in (stamp[:4], stamp[4:6], stamp[6:8]) if part)
        return period, int(groups["version"] or 0)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the contract does, so that what was parsed under another one is parsed again."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
