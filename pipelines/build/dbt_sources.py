"""Writes the dbt sources from the contracts: one home for the columns of `raw`, the other generated.

`python -m pipelines.build.dbt_sources` writes `dbt_project/models/staging/_sources.yml`; a test holds the two equal.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipelines.build.audit_tables import AUDIT
from pipelines.build.work_file import tables_of
from pipelines.contracts import Contract, load_contracts
from pipelines.home import CHECKOUT

PATH = CHECKOUT / "dbt_project" / "models" / "staging" / "_sources.yml"

COMMON = {
    "delivery_id": "交付编号，对应 raw.delivery / Delivery the row came in, see raw.delivery",
    "period": "文件所属期 / Period of the file: YYYY-MM, YYYY, YYYY-Qn or YYYY-MM-DD",
    "money_unit": "文件第2行的计量单位 / Unit of money in row 2 of the file",
    "row_number": "文件中的行号 / Row number as the clerk sees it",
    "outcome": "行的结果：accepted、duplicate 或隔离原因 / Outcome: accepted, duplicate, or why it is quarantined",
    "enterprise_code": "企业现用统一社会信用代码 / Current credit code of the enterprise",
    "matched_by": "匹配方式 / How the enterprise was found: code, name, outside, below_scale, absent",
    "identity": "企业标识：代码或规下企业名称 / Who the row is about: a code, or a below-scale name",
}


def sources() -> dict[str, Any]:
    """The content of `_sources.yml`: a table for each table of `raw`, with its columns described."""
    tables = [_table(contract, name, columns) for contract, name, columns in _raw_tables()]
    return {
        "version": 2,
        "sources": [
            {
                "name": "raw",
                # As macros/dialect.sql names schemas, which cannot be called from here.
                "schema": "{{ (target.schema ~ '_raw') if target.type == 'spark' else 'raw' }}",
                "description": "交付文件的行（仅现行交付，各种行结果俱在） / Rows of the deliveries in force, "
                "every outcome kept",
                "tables": [*tables, _delivery()],
            }
        ],
    }


def _raw_tables() -> list[tuple[Contract, str, list[str]]]:
    return [
        (contract, table, [name for name, _ in columns])
        for contract in load_contracts().values()
        for table, _, columns in tables_of(contract)
    ]


def _table(contract: Contract, table: str, columns: list[str]) -> dict[str, Any]:
    of_table = {t.name: t.columns for t in contract.tables}.get(table, contract.columns)
    headers = {c.name: c.header for c in of_table}
    described = [
        {"name": name, "description": COMMON[name] if name not in headers else _meaning(headers[name], name)}
        for name in columns
    ]
    return {
        "name": table,
        "description": f"{contract.label_zh} / {contract.label_en}",
        "config": {"meta": {"owner": contract.bureau}},
        "columns": described,
    }


def _meaning(header: str, name: str) -> str:
    return header if header == name else f"{header} / {name.replace('_', ' ')}"


def _delivery() -> dict[str, Any]:
    meaning, columns = AUDIT["delivery"]
    own = {
        "delivery_id": COMMON["delivery_id"],
        "county_code": "收到该文件的县，GB/T 2260 / County it was delivered to, GB/T 2260",
        "in_force": "是否现行 / Does it answer for its period",
        "sheet": "读取的工作表，csv 与清单为空 / Sheet that was read; empty for csv and lists",
    }
    described = own | {name: comment for name, (_, comment) in columns.items()}
    return {
        "name": "delivery",
        "description": meaning,
        "columns": [{"name": name, "description": text} for name, text in described.items()],
    }


def rendered() -> str:
    """`_sources.yml` as text."""
    heading = "# Written from pipelines/contracts/ by `python -m pipelines.build.dbt_sources`; do not edit by hand.\n"
    return heading + yaml.safe_dump(sources(), allow_unicode=True, sort_keys=False, width=120)


def write(path: Path = PATH) -> None:
    path.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    write()
