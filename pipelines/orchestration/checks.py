"""Every expectation an asset check on the table it is about, run together by the gate's worker."""

import json
from collections.abc import Iterator, Sequence

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    MetadataValue,
    multi_asset_check,
)

from pipelines.gate.suites import Suite
from pipelines.orchestration.keys import table_key
from pipelines.orchestration.resources import stage


def gate_checks(suites: Sequence[Suite]) -> AssetChecksDefinition:
    specs = [
        AssetCheckSpec(
            name=promise.name,
            asset=table_key(suite.table),
            description=promise.words,
            blocking=promise.severity == "critical",
            metadata={"suite": f"expectations/{suite.name}.yml"},
        )
        for suite in suites
        for promise in suite.promises
    ]

    @multi_asset_check(name="gate", specs=specs, required_resource_keys={"night"})
    def gate(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        """检查 Every promise of `expectations/`, then the count: each expected check ran and passed."""
        night = context.resources.night
        night.say("检查 checking the promises")
        with stage(night):
            results = night.check_promises()
        for result in results:
            yield AssetCheckResult(
                check_name=result.name,
                asset_key=table_key(result.table),
                passed=result.passed,
                severity=AssetCheckSeverity.ERROR if result.severity == "critical" else AssetCheckSeverity.WARN,
                description=result.observed,
                metadata={
                    "observed": result.observed,
                    "expected": result.expected,
                    "crashed": result.crashed,
                    "sample": MetadataValue.json(json.loads(json.dumps(result.sample, default=str))),
                },
            )
        with stage(night):
            night.assert_checked()

    return gate
