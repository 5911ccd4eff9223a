"""Running the suites with Great Expectations on a DuckDB file.

Importing Great Expectations costs seconds, so only the gate's worker process calls this, and imports it inside
the functions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from pipelines.gate.model import SAMPLE_ROWS, CheckResult
from pipelines.gate.suites import Promise, Suite

OBSERVED_CHARACTERS = 200
# Pictures of a tutorial that nobody opens from a release: 3 MB of the 4 MB of a site.
TUTORIAL_PICTURES = "static/images/*.gif"


def load() -> ModuleType:
    """Import Great Expectations with usage statistics off and the read-only DuckDB dialect registered."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with without("pyspark"):
        import great_expectations
    from sqlalchemy.dialects import registry

    registry.register("duckdb", "pipelines.gate.dialect", "ReadOnlyDuckDB")
    return great_expectations


@contextmanager
def without(package: str) -> Iterator[None]:
    """Whatever is imported meanwhile finds no `package`. Great Expectations loads Spark where it is installed, for
    nothing here, and Spark ends a process whose main module has no file."""
    held = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == package}
    sys.modules[package] = None  # type: ignore[assignment]  # as `import` has it for what is not there
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(held)


def run_suites(suites: list[Suite], work_file: Path, docs: Path) -> tuple[list[CheckResult], Callable[[], None]]:
    """Check every promise against `work_file`; the second answer builds the Data Docs site into `docs`."""
    gx = load()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sql(
        "work_file",
        connection_string=f"duckdb:///{work_file}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True}},
    )
    results = []
    for suite in suites:
        # A query asset: a table asset with a schema loses the schema.
        asset = source.add_query_asset(suite.name, query=f"select * from {suite.table}")  # noqa: S608 - our file
        batch = asset.add_batch_definition_whole_table("all")
        definition = gx.ValidationDefinition(name=suite.name, data=batch, suite=context.suites.add(_suite(gx, suite)))
        checkpoint = gx.Checkpoint(
            name=suite.name,
            validation_definitions=[context.validation_definitions.add(definition)],
            actions=[],
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": list(suite.key),
                "partial_unexpected_count": SAMPLE_ROWS,
            },
        )
        (run,) = context.checkpoints.add(checkpoint).run().run_results.values()
        by_name = {r.expectation_config.meta["check"]: r.to_json_dict() for r in run.results}
        results += [_result(suite, p, by_name[p.name]) for p in suite.promises if p.name in by_name]

    def build_docs() -> None:
        site = {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
            "show_how_to_buttons": False,
        }
        context.add_data_docs_site("release", site)
        context.build_data_docs()
        for picture in docs.glob(TUTORIAL_PICTURES):
            picture.unlink()

    return results, build_docs


def _suite(gx: ModuleType, suite: Suite) -> Any:
    """The suite as Great Expectations reads it; Data Docs show the promise in words, not its SQL."""
    expectations = [
        {**expectation, "description": promise.words}
        for expectation, promise in zip(suite.document["expectations"], suite.promises, strict=True)
    ]
    return gx.ExpectationSuite(name=suite.name, expectations=expectations, meta=suite.document["meta"])


def _result(suite: Suite, promise: Promise, record: dict[str, Any]) -> CheckResult:
    crash = _crash(record["exception_info"])
    result = record["result"]
    return CheckResult(
        name=promise.name,
        table=suite.table,
        passed=bool(record["success"]) and crash is None,
        crashed=crash is not None,
        severity=promise.severity,
        observed=(crash if crash is not None else _observed(result))[:OBSERVED_CHARACTERS],
        expected=promise.words,
        sample=_sample(result),
    )


def _crash(info: dict[str, Any]) -> str | None:
    """The exception of a check that raised: an exception says nothing about the data.

    Flat where the expectation itself was asked, keyed by metric where a metric raised.
    """
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if entry.get("raised_exception"):
            return " ".join(str(entry.get("exception_message")).split())
    return None


def _observed(result: dict[str, Any]) -> str:
    if "observed_value" in result:
        value = result["observed_value"]
        return f"{value} rows" if "unexpected_rows" in result.get("details", {}) else str(value)
    return f"{result.get('unexpected_count', 0)} of {result.get('element_count', 0)} rows"


def _sample(result: dict[str, Any]) -> list[dict[str, Any]]:
    rows = result.get("details", {}).get("unexpected_rows") or result.get("partial_unexpected_index_list") or []
    return [
        {str(column): value if _plain(value) else str(value) for column, value in row.items()}
        for row in rows[:SAMPLE_ROWS]
    ]


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
