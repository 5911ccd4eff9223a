"""The SDMX files, read back by pysdmx: every observation once, every code in its list, figures those of the table."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import polars as pl
import pytest
from pysdmx.io import read_sdmx
from pysdmx.io.json.sdmxjson2.messages import JsonStructureMessage

from pipelines.export.public import ExportBroken, open_public
from pipelines.export.units import units
from pipelines.export.write import write_exports
from tests.export.conftest import CONTENT_HASH

DIMENSIONS = ["FREQ", "REF_AREA", "ACTIVITY", "INDICATOR", "TIME_PERIOD"]


@pytest.fixture(scope="module")
def structure(exported: Path) -> Any:
    # Read without `pysdmx[json]`, which only adds a check against the schema.
    text = (exported / "sdmx" / "structure.json").read_bytes()
    return msgspec.json.decode(text, type=JsonStructureMessage).to_model()


@pytest.fixture(scope="module")
def data(exported: Path) -> pl.DataFrame:
    (dataset,) = read_sdmx(exported / "sdmx" / "data.csv", validate=False).data
    assert dataset.structure == "Dataflow=FENGHUANG_330521:INDICATORS(1.0)"
    return pl.from_pandas(dataset.data)


def test_the_structure_holds_flow_concepts_and_codes_in_both_languages(structure, exported) -> None:
    (definition,) = structure.get_data_structure_definitions()
    assert [c.id for c in definition.components.dimensions] == DIMENSIONS
    assert [c.id for c in definition.components.measures] == ["OBS_VALUE"]
    attributes = {c.id: c.attachment_level for c in definition.components.attributes}
    assert attributes == {"UNIT_MEASURE": "INDICATOR", "UNIT_MULT": "INDICATOR", "OBS_STATUS": "O", "CONF_STATUS": "O"}
    (flow,) = structure.get_dataflows()
    assert flow.id == "INDICATORS" and flow.structure == definition
    assert all(c.concept.name for c in definition.components)
    whole = json.loads((exported / "sdmx" / "structure.json").read_text(encoding="utf-8"))
    for codelist in whole["data"]["codelists"]:
        for item in (codelist, *codelist["codes"]):
            assert set(item["names"]) == {"zh", "en"} and item["name"] == item["names"]["en"]
    indicators = next(c for c in whole["data"]["codelists"] if c["id"] == "CL_INDICATOR")["codes"]
    tax = next(code for code in indicators if code["id"] == "tax_per_mu_above_scale")
    assert tax["names"]["zh"] == "规上工业亩均税收" and "实际用地" in tax["descriptions"]["zh"]
    dimensions = whole["data"]["dataStructures"][0]["dataStructureComponents"]["dimensionList"]
    assert dimensions["timeDimension"]["id"] == "TIME_PERIOD"


def test_no_list_is_empty_which_the_schema_of_sdmx_json_refuses(exported) -> None:
    assert "[]" not in (exported / "sdmx" / "structure.json").read_text(encoding="utf-8")


def test_the_header_is_of_the_content(structure) -> None:
    assert structure.header.id == f"FH{CONTENT_HASH[:16]}"
    assert structure.header.prepared.isoformat() == "2021-12-31T00:00:00+00:00"
    assert structure.header.sender.id == "FENGHUANG_330521"


def test_it_begins_as_sdmx_csv_2_does(exported) -> None:
    heading, first = (exported / "sdmx" / "data.csv").read_text(encoding="utf-8").splitlines()[:2]
    assert heading.split(",")[:3] == ["STRUCTURE", "STRUCTURE_ID", "ACTION"]
    assert first.split(",")[:3] == ["dataflow", "FENGHUANG_330521:INDICATORS(1.0)", "I"]


def test_every_observation_is_there_once_and_every_code_is_in_its_list(structure, data, public) -> None:
    assert data.select(DIMENSIONS).is_unique().all()
    with duckdb.connect(str(public), read_only=True) as con:
        assert (data.height,) == con.execute("select count(*) from marts.indicator_value").fetchone()
    (definition,) = structure.get_data_structure_definitions()
    listed = 0
    for component in definition.components:
        if component.enumeration:
            listed += 1
            assert set(data[component.id]) <= {code.id for code in component.enumeration}, component.id
    assert listed == 8


def test_figures_are_those_of_the_public_file(data, public) -> None:
    with duckdb.connect(str(public), read_only=True) as con:
        expected = con.execute(
            "select indicator_id, case breakdown when 'industry' then '330521' else breakdown_code end, "
            "case breakdown when 'industry' then breakdown_code else '_T' end, period, value, conf_status "
            "from marts.indicator_value"
        ).fetchall()
    found = {(row["INDICATOR"], row["REF_AREA"], row["ACTIVITY"], row["TIME_PERIOD"]): row for row in data.to_dicts()}
    missing = 0
    for indicator, area, activity, period, value, conf in expected:
        row = found.get((indicator, area, activity, period)) or found[indicator, area, activity, period[:4]]
        assert row["FREQ"] == ("M" if row["TIME_PERIOD"] == period else "A")
        written = float(row["OBS_VALUE"])
        if value is None:
            missing += 1
            assert math.isnan(written) and row["OBS_STATUS"] == ("O" if conf == "F" else "Q")
        else:
            assert written == value and row["OBS_STATUS"] in "AEP"
        assert row["CONF_STATUS"] == conf
    assert missing > 3


def test_a_yearly_indicator_is_annual_and_a_monthly_one_monthly(data) -> None:
    rows = data.filter(INDICATOR="rd_to_revenue_mfg", REF_AREA="330521", ACTIVITY="_T")
    assert rows["TIME_PERIOD"].to_list() == ["2020", "2021"] and set(rows["FREQ"]) == {"A"}
    rows = data.filter(INDICATOR="tax_per_mu_above_scale", REF_AREA="330521", ACTIVITY="_T")
    assert rows["TIME_PERIOD"].to_list()[:2] == ["2020-01", "2020-02"] and set(rows["FREQ"]) == {"M"}


def test_provisional_and_estimated_are_told_apart(data) -> None:
    closed = data.filter(TIME_PERIOD="2020-05")["OBS_STATUS"]
    assert set(closed) <= {"A", "O"}
    latest = data.filter(TIME_PERIOD="2021-05")
    assert {"E", "P"} <= set(latest["OBS_STATUS"]) and "A" not in set(latest["OBS_STATUS"])
    assert set(latest.filter(OBS_STATUS="E")["INDICATOR"]) == {"energy_intensity_decline_3y"}


def test_units_have_codes_and_powers_of_ten(structure, data) -> None:
    row = data.filter(INDICATOR="tax_per_mu_above_scale").row(0, named=True)
    assert (row["UNIT_MEASURE"], row["UNIT_MULT"]) == ("CNY_MU", "4")
    lists = {codelist.id: codelist for codelist in structure.get_codelists()}
    assert lists["CL_UNIT_MEASURE"]["CNY_MU"].name == "Yuan renminbi per mu"
    assert not [code for code in set(data["UNIT_MEASURE"]) if code.startswith("U_")]


def test_every_unit_of_the_registry_is_known(public) -> None:
    with duckdb.connect(str(public), read_only=True) as con:
        registry = con.execute("select distinct unit from marts.indicator where unit is not null").fetchall()
    assert {unit for (unit,) in registry} <= set(units()["unit"])


def spoil(public: Path, folder: Path, statement: str) -> Path:
    spoiled = folder / "public.duckdb"
    spoiled.write_bytes(public.read_bytes())
    with duckdb.connect(str(spoiled)) as con:
        con.execute(statement)
    return spoiled


def test_a_unit_of_another_plan_gets_a_code_of_its_own(public, tmp_path) -> None:
    changed = "update marts.indicator set unit = '美元/户' where target_id = 'tax_per_mu_above_scale'"
    write_exports(spoil(public, tmp_path, changed), tmp_path, CONTENT_HASH, ["sdmx"])
    (dataset,) = read_sdmx(tmp_path / "sdmx" / "data.csv", validate=False).data
    found = pl.from_pandas(dataset.data).filter(INDICATOR="tax_per_mu_above_scale")
    assert set(found["UNIT_MEASURE"]) == {"U_" + "美元/户".encode().hex().upper()} and set(found["UNIT_MULT"]) == {"0"}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("update marts.indicator_value set conf_status = 'Z' where breakdown_code = '13'", "conf_status Z"),
        ("update marts.indicator_value set conf_status = null where breakdown_code = '13'", "conf_status"),
        ("update marts.dimension set breakdown_code = 'a b' where breakdown_code = 'PF-HTZ'", "'a b'"),
        ("update marts.dimension set breakdown_code = '330521001' where breakdown_code = 'PF-HTZ'", "330521001"),
        ("delete from marts.dimension where breakdown = 'county'", "0 counties"),
        ("delete from marts.indicator_value", "no figure"),
    ],
)
def test_what_sdmx_cannot_say_is_refused(public, tmp_path, statement, message) -> None:
    with pytest.raises(ExportBroken, match=message):
        write_exports(spoil(public, tmp_path, statement), tmp_path, CONTENT_HASH, ["sdmx"])


def test_quarters_are_written_as_quarters(public, tmp_path) -> None:
    changed = (
        "delete from marts.indicator_value where indicator_id = 'tax_per_mu_above_scale' "
        "and right(period, 2) not in ('03', '06', '09', '12')"
    )
    with open_public(spoil(public, tmp_path, changed)) as con:
        found = con.execute(
            "select distinct freq, time_period from observation "
            "where indicator_id = 'tax_per_mu_above_scale' order by time_period limit 2"
        ).fetchall()
    assert found == [("Q", "2020-Q1"), ("Q", "2020-Q2")]
