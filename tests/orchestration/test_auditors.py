"""What an auditor asks of every asset: words in both languages, owner, phase, tags, columns, pages, files."""

from __future__ import annotations

import re

import pytest
from dagster import AssetCheckKey, AssetKey

from pipelines.contracts import load_contracts
from pipelines.definitions import defs
from pipelines.orchestration.files_table import LONGEST, files_table, sources_table
from pipelines.orchestration.freshness_checks import CHECK
from pipelines.orchestration.targets import clause_tag, unit_tags
from tests.orchestration.test_sources import delivery

GRAPH = defs.get_repository_def().asset_graph
KEYS = sorted(GRAPH.get_all_asset_keys())
PAGES = ("数字护照 passports", "公开护照 public passports", "检查报告 Data Docs")


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.to_user_string())
def test_an_asset_says_what_it_is(key: AssetKey) -> None:
    node = GRAPH.get(key)
    assert node.description is not None
    assert re.search("[一-鿿]", node.description), "no Chinese"
    assert re.search("[A-Za-z]{3}", node.description), "no English"
    assert node.owners
    assert re.fullmatch(r"gsbpm_\d_[a-z]+", node.group_name)
    for page in PAGES:
        assert node.metadata[page].value.startswith("http://127.0.0.1:3001/")
    if key.path[0] != "release":
        columns = node.metadata["dagster/column_schema"].columns
        assert columns and all(column.description for column in columns)


def test_tags_name_clause_campaign_and_lead_unit() -> None:
    def tags(*key: str, kind: str = "clause") -> set[str]:
        return {t.partition("/")[2] for t in GRAPH.get(AssetKey(key)).tags if t.startswith(f"{kind}/")}

    assert tags("raw", "patent") == {"3-17"}
    assert tags("raw", "patent", kind="lead_unit") == {"market_regulation"}
    assert tags("raw", "patent", kind="campaign") == {"quality"}
    assert "3-17" not in tags("raw", "tax"), "patents are not computed from taxes"
    assert tags("intermediate", "int_indicator_patent") == {"3-17"}
    assert tags("marts", "two_high_screening") == {"3-02"}
    computed = tags("intermediate", "int_indicator_ratio") | tags("raw", "patent")
    assert tags("marts", "indicator_value") > computed
    whole = tags("release")
    assert {"2", "3-01", "3-14", "4-02", "4-05"} <= whole
    assert tags("raw", "target_revision") == whole, "any target may be revised"
    untagged = {k.to_user_string() for k in KEYS if not tags(*k.path)}
    # Tidy observations serve no target of this plan.
    assert all("observation" in key for key in untagged), untagged


def test_every_lead_unit_of_the_plan_has_a_tag() -> None:
    tags = {tag for key in KEYS for tag in GRAPH.get(key).tags}
    assert set(unit_tags().values()) <= tags


@pytest.mark.parametrize(
    ("clause", "tag"),
    [
        ("二", "clause/2"),
        ("三-7", "clause/3-07"),
        ("三-21", "clause/3-21"),
        ("四-(二)", "clause/4-02"),
        ("十二-(十)", "clause/12-10"),
        ("Section 3.1", "clause/Section-3.1"),
        ("附则", None),
    ],
)
def test_a_clause_as_a_tag(clause: str, tag: str | None) -> None:
    assert clause_tag(clause) == tag


def test_every_source_and_the_release_has_a_check_of_its_time_that_stops_nothing() -> None:
    keys = [AssetKey(["raw", source]) for source in load_contracts()] + [AssetKey("release")]
    for key in keys:
        assert not GRAPH.get(AssetCheckKey(key, CHECK)).blocking


def test_files_are_listed_with_their_sha256() -> None:
    shown = files_table(
        [
            delivery("2021-02", "accepted", True, rows_accepted=8),
            delivery("2021-03", "accepted", True, sha256="ab" * 32),
        ]
    ).value.splitlines()
    assert shown[2] == f"| 企业入库税收_202103.xlsx | 2021-03 |  | `{'ab' * 32}` |"
    assert shown[3] == f"| 企业入库税收_202102.xlsx | 2021-02 | 8 | `{'0' * 64}` |"
    odd = files_table([delivery("2021-02", "accepted", True, file_name="a|b\n.xlsx")]).value.splitlines()
    assert odd[2].startswith("| a\\|b .xlsx |") and len(odd) == 3
    many = files_table([delivery(f"{n}", "accepted", True) for n in range(LONGEST + 5)]).value
    assert "5 more in audit.delivery" in many


def test_a_table_of_many_files_names_its_sources() -> None:
    one, two = delivery("2021-02", "accepted", True), delivery("2021-03", "accepted", True, sha256="1" * 64)
    shown = sources_table([two, one], ["tax", "land"]).value.splitlines()
    assert shown[2] == "| land | 0 | `` |"
    assert shown[3].startswith("| tax | 2 | `")
    assert shown == sources_table([one, two], ["land", "tax"]).value.splitlines(), "no order of arrival"
    assert shown != sources_table([one], ["tax", "land"]).value.splitlines()
