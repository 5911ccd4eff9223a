"""What an auditor does in a real browser: from a bureau's file to the release, and nothing can be launched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipelines.home import Home
from pipelines.release import current_release
from tests.browser.conftest import PROMISE, Ui

pytestmark = pytest.mark.slow

WAY = (
    "staging / stg_tax",
    "marts / enterprise_month",
    "intermediate / int_indicator_ratio",
    "marts / indicator_value",
    "release",
)


def newest_files(home: Home, source: str) -> list[tuple[str, str]]:
    """(file, sha256) of what stands, as the manifest of the current release names them."""
    release = current_release(home)
    assert release is not None
    mine = [i for i in release.manifest["inputs"] if i["source"] == source and i["status"] == "accepted"]
    return [(i["file_name"], i["sha256"]) for i in mine]


def ask(page: Page, query: str) -> Any:
    answer = page.request.post("/graphql", data={"query": query})
    assert answer.ok
    return json.loads(answer.text())["data"]


def test_from_a_bureaus_file_to_the_release_by_clicking(page: Page, ui: Ui) -> None:
    page.goto("/assets/raw/tax")
    for step in WAY:
        page.locator("a[href^='/assets/']").filter(has_text=step).first.click()
        expect(page).to_have_url(f"{ui.url}/assets/{step.replace(' / ', '/')}")
        expect(page.get_by_text("Description", exact=True)).to_be_visible()
    # The last page is the release of the night that ended well.
    release = current_release(ui.home)
    assert release is not None
    expect(page.get_by_text(release.content_hash).first).to_be_visible()


def test_the_lineage_shows_the_phases_and_the_release(page: Page) -> None:
    page.goto("/asset-groups")
    for phase in ("gsbpm_2_design", "gsbpm_4_collect", "gsbpm_5_process", "gsbpm_6_analyse", "gsbpm_7_disseminate"):
        expect(page.get_by_text(phase).last).to_be_visible()
    page.goto("/assets/release?view=lineage&lineageScope=upstream")
    expect(page.get_by_text("indicator_value").first).to_be_visible()
    page.goto("/assets/raw/patent?view=lineage&lineageScope=downstream")
    expect(page.get_by_text("stg_patent").first).to_be_visible()


def test_a_source_says_what_it_is_and_which_bytes_it_stands_on(page: Page, ui: Ui) -> None:
    page.goto("/assets/raw/tax")
    for text in (
        "企业入库税收 Tax paid in by enterprise",
        "县税务局",
        "gsbpm_4_collect",
        "纳税人识别号、统一社会信用代码 / credit code",
        "clause/2",
        "campaign/headline",
        "lead_unit/economy_and_it",
    ):
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.get_by_text("1,016", exact=True).first).to_be_visible()  # rows
    page.get_by_text("[Show Markdown]").first.click()
    files = newest_files(ui.home, "tax")
    assert len(files) > 20
    for name, sha256 in files:
        row = page.locator("tr").filter(has_text=name).filter(has_text=sha256)
        expect(row.first).to_be_visible()


def test_a_published_table_leads_to_passports_and_promises(page: Page) -> None:
    page.goto("/assets/marts/indicator_value")
    for text in ("指标值", "县经信局", "gsbpm_6_analyse", "coverage_weighted", "source_files"):
        expect(page.get_by_text(text).first).to_be_visible()
    for name in (
        "internal/passports/index.html",
        "passports/index.html",
        "data_docs/index.html",
        "data_docs/expectations/indicator_value.html",
    ):
        expect(page.locator(f"a[href='http://127.0.0.1:3001/{name}']").first).to_be_visible()


def test_a_failed_check_shows_what_was_expected_and_observed(page: Page, ui: Ui) -> None:
    assert f"{PROMISE}: 未通过 failed (5 rows)" in ui.screen
    page.goto(f"/assets/marts/project?view=checks&checkDetail={PROMISE}")
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
    for key, value in (("expected", "测试承诺 a promise of the test"), ("observed", "5 rows")):
        expect(page.locator("tr").filter(has_text=key).filter(has_text=value).first).to_be_visible()


def test_a_data_test_shows_what_was_expected_and_observed(page: Page) -> None:
    page.goto("/assets/marts/project?view=checks&checkDetail=unique_project_project_id")
    for key, value in (
        ("expected", "没有一行违反 no row breaks unique(column_name=project_id)"),
        ("observed", "0 行不符"),
    ):
        expect(page.locator("tr").filter(has_text=key).filter(has_text=value).first).to_be_visible()


def test_a_source_that_is_overdue_shows(page: Page) -> None:
    page.goto("/assets/raw/tax?view=checks&checkDetail=is_on_time")
    expect(page.get_by_text("最新 newest 2021-12；逾期 overdue").first).to_be_visible()


def test_nothing_can_be_launched(page: Page) -> None:
    for url, name in (
        ("/assets/marts/project", "Materialize"),
        ("/assets/marts/project?view=checks", "Execute all"),
        ("/assets/release?view=lineage", "Materialize"),
    ):
        page.goto(url)
        button = page.locator("button", has_text=name).first
        expect(button).to_be_visible()
        expect(button).to_be_disabled()
    before = ask(page, "{ runsOrError { ... on Runs { count } } }")
    selector = 'repositoryName: "__repository__", repositoryLocationName: "pipelines.definitions", jobName: "nightly"'
    launched = ask(
        page,
        f'mutation {{ launchRun(executionParams: {{selector: {{{selector}}}, mode: "default", runConfigData: "{{}}"}}) '
        "{ __typename } }",
    )
    assert launched == {"launchRun": {"__typename": "UnauthorizedError"}}
    runs = ask(page, "{ runsOrError { ... on Runs { results { runId } } } }")["runsOrError"]["results"]
    deleted = ask(page, f'mutation {{ deletePipelineRun(runId: "{runs[0]["runId"]}") {{ __typename }} }}')
    assert deleted == {"deletePipelineRun": {"__typename": "UnauthorizedError"}}
    assert ask(page, "{ runsOrError { ... on Runs { count } } }") == before
    assert before["runsOrError"]["count"] == 2, "the good night and the failed one"


def test_both_nights_told_one_message_and_kept_their_secret(ui: Ui) -> None:
    (message,) = json.loads((ui.home.root / "messages.json").read_text(encoding="utf-8"))
    assert message["type"] == "failure"
    assert message["title"] == f"凤凰 未发布 not published — marts.project · {PROMISE}: 未通过 failed (5 rows)"
    assert "XM201800000" not in message["message"], "rows stay in the log"
    assert "a-secret-token" not in ui.screen
    for path in ui.home.root.rglob("*"):
        if path.is_file() and path.name != "channels":
            assert b"a-secret-token" not in path.read_bytes(), path
