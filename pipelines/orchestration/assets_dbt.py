"""Every dbt model and seed an asset, its tests asset checks; one dbt invocation makes them all."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from importlib.metadata import version
from typing import Any

from dagster import AssetCheckResult, AssetExecutionContext, AssetKey, AssetsDefinition, Output
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation
from packaging.version import Version

from pipelines.build.dbt_project import PROJECT
from pipelines.contracts import load_contracts
from pipelines.orchestration.assets_sources import STEWARD, owners
from pipelines.orchestration.files_table import sources_table
from pipelines.orchestration.keys import source_key, table_key
from pipelines.orchestration.links import release_links
from pipelines.orchestration.night import Night
from pipelines.orchestration.project import ancestors, project_manifest
from pipelines.orchestration.resources import stage
from pipelines.orchestration.targets import lead_units, target_tags

# Models and tests between two words of progress: a line each in a log.
TELL_EVERY = 50

# GSBPM phase by folder of the dbt project, where the node does not name one in its meta.
GROUPS = {
    "seeds": "gsbpm_2_design",
    "staging": "gsbpm_5_process",
    "intermediate": "gsbpm_5_process",
    "marts": "gsbpm_6_analyse",
}


class Translator(DagsterDbtTranslator):
    """Keys as the tables are called; owner and phase from `meta` of the node, else from where it lies."""

    def __init__(self, suites: Mapping[str, str]) -> None:
        """`suites`: published `schema.table` to the suite that promises something about it."""
        self._suites = suites
        super().__init__(
            # Three tables of the project library are one source; source tests are checks like any other.
            DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True, enable_source_tests_as_checks=True)
        )
        self._contracts = {
            table: contract
            for contract in load_contracts().values()
            for table in ([t.name for t in contract.tables] or [contract.source])
        }

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        props = dbt_resource_props
        if props["resource_type"] == "source":
            contract = self._contracts.get(props["identifier"])
            return source_key(contract.source) if contract else AssetKey([props["schema"], props["identifier"]])
        return table_key(f"{props['schema']}.{props['alias']}")

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        meta = dbt_resource_props["config"].get("meta", {})
        schema: str = dbt_resource_props["schema"]
        return meta.get("gsbpm") or GROUPS.get(schema, schema)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """The bureau of `meta.owner`; else of the source a staging model reads; else the steward."""
        if owner := dbt_resource_props["config"].get("meta", {}).get("owner"):
            return owners(owner)
        reads = [source.split(".")[-1] for source in dbt_resource_props.get("depends_on", {}).get("nodes", [])]
        bureaus = {self._contracts[table].bureau for table in reads if table in self._contracts}
        return owners(bureaus.pop() if len(bureaus) == 1 else STEWARD)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description") or dbt_resource_props["name"])

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        return target_tags(dbt_resource_props["unique_id"])

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        props = dbt_resource_props
        metadata = dict(super().get_metadata(props))
        if props["resource_type"] != "source":
            units = lead_units(props["unique_id"])
            metadata |= {"牵头单位 lead units": units} if units else {}
            metadata |= release_links(self._suites.get(f"{props['schema']}.{props['alias']}"))
        return metadata


def dbt_build_assets(suites: Mapping[str, str]) -> AssetsDefinition:
    """The assets of the project as it stands. `suites`: as `Translator` takes them."""
    manifest = project_manifest()
    translator = Translator(suites)

    @dbt_assets(
        name="build",
        manifest=manifest,
        dagster_dbt_translator=translator,
        required_resource_keys={"night"},
    )
    def build(context: AssetExecutionContext) -> Iterator[Any]:
        """构建 One `dbt build`: seeds, models and their tests.

        dagster-dbt reads the events; its own way to start dbt would first run `dbt --version` and load an adapter
        in this process, which costs more seconds than the build of a county.
        """
        night = context.resources.night
        with stage(night):
            night.assert_taken_in()
        night.say("构建 building")
        invocation = DbtCliInvocation(
            process=night.dbt.go(),
            manifest=manifest,
            dagster_dbt_translator=translator,
            project_dir=PROJECT,
            target_path=night.dbt_target,
            raise_on_error=False,
            cli_version=Version(version("dbt-core")),
            context=context.op_execution_context,
        )
        night.start_gate()
        events = invocation.stream()
        made = []
        with night.log.open("a", encoding="utf-8") as log:
            while True:
                # dagster-dbt prints every event of dbt; that belongs into the log of the run.
                with redirect_stdout(log):
                    event = next(events, None)
                if event is None:
                    break
                made.append(event)
                if isinstance(event, AssetCheckResult):
                    # Data tests only read: what comes before them is finished.
                    night.start_checks()
                if len(made) % TELL_EVERY == 0:
                    night.say(f"构建 building: {len(made)} models and tests done")
        # dbt holds the file until it ends; only then can rows be counted.
        rows = night.row_counts()
        for event in made:
            yield _told(event, manifest, night, rows)
        with stage(night):
            night.judge_build()

    return build


def _told(event: Any, manifest: Mapping[str, Any], night: Night, rows: Mapping[str, int]) -> Any:
    """The event of a node or a test with what an auditor asks: rows and files of a table, expected beside observed."""
    node = manifest["nodes"].get(_text(event.metadata.get("unique_id")))
    if node is None:
        return event
    if isinstance(event, AssetCheckResult):
        failed = event.metadata.get("dagster_dbt/failed_row_count")
        observed = f"{failed.value} 行不符 rows" if failed is not None else _text(event.metadata.get("status"))
        return event.with_metadata({**event.metadata, "expected": _promise(node), "observed": observed})
    if isinstance(event, Output):
        table = f"{node['schema']}.{node['alias']}"
        counted = {"dagster/row_count": rows[table]} if table in rows else {}
        files = [d for d in night.report.deliveries if d.in_force] if night.report else []
        sources = _sources_of(node["unique_id"])
        made_from = {"source_files": sources_table(files, sources)} if sources else {}
        return event.with_metadata({**event.metadata, **counted, **made_from})
    return event


def _sources_of(unique_id: str) -> set[str]:
    """The sources a node is made from, by the names of their contracts."""
    of_table = {table.name: contract.source for contract in load_contracts().values() for table in contract.tables} | {
        contract.source: contract.source for contract in load_contracts().values()
    }
    names = [node.split(".")[-1] for node in ancestors(unique_id) if node.startswith("source.")]
    return {of_table[name] for name in names if name in of_table}


def _promise(test: Mapping[str, Any]) -> str:
    """What a data test expects, in words: its description, else its kind and what it is about."""
    if test.get("description"):
        return str(test["description"])
    about = test.get("test_metadata") or {"name": test["name"], "kwargs": {}}
    given = {k: v for k, v in about["kwargs"].items() if k not in ("model", "arguments")}
    given |= about["kwargs"].get("arguments") or {}
    details = ", ".join(f"{k}={v}" for k, v in given.items())
    return f"没有一行违反 no row breaks {about['name']}({details})"


def _text(value: Any) -> str:
    """Metadata as written or as wrapped by Dagster."""
    return str(getattr(value, "value", value))
