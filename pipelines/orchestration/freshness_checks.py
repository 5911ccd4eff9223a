"""Whether deliveries and releases come in time, as asset checks: left by each night and by every look from outside."""

from __future__ import annotations

from collections.abc import Iterator

from dagster import AssetCheckEvaluation, AssetCheckResult, AssetCheckSeverity, AssetCheckSpec

from pipelines.contracts import Contract
from pipelines.freshness import Freshness, NightFreshness, SourceFreshness
from pipelines.orchestration.keys import RELEASE, source_key

CHECK = "is_on_time"


def source_spec(contract: Contract) -> AssetCheckSpec:
    return AssetCheckSpec(
        CHECK,
        asset=source_key(contract.source),
        description=f"按约定频率（{contract.rhythm.every}）报送；逾期只提醒，不阻止发布 "
        "Delivered by the rhythm of its contract; what is overdue is told and stops nothing.",
    )


RELEASE_SPEC = AssetCheckSpec(
    CHECK,
    asset=RELEASE,
    description="每夜发布；从任务之外检查 A release every night; looked at from outside the night as well.",
)


def result(seen: SourceFreshness | NightFreshness) -> AssetCheckResult:
    return AssetCheckResult(
        check_name=CHECK,
        asset_key=source_key(seen.source) if isinstance(seen, SourceFreshness) else RELEASE,
        passed=seen.is_fresh,
        severity=AssetCheckSeverity.WARN,
        description=seen.observed,
        metadata={"expected": seen.expected, "observed": seen.observed},
    )


def evaluations(freshness: Freshness) -> Iterator[AssetCheckEvaluation]:
    """For events that belong to no run."""
    everything: list[SourceFreshness | NightFreshness] = [freshness.night, *freshness.sources]
    for seen in everything:
        shown = result(seen)
        assert shown.asset_key is not None and shown.check_name is not None
        yield AssetCheckEvaluation(
            asset_key=shown.asset_key,
            check_name=shown.check_name,
            passed=shown.passed,
            metadata=shown.metadata,
            severity=shown.severity,
            description=shown.description,
        )
