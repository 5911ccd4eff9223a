"""What commands that read a release share: rows by name, figures for the screen, the answer that nothing is there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
from rich.table import Table


class NothingThere(Exception):
    """What was asked for is not in the release; the message says what is."""


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
