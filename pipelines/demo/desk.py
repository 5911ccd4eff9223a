"""The desk over which every delivery goes into the inbox, and what is remembered of it for the truth."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipelines.demo.county import MONTHS
from pipelines.demo.files import Layout, column_sums, cut_short, draw_layout, write_csv, write_workbook
from pipelines.demo.plan import REFUSALS, versions
from pipelines.demo.setting import setting, stream
from pipelines.demo.sheet import Column, Form, Sheet
from pipelines.demo.spoil import QUARANTINED, spoil
from pipelines.demo.untidy import untidy

MakeSheet = Callable[[], Sheet]
# A column no contract knows: to be noted, not to be refused.
_EXTRA = Column("审核状态")


@dataclass(frozen=True)
class Taken:
    """What becomes of the clean rows of a file in force, by their numbers. A row in neither was left out."""

    accepted: np.ndarray
    noted: np.ndarray
    """Those of them with a cell that was nulled."""
    quarantined: np.ndarray


@dataclass
class Desk:
    """Writes deliveries and keeps the books: `deliveries`, `quarantine`, `cell_notes`, `planted`."""

    inbox: Path
    years: tuple[int, ...]
    defects: float
    seed: int
    shared_name: str = ""
    progress: Callable[[str], None] | None = None
    files: int = 0
    rows: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    deliveries: list[dict[str, object]] = field(default_factory=list)
    quarantine: list[dict[str, object]] = field(default_factory=list)
    cell_notes: list[dict[str, object]] = field(default_factory=list)

    def path(self, source: str, file_name: str) -> Path:
        folder = self.inbox / source
        folder.mkdir(parents=True, exist_ok=True)
        return folder / file_name

    def deliver(
        self, form: Form, make: MakeSheet, year: int | None, month: int | None = None, *, unit: str | None = None
    ) -> Taken | None:
        """Write every version of a file that is sent; `month` is the last one it covers.

        `make` gives the clean sheet anew for each version. Returns what becomes of the clean rows in the version in
        force, or None where the period stays without a file.
        """
        k = 0 if year is None else self.years.index(year)
        turn = k if month is None else k * MONTHS + month - 1
        plan = versions(form.source, k, month, years=len(self.years), defects=self.defects)
        good = [number for number, version in enumerate(plan) if version not in REFUSALS]
        in_force = good[-1] if good else None
        taken = None
        for number, version in enumerate(plan):
            rng = stream(self.seed, form.source, year, month, number)
            sheet = make()
            if number == in_force:
                self.planted += spoil(sheet, self.defects, rng, turn=turn, shared_name=self.shared_name)
                taken = Taken(sheet.accepted(), sheet.noted(), sheet.quarantined())
            elif version == "wrong":
                _mistake(sheet, rng)
            name, printed = self._write(form, sheet, year, month, number, version, unit, rng)
            status = "accepted" if number == in_force else "refused" if version in REFUSALS else "superseded"
            self._book(form, sheet, name, status, version, printed)
        return taken

    def _write(
        self,
        form: Form,
        sheet: Sheet,
        year: int | None,
        month: int | None,
        number: int,
        version: str,
        unit: str | None,
        rng: np.random.Generator,
    ) -> tuple[str, Layout]:
        columns = [
            column
            for column in form.columns
            if not (column.optional and rng.random() < 0.15) or column.heading in sheet.column
        ]
        if version == "schema_mismatch":
            columns.remove([c for c in columns if not c.optional and c.kind in ("number", "name")][-1])
        if rng.random() < 0.08:
            columns.append(_EXTRA)
            sheet.cells[_EXTRA.heading] = ["已审"] * len(sheet)
        if version == "empty":
            sheet.drop(set(range(len(sheet))))
        period = "" if year is None else f"_{year}"
        if month is not None:
            period += f"Q{month // 3}" if form.quarterly else f"{month:02d}"
        again = f"_更正{number}" if number else ""
        name = f"{form.stem}{period}{again}.{'xlsx' if form.channel == 'workbook' else 'csv'}"
        path = self.path(form.source, name)
        layout = draw_layout(sheet, columns, rng)
        if form.channel == "csv":
            untidy(sheet, rng, dates_as_cells=False)
            # A mark no Chinese encoding and no UTF-8 begins with: it cannot be decoded.
            encoding = "utf-16" if version == "unreadable" else form.encoding
            write_csv(path, sheet, layout, encoding=encoding)
        else:
            assert year is not None
            totals = column_sums(sheet)
            if version == "control_total_mismatch":
                layout = _with_total(layout)
                totals = {heading: round(value * 1.01 + 1, 4) for heading, value in totals.items()}
            starts = (-1, *layout.subtotals_after)
            subtotals = [
                column_sums(sheet, start + 1, stop + 1)
                for start, stop in zip(starts, layout.subtotals_after, strict=False)
            ]
            untidy(sheet, rng, dates_as_cells=True)
            shown = (month - 1 or 12) if month and version == "period_mismatch" else month
            when = f"{year}年"
            if shown is not None:
                when += f"第{shown // 3}季度" if form.quarterly else f"{shown}月"
            colon = str(rng.choice([":", "："]))
            unit_text = "万美元" if version == "unit_unknown" else unit or form.unit
            write_workbook(
                path,
                sheet,
                layout,
                title=f"{setting()['county']['name']}{form.title.format(when=when)}",
                unit=f"单位{colon}{unit_text}",
                totals=totals,
                subtotals=subtotals,
                created=dt.datetime(year, month or 12, 28),
            )
            if version == "unreadable":
                cut_short(path)
        if self.progress:
            self.progress(f"{form.source} {name}")
        return name, layout

    def _book(self, form: Form, sheet: Sheet, name: str, status: str, version: str, layout: Layout) -> None:
        reason = version if status == "refused" else ""
        if reason:
            self.planted[f"refused:{reason}"] += 1
        if version == "wrong":
            self.planted["corrected"] += 1
        is_csv = form.channel == "csv"
        number_of = (lambda position: position + 2) if is_csv else layout.row_number
        self.book(form.source, name, status, reason, sheet, number_of, layout.printed)

    def book(
        self,
        source: str,
        name: str,
        status: str,
        reason: str,
        sheet: Sheet | None,
        number_of: Callable[[int], int] = lambda position: position + 1,
        printed: Mapping[str, str] | None = None,
    ) -> None:
        """Enter a delivery and its spoiled rows; without a sheet, or refused, it has no counts."""
        self.files += 1
        counts: Sequence[int | None] = (None, None, None, None)
        if sheet is not None:
            self.rows += len(sheet)
        if sheet is not None and status != "refused":
            spoiled = sum(why in QUARANTINED for why in sheet.reason)
            repeated = sheet.reason.count("duplicate")
            counts = (len(sheet), len(sheet) - spoiled - repeated, spoiled, repeated)
            self._list_rows(source, name, sheet, number_of, printed or {})
        keys = ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate")
        delivery: dict[str, object] = {"source": source, "file": name, "status": status, "reason": reason}
        self.deliveries.append(delivery | dict(zip(keys, counts, strict=True)))

    def _list_rows(
        self, source: str, name: str, sheet: Sheet, number_of: Callable[[int], int], printed: Mapping[str, str]
    ) -> None:
        for position, (why, column) in enumerate(zip(sheet.reason, sheet.column, strict=True)):
            if column is None and why in (None, "duplicate"):
                continue
            where = {"source": source, "file": name, "row_number": number_of(position)}
            shown = "" if column is None else printed.get(column, column)
            if why is None:
                assert column is not None
                cell = str(sheet.cells[column][position])
                self.cell_notes.append(where | {"column": shown, "column_in_contract": column, "cell": cell})
            else:
                self.quarantine.append(where | {"reason": why, "column": shown, "column_in_contract": column or ""})


def _with_total(layout: Layout) -> Layout:
    return Layout(**{**layout.__dict__, "total_label": "合计"})


def _mistake(sheet: Sheet, rng: np.random.Generator) -> None:
    """Figures that a correction will put right."""
    columns = [
        column for column in sheet.form.of_kind("number") if not column.optional and column.heading in sheet.cells
    ]
    column = columns[0]
    cells = sheet.cells[column.heading]
    for row in np.flatnonzero(rng.random(len(cells)) < 0.2).tolist():
        value = cells[row]
        if isinstance(value, int | float):
            cells[row] = type(value)(round(value * 1.3, column.decimals))
