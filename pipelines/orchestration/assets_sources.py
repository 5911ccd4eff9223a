"""One asset a source, made by one intake; beside them what the intake knows of deliveries and rows."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, MetadataValue, multi_asset

from pipelines.contracts import Contract, load_contracts
from pipelines.orchestration.resources import stage

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


def source_key(contract: Contract) -> AssetKey:
    return AssetKey(["raw", contract.source])


def owners(bureaus: str) -> list[str]:
    """Bureaus as Dagster's owners; a source that several answer for names them joined by `、`."""
    return [f"team:{bureau}" for bureau in bureaus.split("、")]


def _source_spec(contract: Contract) -> AssetSpec:
    columns = ", ".join(f"{c.name} ({c.header})" for t in (contract.tables or [contract]) for c in t.columns)
    pulled = {"pulled_from": contract.pulled_from} if contract.pulled_from else {}
    return AssetSpec(
        key=source_key(contract),
        description=f"{contract.label_zh} {contract.label_en}\n\n`{contract.file_example}`\n\n{contract.note}".strip(),
        group_name=GROUP,
        owners=owners(contract.bureau),
        kinds={KINDS[contract.channel]},
        metadata={
            "bureau": contract.bureau,
            "file_name": contract.file_example,
            "rhythm": contract.rhythm.every,
            "columns": columns,
            **pulled,
        },
    )


def _record_spec(key: Sequence[str], description: str) -> AssetSpec:
    return AssetSpec(
        key=AssetKey(key), description=description, group_name=GROUP, owners=owners(STEWARD), kinds={"duckdb"}
    )


def specs() -> list[AssetSpec]:
    sources = [_source_spec(contract) for contract in load_contracts().values()]
    return [*sources, *(_record_spec(key, text) for key, text in RECORDS.items())]


@multi_asset(name="collect", specs=specs(), required_resource_keys={"night"})
def intake(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
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
            asset_key=source_key(contract), metadata={**delivery_metadata(mine, now), "pull_failures": failures}
        )
    for key in RECORDS:
        yield MaterializeResult(asset_key=AssetKey(key), metadata={"deliveries": len(report.deliveries)})


def delivery_metadata(deliveries: "Sequence[Delivery]", now: datetime) -> dict[str, Any]:
    """What a steward asks of a source: rows and their fate, refusals, the latest period, how fresh it is.

    Row counts are those of the files in force; freshness is in days since the last arrival.
    """
    held = [d for d in deliveries if d.in_force]
    refused = [d for d in deliveries if d.status == "refused"]
    metadata: dict[str, Any] = {count: sum(getattr(d, count) or 0 for d in held) for count in COUNTS}
    metadata |= {"files": len(deliveries), "files_in_force": len(held), "files_refused": len(refused)}
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
