"""The Data Package: valid by frictionless, with keys and bytes that a changed file breaks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from frictionless import Package

from tests.export.conftest import CONTENT_HASH, TABLES


@pytest.fixture
def package(exported: Path, tmp_path: Path) -> Path:
    """A copy of the described files that a test may change."""
    for name in ("csv", "parquet"):
        shutil.copytree(exported / name, tmp_path / name)
    shutil.copy(exported / "datapackage.json", tmp_path)
    return tmp_path / "datapackage.json"


def faults(package: Path) -> dict[str, set[str]]:
    report = Package(str(package)).validate()
    assert report.errors == []
    return {task.name: {error.type for error in task.errors} for task in report.tasks if not task.valid}


def test_frictionless_finds_nothing_wrong(package) -> None:
    assert faults(package) == {}


def test_fields_carry_titles_units_and_keys(package) -> None:
    whole = json.loads(package.read_text(encoding="utf-8"))
    assert whole["version"] == CONTENT_HASH and whole["sources"]
    resources = {resource["name"]: resource for resource in whole["resources"]}
    assert set(resources) == {*TABLES, *(f"{table}-parquet" for table in TABLES)}
    schema = resources["indicator_value"]["schema"]
    assert schema["primaryKey"] == ["indicator_id", "period", "breakdown", "breakdown_code"]
    assert [key["reference"]["resource"] for key in schema["foreignKeys"]] == ["indicator", "dimension"]
    fields = {field["name"]: field for field in schema["fields"]}
    assert fields["value"]["type"] == "number" and fields["n_enterprises"]["unit"] == "家"
    assert fields["n_enterprises"]["title"] == "贡献企业数"
    assert {field["type"] for r in resources.values() for field in r.get("schema", {}).get("fields", ())} == {
        *("string", "number", "integer", "boolean", "date")
    }


def replace(path: Path, before: bytes, after: bytes) -> None:
    text = path.read_bytes()
    assert before in text
    path.write_bytes(text.replace(before, after, 1))


def test_a_changed_figure_is_found_by_its_hash(package) -> None:
    path = package.parent / "csv" / "indicator_value.csv"
    replace(path, b",28.205128205128204,", b",28.205128205128205,")
    assert faults(package)["indicator_value"] == {"hash-count"}


def test_a_changed_parquet_is_found(package) -> None:
    path = package.parent / "parquet" / "indicator_value.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    assert "hash-count" in faults(package)["indicator_value-parquet"]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("tax_per_mu_above_scale,", "no_such_target,", "foreign-key"),
        ("2021-06,", "2021-05,", "primary-key"),
        ("330521,", "330521,x", "type-error"),
        ("tax_per_mu_above_scale,", ",", "constraint-error"),
    ],
)
def test_a_row_that_breaks_the_schema_is_found(package, before, after, fault) -> None:
    row = "\r\ntax_per_mu_above_scale,2021-06,county,330521,"
    replace(package.parent / "csv" / "indicator_value.csv", row.encode(), row.replace(before, after).encode())
    assert fault in faults(package)["indicator_value"]
