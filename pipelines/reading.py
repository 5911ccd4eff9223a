"""What commands that read a release share: rows by name, figures for the screen, the answer that nothing is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from rich.table import Table

FREE = "F"


class NothingThere(Exception):
    """What was asked for is not in the release; the message says what is."""


@contextmanager
def opened(tables: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release's tables for reading, whichever audience the file is for: every table of `marts` and `audit` under its
    own name, in `marts` always with `conf_status` (SDMX CL_CONF_STATUS), which only the public file has of itself."""
    with duckdb.connect() as connection:
        # ATTACH takes no parameters
        quoted = str(tables).replace("'", "''")
        connection.execute(f"attach '{quoted}' as release (read_only)")
        found = connection.execute(
            "select schema_name, table_name, bool_or(column_name = 'conf_status') from duckdb_columns() "
            "where database_name = 'release' and schema_name in ('audit', 'marts') group by all order by all"
        ).fetchall()
        connection.execute("create schema audit; create schema marts")
        for schema, table, has_status in found:
            lacking = f", '{FREE}' as conf_status" if schema == "marts" and not has_status else ""
            connection.execute(
                f'create view {schema}."{table}" as select *{lacking} from release.{schema}."{table}"'  # noqa: S608
            )
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a query, each by column name."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def number(value: Any) -> str:
    """A figure for the screen, never rounded to where it would look like its target."""
    if value is None:
        return "—"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4f}".rstrip("0").rstrip(".")


def share(value: float | None) -> str:
    """A share in %, one digit; never a full hundred that it is not."""
    if value is None:
        return ""
    text = f"{value:.1%}"
    return text if value >= 1 or text != "100.0%" else f"{number(100 * value)}%"


def cell(value: Any) -> str:
    """Anything for the screen: measured figures as `number`, yes and no in Chinese, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return number(value) if isinstance(value, float | Decimal) else str(value)


def table_of(title: str, headings: dict[str, str], found: list[dict[str, Any]]) -> Table:
    """A table of `found`; `headings`: column → heading. Figures to the right."""
    table = Table(title=title, title_justify="left")
    for column, heading in headings.items():
        kinds = {type(row[column]) for row in found}
        table.add_column(heading, justify="right" if kinds & {int, float, Decimal} else "left", overflow="fold")
    for row in found:
        table.add_row(*(cell(row[column]) for column in headings))
    return table
