"""One asset a source, made by one intake; beside them what the intake knows of deliveries and rows."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableSchema,
    multi_asset,
)

from pipelines.build.audit_tables import AUDIT
from pipelines.contracts import Column, Contract, load_contracts
from pipelines.freshness import judge
from pipelines.orchestration import freshness_checks
from pipelines.orchestration.files_table import files_table
from pipelines.orchestration.keys import source_key
from pipelines.orchestration.links import release_links
from pipelines.orchestration.project import project_manifest
from pipelines.orchestration.resources import stage
from pipelines.orchestration.targets import all_target_tags, lead_units, target_tags

if TYPE_CHECKING:
    from pipelines.intake.run import Delivery

GROUP = "gsbpm_4_collect"
# Who answers for what no single bureau delivers.
STEWARD = "县统计局"
COUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate")
KINDS = {"workbook": "excel", "csv": "csv", "jsonl": "json", "sqlite": "sqlite"}

# The intake's own records. `raw.delivery` feeds the models; the `audit` tables are published.
RECORDS = {
    ("raw", "delivery"): "每次报送及其结果（供模型使用） Every delivery and what became of it, for the models.",
    ("audit", "delivery"): "每次报送及其结果（发布） Every delivery and what became of it, as published.",
    ("audit", "quarantined_row"): "被隔离的行，原样保留 Every quarantined row with its original cells.",
    ("audit", "cell_note"): "被置空的单元格 Every cell that was nulled while its row stayed.",
}


def owners(bureaus: str) -> list[str]:
    """Bureaus as Dagster's owners; a source that several answer for names them joined by `、`."""
    return [f"team:{bureau}" for bureau in bureaus.split("、")]


def _source_spec(contract: Contract) -> AssetSpec:
    pulled = {"pulled_from": contract.pulled_from} if contract.pulled_from else {}
    # A database is several tables of the project, and one source.
    node = f"source.fenghuang.raw.{contract.tables[0].name if contract.tables else contract.source}"
    units = {"牵头单位 lead units": lead_units(node)} if lead_units(node) else {}
    return AssetSpec(
        key=source_key(contract.source),
        description=f"{contract.label_zh} {contract.label_en}\n\n`{contract.file_example}`\n\n{contract.note}".strip(),
        group_name=GROUP,
        owners=owners(contract.bureau),
        kinds={KINDS[contract.channel]},
        tags=target_tags(node),
        metadata={
            "bureau": contract.bureau,
            "file_name": contract.file_example,
            "rhythm": contract.rhythm.every,
            "dagster/column_schema": TableSchema(columns=_columns(contract)),
            **units,
            **pulled,
            **release_links(),
        },
    )


def _columns(contract: Contract) -> list[TableColumn]:
    """As the contract has them; of a database `table.column`."""
    if contract.tables:
        return [_column(column, f"{table.name}.") for table in contract.tables for column in table.columns]
    return [_column(column) for column in contract.columns]


def _column(column: Column, prefix: str = "") -> TableColumn:
    printed = "、".join((column.header, *column.aliases))
    meaning = column.label_en or column.name.replace("_", " ")
    return TableColumn(
        f"{prefix}{column.name}", column.type, description=printed if printed == meaning else f"{printed} / {meaning}"
    )


def _record_spec(key: Sequence[str], description: str) -> AssetSpec:
    schema, name = key
    if schema == "audit":
        columns = [TableColumn(c, kind, description=text) for c, (kind, text) in AUDIT[name][1].items()]
    else:
        declared = project_manifest()["sources"][f"source.fenghuang.{schema}.{name}"]["columns"]
        columns = [TableColumn(c, description=about["description"]) for c, about in declared.items()]
    return AssetSpec(
        key=AssetKey(key),
        description=description,
        group_name=GROUP,
        owners=owners(STEWARD),
        kinds={"duckdb"},
        tags=all_target_tags(),
        metadata={
            "dagster/column_schema": TableSchema(columns=columns),
            **release_links(name if schema == "audit" else None),
        },
    )


def specs() -> list[AssetSpec]:
    sources = [_source_spec(contract) for contract in load_contracts().values()]
    return [*sources, *(_record_spec(key, text) for key, text in RECORDS.items())]


def check_specs() -> list[AssetCheckSpec]:
    """Whether each source is delivered in time; looked at from outside the night too (`pipelines.watch`)."""
    return [freshness_checks.source_spec(contract) for contract in load_contracts().values()]


@multi_asset(name="collect", specs=specs(), check_specs=check_specs(), required_resource_keys={"night"})
def intake(context: AssetExecutionContext) -> Iterator[MaterializeResult | AssetCheckResult]:
    """收件 Take in what is new, then lay the rows in force into a fresh work file."""
    night = context.resources.night
    with stage(night):
        report = night.take_in()
    for failure in report.failures:
        context.log.warning(failure)
    now = datetime.now(UTC)
    for contract in load_contracts().values():
        mine = [d for d in report.deliveries if d.source == contract.source]
        failures = [f for f in report.failures if f.startswith(contract.source)]
        yield MaterializeResult(
            asset_key=source_key(contract.source),
            metadata={**delivery_metadata(mine, now), "pull_failures": failures},
        )
    rows = night.row_counts()
    for key in RECORDS:
        yield MaterializeResult(
            asset_key=AssetKey(key),
            metadata={"deliveries": len(report.deliveries), "dagster/row_count": rows[".".join(key)]},
        )
    for seen in judge(report.deliveries, load_contracts(), None, now).sources:
        yield freshness_checks.result(seen)


def delivery_metadata(deliveries: "Sequence[Delivery]", now: datetime) -> dict[str, Any]:
    """What a steward asks of a source: rows and their fate, refusals, the latest period, how fresh it is.

    Row counts are those of the files in force; freshness is in days since the last arrival.
    """
    held = [d for d in deliveries if d.in_force]
    refused = [d for d in deliveries if d.status == "refused"]
    metadata: dict[str, Any] = {count: sum(getattr(d, count) or 0 for d in held) for count in COUNTS}
    metadata |= {"files": len(deliveries), "files_in_force": len(held), "files_refused": len(refused)}
    if held:
        metadata["files_in_force_sha256"] = files_table(held)
    if any(d.rows_read is not None for d in held):
        metadata["dagster/row_count"] = metadata["rows_read"]
    if refused:
        lines = [f"| {d.file_name} | {d.reason} | {d.detail or ''} |" for d in refused]
        metadata["refusals"] = MetadataValue.md("\n".join(["| file | reason | detail |", "|--|--|--|", *lines]))
    if periods := [d.period for d in held if d.period]:
        metadata["latest_period"] = max(periods)
    if deliveries:
        last = max(datetime.fromisoformat(d.received_at) for d in deliveries)
        metadata["last_arrival"] = last.isoformat()
        metadata["days_since_last_arrival"] = (now - last).days
    return metadata
