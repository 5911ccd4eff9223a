"""What `public.duckdb` holds: its tables with keys and words, the data date, and the status of every observation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from pipelines.export.units import units
from pipelines.gate.suites import load_suites
from pipelines.reading import rows

SCHEMA = "marts"
OBSERVATION = Path(__file__).with_name("observation.sql")


class ExportBroken(Exception):
    """The public tables cannot be exported; the message says what to mend."""


@dataclass(frozen=True)
class Words:
    """A comment in both languages, and the unit it ends in (`中文 / English [unit]`)."""

    zh: str
    en: str
    unit: str | None

    @property
    def both(self) -> str:
        return self.zh if self.zh == self.en else f"{self.zh} / {self.en}"


@dataclass(frozen=True)
class Column:
    name: str
    kind: str  # DuckDB's name of the type
    required: bool
    words: Words

    @property
    def is_text(self) -> bool:
        return self.kind == "VARCHAR"


@dataclass(frozen=True)
class PublicTable:
    """A table of the public file, told apart by `key`, in the order of which it is written."""

    name: str
    words: Words
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def source(self) -> str:
        return f"{SCHEMA}.{quoted(self.name)}"

    @property
    def order(self) -> str:
        return ", ".join(f"{quoted(column)} NULLS LAST" for column in self.key)


@dataclass(frozen=True)
class Release:
    """What the forms say of the release they are of. `data_month`: its latest month, `YYYY-MM`."""

    content_hash: str
    county_code: str
    county_zh: str
    county_en: str
    data_month: str


def quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def words(comment: str | None) -> Words:
    """The parts of `中文 / English [unit]`; text that is not parted stands for both languages."""
    zh, _, en = (comment or "").partition(" / ")
    en = en or zh
    unit = None
    if en.endswith("]"):
        en, _, unit = en[:-1].rpartition(" [")
        zh = zh if zh != f"{en} [{unit}]" else en
    return Words(zh, en, unit)


@contextmanager
def open_public(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The public file, read only, with the temporary view `observation` (`observation.sql`).

    Raises `ExportBroken` where the file is not there.
    """
    if not path.is_file():
        raise ExportBroken(
            f"{path.name}: 没有公开数据文件 not there, and exports are written from it alone. A release published "
            "without it has none; in a night the part that writes it comes before (pipelines/release/parts.py)"
        )
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("unit_of", units())
        connection.execute(OBSERVATION.read_text(encoding="utf-8"))
        yield connection


def public_tables(connection: duckdb.DuckDBPyConnection) -> list[PublicTable]:
    """Every table of schema `marts`, by name; its key is the one its suite in `expectations/` names.

    Raises `ExportBroken` for a table without a suite.
    """
    keys = {suite.table: suite.key for suite in load_suites()}
    found = rows(
        connection,
        "select table_name, comment from duckdb_tables() where schema_name = $schema and not temporary order by 1",
        schema=SCHEMA,
    )
    if strangers := [t["table_name"] for t in found if f"{SCHEMA}.{t['table_name']}" not in keys]:
        raise ExportBroken(f"no suite in expectations/ names the key of {', '.join(strangers)}")
    return [
        PublicTable(
            table["table_name"],
            words(table["comment"]),
            keys[f"{SCHEMA}.{table['table_name']}"],
            tuple(_columns(connection, table["table_name"])),
        )
        for table in found
    ]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[Column]:
    for column in rows(
        connection,
        "select column_name, data_type, is_nullable, comment from duckdb_columns() "
        "where schema_name = $schema and table_name = $table order by column_index",
        schema=SCHEMA,
        table=table,
    ):
        yield Column(column["column_name"], column["data_type"], not column["is_nullable"], words(column["comment"]))


def release_of(connection: duckdb.DuckDBPyConnection, content_hash: str) -> Release:
    """Raises `ExportBroken` where the file names no county, or several, or holds no month."""
    counties = rows(connection, "select * from marts.dimension where breakdown = 'county'")
    if len(counties) != 1:
        raise ExportBroken(f"marts.dimension names {len(counties)} counties; exports are of one")
    ((last,),) = connection.execute("select max(period) from marts.indicator_value").fetchall()
    if last is None:
        raise ExportBroken("marts.indicator_value is empty: there is no figure to export")
    (county,) = counties
    return Release(content_hash, county["breakdown_code"], county["name_zh"], county["name_en"], last)


def last_day(month: str) -> date:
    """The last day of a month `YYYY-MM`."""
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
