"""The lists of enterprises that the internal edition of the scoreboard adds."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.reading import cell
from pipelines.report.scoreboard_figures import EnterpriseList

SHOWN_ROWS = 200


def enterprise_lists(tables: Path) -> list[EnterpriseList]:
    """The lists of `scoreboard_lists.yml` from an `internal.duckdb`, each bounded to `SHOWN_ROWS` rows, with the codes
    of towns, platforms and divisions as names."""
    described = yaml.safe_load(Path(__file__).with_name("scoreboard_lists.yml").read_text(encoding="utf-8"))
    with duckdb.connect(str(tables), read_only=True) as connection:
        return [_read(connection, spec) for spec in described]


def _read(connection: duckdb.DuckDBPyConnection, spec: dict[str, Any]) -> EnterpriseList:
    comments = dict(
        connection.execute(
            "select column_name, comment from duckdb_columns() where schema_name = 'marts' and table_name = $table",
            {"table": spec["table"]},
        ).fetchall()
    )
    columns = ", ".join(_column(name) for name in spec["columns"])
    found = connection.execute(
        f"select count(*) over (), {columns} from marts.{spec['table']} as t "  # noqa: S608 - a file of this project
        f"where {spec['where']} order by {spec['order']} limit {SHOWN_ROWS}"
    ).fetchall()
    names = [_names(spec.get("names", {}).get(column)) for column in spec["columns"]]
    return EnterpriseList(
        spec["id"],
        spec["zh"],
        spec["en"],
        [_heading(comments[name]) for name in spec["columns"]],
        [[_said(cell(value), of) for value, of in zip(row[1:], names, strict=True)] for row in found],
        found[0][0] if found else 0,
    )


def _names(seed: str | None) -> dict[str, str]:
    """What the codes of a seed (its first column) mean in Chinese."""
    if seed is None:
        return {}
    # Imported here, so that Dagster's definitions load without Polars.
    from pipelines.plan.seeds import seed_path

    with seed_path(seed).open(encoding="utf-8", newline="") as file:
        return {next(iter(row.values())): row["name_zh"] for row in csv.DictReader(file)}


def _said(text: str, names: dict[str, str]) -> str:
    """Codes joined by `;` as what they mean; a code without a meaning as it is."""
    return "；".join(names.get(code, code) for code in text.split(";")) if names else text


def _column(name: str) -> str:
    """A column, or for a code of a dimension its Chinese name."""
    breakdown = {"town_code": "town", "platform_code": "platform", "division": "industry"}.get(name)
    if breakdown is None:
        return f"t.{name}"
    return (
        f"(select any_value(d.name_zh) from marts.dimension as d "  # noqa: S608 - names of this project
        f"where d.breakdown = '{breakdown}' and d.breakdown_code = t.{name}) as {name}"
    )


def _heading(comment: str) -> tuple[str, str]:
    """`中文 / English [unit]` in two, the unit with both. A slash within a text (`GB/T`) has no blank after it."""
    text, bracket, unit = comment.partition(" [")
    chinese, _, english = text.partition("/ ")
    return chinese.strip() + bracket + unit, english.strip() + bracket + unit
