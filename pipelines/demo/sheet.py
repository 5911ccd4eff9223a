"""A table on its way to a bureau's file: what the columns are, and the cells as a clerk will write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Cell = object
BAD_NUMBERS = ("12..5", "见附件", "约300", "N/A", "#REF!")
BAD_DATES = ("不详", "2015年13月1日", "待核实")


@dataclass(frozen=True)
class Column:
    """A column of a raw contract. `heading` is its full name (`upper/lower` under two header rows)."""

    heading: str
    kind: str = "text"
    """`code`, `name`, `text`, `number`, `date` or `flag`."""
    aliases: tuple[str, ...] = ()
    decimals: int = 0
    nonnegative: bool = False
    has_total: bool = False
    optional: bool = False
    """May be left out of a file altogether."""
    within_period: bool = False
    """A date that must lie in the file's period."""
    is_evidence: bool = False
    """Without it a row proves nothing."""
    choices: tuple[str, ...] = ()
    """What may stand there; a conflicting row says another of them."""
    bad: tuple[str, ...] = ()
    """What stands in a spoiled cell; a text column with such values counts as one that should hold a number."""

    @property
    def bad_cells(self) -> tuple[str, ...]:
        if self.bad:
            return self.bad
        return {"number": BAD_NUMBERS, "date": BAD_DATES}.get(self.kind, ())


@dataclass(frozen=True)
class Form:
    """How a source is handed in (channels and columns of the raw contracts)."""

    source: str
    stem: str
    channel: str
    """`workbook` or `csv`."""
    columns: tuple[Column, ...]
    encoding: str = "utf-8"
    title: str = ""
    """Title of a workbook; `{when}` is the year, with the month where there is one."""
    quarterly: bool = False
    """Named by the quarter; otherwise by the year or the month."""
    unit: str = "见表头"
    totals: bool = False
    ways: Mapping[str, int] = field(default_factory=dict)
    """In what ways rows of it are spoiled, with weights."""
    conflict: str = ""
    """The column that differs between conflicting rows; without one, the first figure there is."""
    empty_codes: float = 0.02
    below_scale_by_name: bool = False
    """A row without a code may name an enterprise that no register knows."""
    name_in_key: bool = False
    """Rows of one key must go by one name."""
    at_least: int = 0
    """Rows to spoil in any case, going round the ways (for sources that send few files)."""

    def column(self, heading: str) -> Column:
        return next(column for column in self.columns if column.heading == heading)

    def of_kind(self, kind: str) -> list[Column]:
        return [column for column in self.columns if column.kind == kind]


class Sheet:
    """Cells by column, with what is known about every row beside them."""

    def __init__(
        self,
        form: Form,
        cells: Mapping[str, np.ndarray | Sequence[Cell]],
        *,
        by_code_only: np.ndarray | None = None,
        spare: np.ndarray | None = None,
        former_name: np.ndarray | None = None,
        former_code: np.ndarray | None = None,
    ) -> None:
        """`by_code_only`: rows whose code must stay readable. `spare`: rows that are not to be spoiled."""
        self.form = form
        self.cells: dict[str, list[Cell]] = {
            heading: values.tolist() if isinstance(values, np.ndarray) else list(values)
            for heading, values in cells.items()
        }
        size = len(next(iter(self.cells.values())))
        self.base = list(range(size))
        self.reason: list[str | None] = [None] * size
        self.column: list[str | None] = [None] * size
        self.by_code_only = [False] * size if by_code_only is None else by_code_only.tolist()
        self.spare = [False] * size if spare is None else spare.tolist()
        self.former_name = [None] * size if former_name is None else former_name.tolist()
        self.former_code = [None] * size if former_code is None else former_code.tolist()

    def __len__(self) -> int:
        return len(self.base)

    @property
    def _lists(self) -> list[list]:
        return [
            *self.cells.values(),
            self.base,
            self.reason,
            self.column,
            self.by_code_only,
            self.spare,
            self.former_name,
            self.former_code,
        ]

    def repeat(self, row: int) -> int:
        """Write the row a second time, at the end; returns where."""
        for values in self._lists:
            values.append(values[row])
        return len(self) - 1

    def drop(self, rows: set[int]) -> None:
        """Leave rows out."""
        for values in self._lists:
            values[:] = [value for row, value in enumerate(values) if row not in rows]

    def accepted(self) -> np.ndarray:
        """Numbers of the rows it was made of that a reader accepts."""
        good = [base for base, reason in zip(self.base, self.reason, strict=True) if reason is None]
        return np.array(good, dtype=np.int64)

    def noted(self) -> np.ndarray:
        """Numbers of the accepted rows of which a reader nulls a cell."""
        rows = zip(self.base, self.reason, self.column, strict=True)
        return np.array([base for base, reason, column in rows if reason is None and column], dtype=np.int64)

    def quarantined(self) -> np.ndarray:
        """Numbers of the rows it was made of that a reader puts into quarantine."""
        bad = {b for b, reason in zip(self.base, self.reason, strict=True) if reason not in (None, "duplicate")}
        return np.array(sorted(bad), dtype=np.int64)
