"""`datapackage.json`: a Data Package (https://specs.frictionlessdata.io) over the CSV and Parquet files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.export.public import Column, ExportBroken, PublicTable, Release
from pipelines.release.files import file_digest

DESCRIPTOR = "datapackage.json"
# DuckDB's types in the terms of Table Schema.
TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "number",
    "FLOAT": "number",
    "DECIMAL": "number",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "HUGEINT": "integer",
    "UBIGINT": "integer",
}
# Columns that point to another table wherever they stand, and the table they point to.
REFERENCES = (
    (("indicator_id",), "indicator", ("target_id",)),
    (("target_id",), "indicator", ("target_id",)),
    (("breakdown", "breakdown_code"), "dimension", ("breakdown", "breakdown_code")),
)
# The composite of the ranking is no row of the registry.
NO_REFERENCE = {("area_ranking", ("indicator_id",))}


def write_descriptor(folder: Path, tables: Sequence[PublicTable], release: Release) -> None:
    """Describe `csv/` and `parquet/` of `folder` with their fields, keys, bytes and sha256; each must be there.

    No licence is named: that is the county's to say.
    """
    title = f"{release.county_zh}指标公开数据 / Public indicator tables of {release.county_en}"
    package = {
        "profile": "data-package",
        "name": f"fenghuang-{release.county_code.lower()}",
        "title": title,
        "description": (
            f"数据截至 data to {release.data_month}。只有地区与行业数据，不含企业数据 / "
            "Figures of areas and industries only, none of an enterprise. conf_status: SDMX CL_CONF_STATUS; "
            "a figure that is empty where it is not F is suppressed."
        ),
        "version": release.content_hash,
        "sources": [
            {
                "title": f"{release.county_zh}各部门报送，清单见 manifest.json / "
                f"Deliveries of the bureaus of {release.county_en}, listed in manifest.json",
                "path": "manifest.json",
            }
        ],
        "resources": [
            *(_csv(folder, table, tables) for table in tables),
            *(_parquet(folder, table) for table in tables),
        ],
    }
    (folder / DESCRIPTOR).write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _csv(folder: Path, table: PublicTable, tables: Sequence[PublicTable]) -> dict[str, Any]:
    return {
        "name": table.name,
        "profile": "tabular-data-resource",
        "title": table.words.both,
        **_file(folder, f"csv/{table.name}.csv"),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8-sig",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": {
            "fields": [_field(table, column) for column in table.columns],
            "missingValues": [""],
            "primaryKey": list(table.key),
            "foreignKeys": list(_foreign_keys(table, {other.name for other in tables})),
        },
    }


def _parquet(folder: Path, table: PublicTable) -> dict[str, Any]:
    return {
        "name": f"{table.name}-parquet",
        "profile": "data-resource",
        "title": f"{table.words.both} (Parquet)",
        "description": f"{table.name} 的各行，文字无撇号 / Rows of {table.name}, text without the CSV's apostrophes",
        "type": "file",  # carries its own schema, which a reader must not guess from the text
        **_file(folder, f"parquet/{table.name}.parquet"),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
    }


def _file(folder: Path, path: str) -> dict[str, Any]:
    file = folder / path
    return {"path": path, "bytes": file.stat().st_size, "hash": f"sha256:{file_digest(file)}"}


def _field(table: PublicTable, column: Column) -> dict[str, Any]:
    kind = TYPES.get(re.sub(r"\(.*", "", column.kind))
    if kind is None:
        raise ExportBroken(f"marts.{table.name}.{column.name}: no type of Table Schema stands for {column.kind}")
    return {
        "name": column.name,
        "type": kind,
        "title": column.words.zh,
        "description": column.words.en,
        **({"unit": column.words.unit} if column.words.unit else {}),
        **({"constraints": {"required": True}} if column.required or column.name in table.key else {}),
    }


def _foreign_keys(table: PublicTable, present: set[str]) -> Iterator[dict[str, Any]]:
    names = {column.name for column in table.columns}
    for columns, other, fields in REFERENCES:
        if other in present - {table.name} and names.issuperset(columns) and (table.name, columns) not in NO_REFERENCE:
            yield {"fields": list(columns), "reference": {"resource": other, "fields": list(fields)}}
