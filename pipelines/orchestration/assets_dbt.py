"""Every dbt model and seed an asset, its tests asset checks; one dbt invocation makes them all."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from importlib.metadata import version
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation
from dagster_dbt.dbt_manifest import validate_manifest
from packaging.version import Version

from pipelines.build.dbt_project import PROJECT, parsed_manifest
from pipelines.build.dbt_runner import subject
from pipelines.contracts import load_contracts
from pipelines.orchestration.assets_sources import STEWARD, owners, source_key
from pipelines.orchestration.resources import stage

# GSBPM phase by folder of the dbt project, where the node does not name one in its meta.
GROUPS = {
    "seeds": "gsbpm_2_design",
    "staging": "gsbpm_5_process",
    "intermediate": "gsbpm_5_process",
    "marts": "gsbpm_6_analyse",
}


class Translator(DagsterDbtTranslator):
    """Keys as the tables are called; owner and phase from `meta` of the node, else from where it lies."""

    def __init__(self) -> None:
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
            return source_key(contract) if contract else AssetKey([props["schema"], props["identifier"]])
        return AssetKey([props["schema"], props["alias"]])

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


def dbt_build_assets() -> AssetsDefinition:
    """The assets of the project as it stands; parses it only when its files changed."""
    manifest: dict[str, Any] = dict(validate_manifest(parsed_manifest()))
    for test in manifest["nodes"].values():
        # A test that reads several models would be no check of any asset.
        if test["resource_type"] == "test" and not test.get("attached_node"):
            test["attached_node"] = subject(manifest, test)
    translator = Translator()

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
        done = 0
        with night.log.open("a", encoding="utf-8") as log:
            while True:
                # dagster-dbt prints every event of dbt; that belongs into the log of the run.
                with redirect_stdout(log):
                    event = next(events, None)
                if event is None:
                    break
                done += 1
                night.say(f"构建 building: {done} models and tests done")
                yield event
        with stage(night):
            night.judge_build()

    return build
