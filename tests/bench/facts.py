"""`python -m tests.bench.facts HOME ENTERPRISES MONTHS`: facts of any size straight into an archive.

What bureaus of `ENTERPRISES` above-scale enterprises would have sent in `MONTHS` months (from 2020-01 on), as the
intake leaves it after its work: arrival records, what was judged of every file, the register's rows. A night with
nothing new runs on it. What is left out: the bytes of workbooks and csv files (the object of a delivery is a line that
says how its rows were made) and the parsed rows of all but the registers, so nothing of it can be parsed or judged
anew. The rows are those the intake itself would accept, quarantine and match (`tests/bench/test_facts.py` sends the
same facts as files).

500 000 enterprises × 60 months are 107 million rows in 240 files. Memory is that of one file.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from pipelines.contracts import Column, Contract, load_contracts
from pipelines.demo.invent import credit_codes
from pipelines.home import CHECKOUT, Home
from pipelines.intake.archive import Archive, Arrival, content_key
from pipelines.intake.run import PARSER, take_in

Say = Callable[[str], None]
FIRST_YEAR = 2020
SHEET = "Sheet1"
# When everything arrived: with the same arguments the same archive, byte for byte.
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
# Unit of a tax file by month, and the yuan in it.
UNITS = (("万元", 10_000), ("千元", 1_000), ("元", 1))


@dataclass(frozen=True)
class File:
    """One delivery to be: `source`, `period` (as the contract has it), the rows, and the money unit where it has one.

    `rows`: `row_number`, the contract's columns typed, `bad_column`, `bad_text`, `is_unknown` (see `facts.sql`).
    """

    source: str
    period: str | None
    rows: pl.DataFrame
    money_unit: str | None = None

    @property
    def contract(self) -> Contract:
        return load_contracts()[self.source]

    @property
    def name(self) -> str:
        stamp = f"_{self.period.replace('-', '')}" if self.period else ""
        return f"{self.contract.file_stem}{stamp}{self.contract.suffix}"

    def cells(self) -> pl.DataFrame:
        """`row_number`, `c0` …: the rows as text, as a bureau would have written them."""
        bad = pl.col("bad_column")
        return self.rows.select(
            "row_number",
            *(
                pl.when(bad == column.name).then("bad_text").otherwise(_text(column)).alias(f"c{at}")
                for at, column in enumerate(self.contract.columns)
            ),
        )


def _text(column: Column) -> pl.Expr:
    cell = pl.col(column.name)
    if column.type == "number":
        return cell.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    if column.type == "flag":
        return pl.when(cell).then(pl.lit("是")).when(~cell).then(pl.lit("否"))
    return cell.cast(pl.String)


class Nation:
    """The facts, file by file; `months` may end within a year. Holds one connection with the enterprises."""

    def __init__(self, enterprises: int, months: int, seed: int, scratch: Path | None = None) -> None:
        self.enterprises, self.months, self.seed = enterprises, months, seed
        settings = {"memory_limit": "3GB", "threads": 2} | ({"temp_directory": str(scratch)} if scratch else {})
        self._connection = duckdb.connect(config=settings)
        self._connection.execute("set variable seeds = $1", [str(CHECKOUT / "dbt_project" / "seeds")])
        self._connection.execute("set variable seed = $1", [seed])
        # A thirty-fourth of them is below scale in any year.
        total = -(-enterprises * 34 // 33)
        codes = credit_codes(2 * total, np.random.default_rng(seed))
        identity = pl.DataFrame({"i": np.arange(total), "code": codes[:total], "old_code": codes[total:]})
        self._connection.register("identity", identity.to_arrow())
        self._connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

    def years(self) -> range:
        return range(FIRST_YEAR, FIRST_YEAR + -(-self.months // 12))

    def registers(self) -> Iterator[File]:
        for k, year in enumerate(self.years()):
            yield self._file("register", str(year), f"{year}, {k}")

    def year(self, k: int) -> Iterator[File]:
        """Everything else about the k-th year. Years have to be asked for in their order."""
        year = FIRST_YEAR + k
        yield self._file("land", str(year), f"{year}, {k}")
        for month in range(1, min(12, self.months - 12 * k) + 1):
            self._connection.execute(f"create or replace table so_far as from next_month({year}, {month})")
            period, these = f"{year}-{month:02d}", f"{year}, {month}, {k}"
            unit, yuan = UNITS[(month + k) % len(UNITS)]
            yield self._file("tax", period, f"{these}, {yuan}", unit)
            yield self._file("electricity", period, these)
            if month > 1:
                yield self._file("industry", period, these)
                yield self._file("fuel", period, these)
        if self.months >= 12 * (k + 1):
            yield self._file("rd", str(year), f"{year}, {k}")
            yield self._file("population", str(year), f"{year}, {k}")
        if year == self.years()[-1]:
            yield self._file("price_index", None, f"{FIRST_YEAR}, {year}")

    def _file(self, source: str, period: str | None, arguments: str, money_unit: str | None = None) -> File:
        rows = self._connection.sql(f"from {source}({arguments}) order by row_number").pl()
        return File(source, period, rows, money_unit)


def write(home: Home, enterprises: int, months: int, *, seed: int = 1, say: Say = lambda message: None) -> int:
    """The archive of a nation below `home`, which must not have one; returns the number of rows.

    Judged by the intake itself, a year at a time, so that the rows parsed (thrown away afterwards) of one year are all
    that lies beside them on disk.
    """
    if home.archive.exists():
        raise FileExistsError(f"{home.archive}: an archive is there already; name another home")
    archive = Archive(home.archive)
    nation = Nation(enterprises, months, seed, home.work / "facts.tmp")
    rows, sequence = 0, 0

    def lay(files: Iterator[File]) -> None:
        nonlocal rows, sequence
        for file in files:
            sequence += 1
            _lay(archive, file, sequence, f"{enterprises} × {months}, seed {seed}")
            rows += file.rows.height
            say(f"{file.source}/{file.name}: {file.rows.height:,} rows")

    lay(nation.registers())
    for k, year in enumerate(nation.years()):
        lay(nation.year(k))
        report = take_in(home, lambda message, year=year: say(f"{year}: {message}"), now=RECEIVED)  # type: ignore[misc]
        if report.failures:
            raise RuntimeError("\n".join(report.failures))
        _forget_parsed(archive, {d.delivery_id: d.source for d in report.deliveries})
    shutil.rmtree(home.work / "facts.tmp", ignore_errors=True)
    return rows


def _lay(archive: Archive, file: File, sequence: int, made_of: str) -> None:
    """Arrival and parsed rows of a file, as `pipelines.intake.run` keeps them."""
    contract = file.contract
    what = {"source": file.source, "period": file.period, "rows": file.rows.height, "made_of": made_of}
    content = json.dumps(what, ensure_ascii=False).encode()
    arrival = Arrival(
        source=file.source,
        file_name=file.name,
        period=file.period,
        version=0,
        sha256=archive.put(content),
        size=len(content),
        received_at=RECEIVED.isoformat(timespec="seconds"),
        sequence=sequence,
        origin="inbox",
    )
    key = content_key("parsed", arrival.delivery_id, arrival.sha256, contract.fingerprint, PARSER, "")
    archive.derive("parsed", key, lambda folder: _write_parsed(file, folder))
    archive.record(arrival)


def _write_parsed(file: File, folder: Path) -> None:
    contract = file.contract
    headers = {column.name: column.header for column in contract.columns}
    info = {
        "status": "parsed",
        "header": list(headers.values()),
        "code_header": headers[contract.enterprise.code] if contract.enterprise else None,
        "sheet": SHEET if contract.channel == "workbook" else None,
        "money_unit": file.money_unit,
        "extra_columns": [],
        "notes": [],
    }
    bad = pl.col("bad_column")
    verdict = {
        "bad_reason": pl.when(bad.is_not_null()).then(pl.lit("not_a_number")),
        "bad_column": bad.replace_strict(headers, default=None, return_dtype=pl.String),
    }
    if contract.enterprise:
        code = pl.col(contract.enterprise.code)
        verdict |= {
            "code_norm": code,
            "code_is_valid": code.is_not_null() & ~pl.col("is_unknown"),
            "name_norm": pl.col(contract.enterprise.name),
        }
    rows = file.rows.select("row_number", *headers, **verdict)
    rows.write_parquet(folder / "rows.parquet", compression="zstd")
    # Only what will be quarantined is ever looked up there.
    spoiled = file.rows.get_column("is_unknown") | file.rows.get_column("bad_column").is_not_null()
    file.cells().filter(spoiled).write_parquet(folder / "cells.parquet", compression="zstd")
    (folder / "parsed.json").write_text(json.dumps(info, ensure_ascii=False), encoding="utf-8")


def _forget_parsed(archive: Archive, sources: dict[str, str]) -> None:
    """The parsed rows of everything but the registers, which every night reads."""
    for arrival in archive.arrivals():
        contract = load_contracts()[arrival.source]
        if sources[arrival.delivery_id] == "register":
            continue
        key = content_key("parsed", arrival.delivery_id, arrival.sha256, contract.fingerprint, PARSER, "")
        for name in ("rows.parquet", "cells.parquet"):
            (archive.derived("parsed", key) / name).unlink(missing_ok=True)


if __name__ == "__main__":
    target, size, span = sys.argv[1:4]
    made = write(Home(Path(target)), int(size), int(span), say=lambda message: print(message, flush=True))
    print(f"{made:,} rows in {Home(Path(target)).archive}")
