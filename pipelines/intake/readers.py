"""Bytes of a channel to a `RawTable`: text cells with the row numbers a clerk sees. No contract columns here."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import fastexcel
import polars as pl

from pipelines.contracts import Contract
from pipelines.intake.refusal import Refused
from pipelines.intake.values import half_width_text

# A delivery larger than this is not what a bureau hands in.
MAX_FILE_BYTES = 512 * 1024**2
MAX_UNPACKED_BYTES = 4 * 1024**3

TOTAL_WORDS = ("合计", "总计")
SUBTOTAL_WORD = "小计"
_NOTE = re.compile(r"^(?:注|备注)[:：]")
_SERIAL_HEADER = "序号"
ERROR_CELL = "#ERROR!"


@dataclass(frozen=True)
class RawTable:
    """`cells` has `row_number` (Int32) and one text column `c0` … a printed column; `header` names them as printed.

    `totals` are the cells of the 合计 row; `title` and `unit` come from rows 1 and 2 of a workbook;
    `overflow` are row numbers of csv rows with more fields than the heading.
    """

    header: tuple[str, ...]
    cells: pl.DataFrame
    totals: tuple[str | None, ...] | None = None
    title: str | None = None
    unit: str | None = None
    sheet: str | None = None
    overflow: tuple[int, ...] = ()

    def column(self, index: int) -> pl.Series:
        return self.cells.get_column(f"c{index}")


def header_key(text: str | None) -> str:
    """A heading as it is compared: blanks out, half width."""
    return re.sub(r"\s", "", half_width_text(text or ""))


def read_table(content: bytes, contract: Contract) -> RawTable:
    """The table of a workbook, csv or jsonl delivery.

    Raises `Refused` (`unreadable`) where the bytes are not what the channel says.
    """
    if len(content) > MAX_FILE_BYTES:
        raise Refused("unreadable", f"larger than {MAX_FILE_BYTES // 1024**2} MiB; split it or ask for the limit")
    if contract.channel == "workbook":
        return read_workbook(content, contract)
    if contract.channel == "csv":
        return read_csv(content, contract)
    return read_jsonl(content, contract)


# ---------------------------------------------------------------------------------------------- workbook


def read_workbook(content: bytes, contract: Contract) -> RawTable:
    sheet, grid = _sheet(content)
    if grid.height < 3:
        raise Refused("schema_mismatch", "no heading in row 3; needs " + _needed(contract))
    title = _first(grid.row(0))
    unit = _unit(grid.row(1))
    header, header_rows = _header(grid, contract)
    body = grid.slice(2 + header_rows).with_columns(
        pl.int_range(3 + header_rows, pl.len() + 3 + header_rows, dtype=pl.Int32).alias("row_number")
    )
    columns = [f"c{i}" for i in range(len(header))]
    first = _first_cells(body.select(columns))
    totals_at = first.is_in(TOTAL_WORDS).fill_null(False).arg_true()
    notes_at = first.str.contains(_NOTE.pattern).fill_null(False).arg_true()
    end = min((at[0] for at in (totals_at, notes_at) if len(at)), default=body.height)
    totals = body.select(columns).row(totals_at[0]) if len(totals_at) else None
    serials = {f"c{i}" for i, name in enumerate(header) if header_key(name) == _SERIAL_HEADER}
    data = body.head(end).filter((first.head(end) != SUBTOTAL_WORD).fill_null(False))
    data = _without_blank_rows(data, [c for c in columns if c not in serials])
    return RawTable(header, data.select("row_number", *columns), totals, title, unit, sheet)


def _sheet(content: bytes) -> tuple[str, pl.DataFrame]:
    """Name and all cells of the first visible sheet as text, from row 1 on; error cells keep an error text."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            unpacked = sum(item.file_size for item in package.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise Refused("unreadable", "the workbook unpacks to more than 4 GiB")
        book = fastexcel.read_excel(content)
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            if sheet.visible == "visible":
                break
        batch, errors = sheet.to_arrow_with_errors()
    except (fastexcel.FastExcelError, zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused("unreadable", f"not a readable .xlsx workbook ({type(error).__name__})") from error
    grid = pl.DataFrame(pl.from_arrow(batch))
    grid = grid.rename({old: f"c{i}" for i, old in enumerate(grid.columns)}).with_columns(pl.all().cast(pl.String))
    if errors is not None and errors.errors:
        for error_cell in errors.errors:
            row, column = error_cell.position
            grid[row, f"c{column}"] = ERROR_CELL
    return sheet.name, grid


def _header(grid: pl.DataFrame, contract: Contract) -> tuple[tuple[str, ...], int]:
    """The full printed names and the number of heading rows: whichever of one or two matches more of the contract."""
    upper = [cell.strip() if cell else None for cell in grid.row(2)]
    one = tuple(cell or "" for cell in upper)
    if grid.height < 4:
        return one, 1
    lower = [cell.strip() if cell else None for cell in grid.row(3)]
    two: list[str] = []
    above: str | None = None
    for top, below in zip(upper, lower, strict=True):
        above = top or above
        two.append(f"{above}/{below}" if below and above else (top or below or ""))
    if len(match_columns(tuple(two), contract)) > len(match_columns(one, contract)):
        return tuple(two), 2
    return one, 1


def _first(row: tuple[str | None, ...]) -> str | None:
    return next((cell.strip() for cell in row if cell and cell.strip()), None)


def _unit(row: tuple[str | None, ...]) -> str | None:
    for cell in row:
        match = re.search(r"单位\s*[::：]\s*([^\s,,;；)）]+)", cell or "")
        if match:
            return match.group(1)
    return None


def _first_cells(cells: pl.DataFrame) -> pl.Series:
    """The first cell of each row that is not blank, blanks taken out; null for a blank row. Most rows have it in the
    first column: only the others are looked at further."""
    first = cells.to_series(0).str.replace_all(r"\s", "")
    positions = ((first == "") | first.is_null()).arg_true()
    if positions.is_empty():
        return first
    others = cells[positions].select(pl.coalesce(*(_blank_to_null(name) for name in cells.columns))).to_series()
    return first.scatter(positions, others.str.replace_all(r"\s", ""))


def _without_blank_rows(body: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The rows with something in one of `columns`."""
    if not columns:
        return body.clear()
    filled = (body.get_column(columns[0]).str.strip_chars() != "").fill_null(False)
    positions = (~filled).arg_true()
    if positions.is_empty():
        return body
    elsewhere = pl.any_horizontal(*(_blank_to_null(name).is_not_null() for name in columns))
    return body.filter(filled.scatter(positions, body[positions].select(elsewhere).to_series()))


def _blank_to_null(name: str) -> pl.Expr:
    stripped = pl.col(name).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


# --------------------------------------------------------------------------------------------------- csv


def decode(content: bytes, declared: str) -> str:
    """The text of a csv: UTF-8 where the bytes are UTF-8 (a bureau's new software), else the declared encoding.

    Raises `Refused` (`unreadable`).
    """
    for encoding in ("utf-8-sig", declared, "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("unreadable", f"not text in {declared.upper()}")


def read_csv(content: bytes, contract: Contract) -> RawTable:
    text = decode(content, contract.encoding)
    if "\x00" in text:
        raise Refused("unreadable", "holds NUL characters; not a csv file")
    if not text or text.isspace():
        raise Refused("empty", "the file is empty")
    try:
        lines = text.encode()
        width = pl.read_csv(lines, has_header=False, infer_schema=False, truncate_ragged_lines=True, n_rows=1).width
        # A heading line of our own, one column wider: rows with too many fields show instead of being cut.
        own_heading = ",".join(f"c{i}" for i in range(width + 1)).encode()
        grid = pl.read_csv(own_heading + b"\n" + lines, infer_schema=False, truncate_ragged_lines=True)
    except (pl.exceptions.PolarsError, UnicodeError) as error:
        raise Refused("unreadable", f"not a csv file ({type(error).__name__})") from error
    columns = [f"c{i}" for i in range(width)]
    header = tuple((cell or "").strip() for cell in grid.select(columns).row(0))
    body = grid.slice(1).with_columns(pl.int_range(2, pl.len() + 2, dtype=pl.Int32).alias("row_number"))
    body = _without_blank_rows(body, columns)
    beyond = body.filter(pl.col(f"c{width}").is_not_null())
    overflow = _without_blank_rows(beyond, [f"c{width}"]).get_column("row_number")
    return RawTable(header, body.select("row_number", *columns), overflow=tuple(overflow.to_list()))


# ------------------------------------------------------------------------------------------------- jsonl


def read_jsonl(content: bytes, contract: Contract) -> RawTable:
    """One object a line; the header is the contract's names that occur, then unknown ones."""
    text = decode(content, "utf-8")
    lines = pl.DataFrame({"line": text.split("\n")}).with_row_index("row_number", offset=1)
    lines = lines.filter(pl.col("line").str.strip_chars() != "").cast({"row_number": pl.Int32})
    if lines.is_empty():
        raise Refused("empty", "the list holds no object")
    with duckdb.connect() as connection:
        connection.register("lines", lines.to_arrow())
        bad = connection.execute(
            "select min(row_number) from lines where not json_valid(line) or json_type(line) <> 'OBJECT'"
        ).fetchone()
        if bad and bad[0] is not None:
            raise Refused("unreadable", f"line {bad[0]} is not a JSON object; the list may be cut short")
        keys = [
            row[0]
            for row in connection.execute(
                "select distinct unnest(json_keys(line)) as key from lines order by key"
            ).fetchall()
        ]
        known = [column.header for column in contract.columns if column.header in keys]
        header = tuple(known + [key for key in keys if key not in known])
        picks = ", ".join(f"line ->> $p{i} as c{i}" for i in range(len(header)))
        cells = connection.execute(
            f"select row_number, {picks} from lines order by row_number",  # noqa: S608 - column positions only
            {f"p{i}": "$." + json.dumps(name, ensure_ascii=False) for i, name in enumerate(header)},
        ).pl()
    return RawTable(header, cells.cast({f"c{i}": pl.String for i in range(len(header))}))


# ---------------------------------------------------------------------------------------------- database


def read_sqlite(content: bytes, contract: Contract) -> dict[str, pl.DataFrame]:
    """Every contract table of a database drop as text cells.

    Raises `Refused`: `unreadable`, or `schema_mismatch` naming table and columns.
    """
    if len(content) > MAX_FILE_BYTES:
        raise Refused("unreadable", f"larger than {MAX_FILE_BYTES // 1024**2} MiB")
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(content)
        found: dict[str, set[str]] = {}
        for table in contract.tables:
            rows = connection.execute("select name from pragma_table_info(?)", (table.name,)).fetchall()
            found[table.name] = {name for (name,) in rows}
        for table in contract.tables:
            missing = [c.header for c in table.columns if c.header not in found[table.name]]
            if missing:
                raise Refused("schema_mismatch", f"table {table.name} lacks: {', '.join(missing)}")
        tables = {}
        for table in contract.tables:
            names = [column.header for column in table.columns]
            # Names are the contract's own; every value travels as text and is typed by the contract.
            picks = ", ".join(f'cast("{name}" as text)' for name in names)
            rows = connection.execute(f'select {picks} from "{table.name}"').fetchall()  # noqa: S608
            tables[table.name] = pl.DataFrame(rows, schema={name: pl.String for name in names}, orient="row")
        return tables
    except sqlite3.DatabaseError as error:
        raise Refused("unreadable", f"not a readable SQLite file ({error})") from error
    finally:
        connection.close()


# ----------------------------------------------------------------------------------------------- columns


def match_columns(header: Sequence[str], contract: Contract) -> dict[str, int]:
    """Contract column name → position in the file, by heading or alias (blanks and bracket width aside)."""
    positions: dict[str, int] = {}
    for index, printed in enumerate(header):
        positions.setdefault(header_key(printed), index)
    found: dict[str, int] = {}
    for column in contract.columns:
        for heading in (column.header, *column.aliases):
            if header_key(heading) in positions:
                found[column.name] = positions[header_key(heading)]
                break
    return found


def _needed(contract: Contract) -> str:
    return "、".join(column.header for column in contract.columns if column.required)
