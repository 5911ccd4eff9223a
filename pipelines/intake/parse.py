"""One delivery by its contract: typed rows, bad cells named, or the file refused whole.

What is decided here depends on the bytes, the file name and the contract alone; what depends on the registers or
on other rows (unknown enterprises, duplicates) is judged later, in `judge`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from pipelines.contracts import Column, Contract
from pipelines.intake import values
from pipelines.intake.judge import outcomes
from pipelines.intake.readers import RawTable, match_columns, read_sqlite, read_table
from pipelines.intake.refusal import Refused
from pipelines.plan.seeds import plan_codes

# 合计 may differ from the sum of its column by this share (contract, "A file is refused whole").
CONTROL_TOLERANCE = Decimal("0.001")


@dataclass(frozen=True)
class CellNote:
    """A cell that was nulled while its row stayed (`audit.cell_note`)."""

    row_number: int | None
    column_name: str
    cell: str
    reason: str


@dataclass(frozen=True)
class Parsed:
    """Tables by name (`""` for the one of a file). Columns: `row_number`, the contract's columns typed, and for
    enterprises `code_norm`, `code_is_valid`, `name_norm`; then `bad_reason`, `bad_column` (as printed) or null.

    `cells` holds the original text: `row_number`, `c0` …, headed by `header`.
    """

    tables: dict[str, pl.DataFrame]
    header: tuple[str, ...] = ()
    cells: pl.DataFrame | None = None
    code_header: str | None = None
    sheet: str | None = None
    money_unit: str | None = None
    extra_columns: tuple[str, ...] = ()
    notes: list[CellNote] = field(default_factory=list)


def parse(content: bytes, contract: Contract, period: str | None) -> Parsed:
    """Typed rows of one delivery.

    Raises `Refused` with the first reason that applies, in the order of the contract.
    """
    if contract.channel == "sqlite":
        return _parse_database(content, contract)
    table = read_table(content, contract)
    found = match_columns(table.header, contract)
    missing = [c.header for c in contract.columns if c.required and c.name not in found]
    if missing:
        raise Refused("schema_mismatch", f"缺少列 missing columns: {'、'.join(missing)}")
    _check_title(table.title, contract, period)
    unit = _money_unit(table.unit, contract)
    if table.cells.is_empty():
        raise Refused("empty", "no data row below the heading")
    frame, notes = _typed(table, contract, found, period)
    _check_totals(table, contract, found, frame)
    if contract.strict:
        _check_rows(frame, contract)
    known = set(found.values())
    return Parsed(
        tables={"": frame},
        header=table.header,
        cells=table.cells,
        code_header=table.header[found[contract.enterprise.code]]
        if contract.enterprise and contract.enterprise.code in found
        else None,
        sheet=table.sheet,
        money_unit=unit,
        extra_columns=tuple(name for i, name in enumerate(table.header) if i not in known and name),
        notes=notes,
    )


def typed(cells: pl.Series, column: Column) -> tuple[pl.Series, pl.Series | None]:
    """(typed values, bad cells or None where nothing can be bad) of one column."""
    if column.type == "number":
        return values.numbers(cells)
    if column.type == "date":
        return values.dates(cells)
    if column.type == "flag":
        return values.flags(cells)
    if column.type in ("month", "period"):
        return values.periods(cells, months_only=column.type == "month")
    if column.type == "digits":
        assert column.width is not None
        return values.digits(cells, column.width)
    text = values.texts(cells)
    if column.one_of:
        return text, text.is_not_null() & ~text.is_in(column.one_of)
    return text, None


_REASON = {
    "number": "not_a_number",
    "digits": "not_a_number",
    "date": "not_a_date",
    "month": "not_a_date",
    "period": "not_a_date",
}


def _typed(
    table: RawTable, contract: Contract, found: dict[str, int], period: str | None
) -> tuple[pl.DataFrame, list[CellNote]]:
    rows = table.cells.get_column("row_number")
    out: dict[str, pl.Series] = {"row_number": rows}
    misread: list[tuple[int, str, str, pl.Series]] = []
    beyond: list[tuple[int, str, str, pl.Series]] = []
    outside: list[tuple[int, str, str, pl.Series]] = []
    unproven: list[tuple[int, str, str, pl.Series]] = []
    notes: list[CellNote] = []
    read = _read(table, contract, found)
    for column in contract.columns:
        position = found.get(column.name)
        if position is None:
            out[column.name] = _nothing(column, len(rows))
            continue
        printed = table.header[position]
        series, bad = read[column.name]
        out[column.name] = series
        if bad is not None and bad.any():
            reason = column.unknown_value_is or _REASON.get(column.type, "unknown_value")
            nulled = contract.null_bad_cells_except is not None and column.name not in contract.null_bad_cells_except
            if nulled or reason == "unknown_value":
                # The register's exception, and flags and categories: the cell is nulled and listed, the row stays.
                notes += _notes(table, position, bad, printed, reason)
                if reason == "unknown_value":
                    out[column.name] = out[column.name].set(bad, None)
            else:
                misread.append((position, printed, reason, bad))
        if column.nonnegative:
            below = (series < 0).fill_null(False)
            if below.any():
                beyond.append((position, printed, "out_of_range", below))
        if column.must_be_in:
            codes = sorted(set().union(*(plan_codes(seed) for seed in column.must_be_in)))
            foreign = (series.is_not_null() & ~series.is_in(codes)).fill_null(False)
            if foreign.any():
                misread.append((position, printed, "unknown_code", foreign))
        if column.within_period and period:
            stray = (_period_of(series, contract) != period).fill_null(False)
            if stray.any():
                outside.append((position, printed, "outside_period", stray))
        if column.is_evidence and series.null_count():
            unproven.append((position, printed, "no_evidence", series.is_null()))
    if table.overflow:
        too_many = rows.is_in(list(table.overflow))
        misread.append((len(table.header), table.header[-1], "not_a_number", too_many))
    # In the contract's order of outcomes; within each the leftmost cell names the row.
    groups = (misread, beyond, outside, unproven)
    bad_cells = [spoiled for group in groups for spoiled in sorted(group, key=lambda b: b[0])]
    nothing = pl.lit(None, pl.String)
    verdict = {
        "bad_reason": pl.coalesce(*(pl.when(b).then(pl.lit(r)) for _, _, r, b in bad_cells), nothing),
        "bad_column": pl.coalesce(*(pl.when(b).then(pl.lit(p)) for _, p, _, b in bad_cells), nothing),
    }
    if contract.enterprise:
        raw_code = (
            table.column(found[contract.enterprise.code])
            if contract.enterprise.code in found
            else pl.Series([None] * len(rows), dtype=pl.String)
        )
        code, valid = values.codes(raw_code)
        out[contract.enterprise.code] = code.alias(contract.enterprise.code)
        name = values.names(table.column(found[contract.enterprise.name]))
        verdict |= {"code_norm": pl.lit(code), "code_is_valid": pl.lit(valid), "name_norm": pl.lit(name)}
    return pl.DataFrame(out).with_columns(**verdict), notes


def _read(table: RawTable, contract: Contract, found: dict[str, int]) -> dict[str, tuple[pl.Series, pl.Series | None]]:
    """`typed` of every column that was found.

    Columns read by the same rule are read as one long column: on the few hundred rows of a bureau's file an operation
    of Polars takes longer to start than to run.
    """
    alike: dict[tuple[object, ...], list[Column]] = defaultdict(list)
    for column in contract.columns:
        if column.name in found:
            alike[column.type, column.width, column.one_of].append(column)
    height = table.cells.height
    read: dict[str, tuple[pl.Series, pl.Series | None]] = {}
    for columns in alike.values():
        long, bad = typed(pl.concat([table.column(found[c.name]) for c in columns]), columns[0])
        for start, column in zip(range(0, height * len(columns), height), columns, strict=True):
            own = bad.slice(start, height) if bad is not None else None
            read[column.name] = long.slice(start, height).alias(column.name), own
    return read


def _period_of(days: pl.Series, contract: Contract) -> pl.Series:
    """The period of the contract's kind that a day lies in."""
    year = days.dt.year().cast(pl.String)
    if contract.period == "year":
        return year
    if contract.period == "quarter":
        return year + "-Q" + days.dt.quarter().cast(pl.String)
    return days.dt.strftime("%Y-%m")


def _nothing(column: Column, height: int) -> pl.Series:
    dtypes: dict[str, pl.DataType] = {"number": values.DECIMAL, "date": pl.Date(), "flag": pl.Boolean()}
    return pl.Series(column.name, [None] * height, dtype=dtypes.get(column.type, pl.String()))


def _notes(table: RawTable, position: int, bad: pl.Series, printed: str, reason: str) -> list[CellNote]:
    spoiled = table.cells.select("row_number", f"c{position}").filter(bad)
    return [CellNote(number, printed, cell, reason) for number, cell in spoiled.iter_rows()]


def _check_rows(frame: pl.DataFrame, contract: Contract) -> None:
    """`malformed` where a strict input has a row that would be quarantined, or lacks a required cell."""
    required = [c for c in contract.columns if c.required]
    lacking = pl.coalesce(
        *(pl.when(pl.col(c.name).is_null()).then(pl.lit(c.header)) for c in required), pl.lit(None, pl.String)
    )
    judged = outcomes(frame, contract, None).with_columns(
        outcome=pl.when((pl.col("outcome") == "accepted") & lacking.is_not_null())
        .then(pl.lit("empty_cell"))
        .otherwise(pl.col("outcome")),
        outcome_column=pl.coalesce("outcome_column", lacking),
    )
    spoiled = judged.filter(~pl.col("outcome").is_in(["accepted", "duplicate"])).select(
        "row_number", "outcome", "outcome_column"
    )
    if not spoiled.is_empty():
        shown = "; ".join(
            f"第{number}行 row {number}: {reason}" + (f" ({column})" if column else "")
            for number, reason, column in spoiled.head(5).iter_rows()
        )
        more = f" … {spoiled.height - 5} more" if spoiled.height > 5 else ""
        raise Refused("malformed", shown + more)


def _check_title(title: str | None, contract: Contract, period: str | None) -> None:
    """`period_mismatch` where year and month (or quarter) of the title contradict the file name."""
    if not title or not period:
        return
    text = values.half_width_text(title)
    year = re.search(r"(\d{4})\s*年", text)
    if not year:
        return
    said = year.group(1)
    month = re.search(r"\d{4}\s*年\s*(\d{1,2})\s*月", text)
    quarter = re.search(r"\d{4}\s*年\s*第?\s*([1-4一二三四])\s*季度", text)
    if contract.period == "month" and month:
        said = f"{said}-{int(month.group(1)):02d}"
    elif contract.period == "quarter" and quarter:
        said = f"{said}-Q{'一二三四'.find(quarter.group(1)) + 1 or quarter.group(1)}"
    if not period.startswith(said):
        raise Refused("period_mismatch", f"标题 title says {said}, 文件名 file name says {period}: {title}")


def _money_unit(printed: str | None, contract: Contract) -> str | None:
    if not contract.unit_in_row_2:
        return None
    unit = values.half_width_text(printed or "").strip()
    if unit not in contract.unit_in_row_2:
        raise Refused(
            "unit_unknown",
            f"第2行单位 row 2 says {printed or '(nothing)'}; known: {'、'.join(contract.unit_in_row_2)}",
        )
    return unit


def _check_totals(table: RawTable, contract: Contract, found: dict[str, int], frame: pl.DataFrame) -> None:
    """`control_total_mismatch` where a 合计 differs from the sum of its column by more than 0.1 %."""
    if table.totals is None:
        return
    columns = [c for c in contract.columns if c.type == "number" and c.name in found]
    printed = pl.Series([table.totals[found[c.name]] for c in columns], dtype=pl.String)
    totals: list[Decimal | None] = values.numbers(printed)[0].to_list()
    for column, total in zip(columns, totals, strict=True):
        if total is None:
            continue
        added = Decimal(str(frame.get_column(column.name).sum() or 0))
        if abs(total - added) > CONTROL_TOLERANCE * abs(added):
            raise Refused(
                "control_total_mismatch",
                f"列 column {table.header[found[column.name]]}: 合计 {total.normalize():f}, "
                f"明细之和 sum of rows {added.normalize():f}",
            )


def _parse_database(content: bytes, contract: Contract) -> Parsed:
    raw = read_sqlite(content, contract)
    tables: dict[str, pl.DataFrame] = {}
    notes: list[CellNote] = []
    for table in contract.tables:
        frame = raw[table.name]
        out = {}
        for column in table.columns:
            cells = frame.get_column(column.header)
            series, bad = typed(cells, column)
            out[column.name] = series.alias(column.name)
            if bad is not None and bad.any():
                reason = _REASON.get(column.type, "unknown_value")
                name = f"{table.name}.{column.header}"
                notes += [CellNote(None, name, cell, reason) for cell in cells.filter(bad).to_list()]
        # A database counts no rows: the n-th as its table is read, which equal bytes always give alike.
        numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int32, eager=True).alias("row_number")
        tables[table.name] = pl.DataFrame({"row_number": numbers, **out})
    if contract.tables and tables[contract.tables[0].name].is_empty():
        raise Refused("empty", f"table {contract.tables[0].name} holds no row")
    return Parsed(tables=tables, notes=notes)
