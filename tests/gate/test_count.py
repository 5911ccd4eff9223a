"""The gate counts: what was expected, what ran, what passed."""

from __future__ import annotations

from pathlib import Path

import pytest
from gate_toys import expectation, write_suite

from pipelines.gate.model import CheckResult, problems, read_results, write_results
from pipelines.gate.suites import EXPECTATIONS, expected_checks, load_suites

GOOD = CheckResult("good", "marts.a", True, "0 rows", "承诺")
BAD = CheckResult("bad", "marts.a", False, "3 rows", "承诺", sample=[{"code": "x"}])
CRASHED = CheckResult("crashed", "marts.a", False, "Binder Error", "承诺", crashed=True, severity="warning")
SOFT = CheckResult("soft", "marts.a", False, "7 rows", "承诺", severity="warning")


def test_all_there_and_passed_opens() -> None:
    assert problems([GOOD.key, SOFT.key], [GOOD, SOFT]) == []


@pytest.mark.parametrize(
    ("expected", "results", "kinds"),
    [
        ([GOOD.key, BAD.key], [GOOD, BAD], ["failed"]),
        ([GOOD.key, BAD.key], [GOOD], ["unrun"]),
        ([GOOD.key, CRASHED.key], [GOOD, CRASHED], ["crashed"]),
        ([GOOD.key], [], ["unrun"]),
        ([BAD.key, CRASHED.key, GOOD.key], [BAD, CRASHED], ["crashed", "failed", "unrun"]),
    ],
)
def test_anything_else_keeps_it_shut(
    expected: list[tuple[str, str]], results: list[CheckResult], kinds: list[str]
) -> None:
    assert [p.kind for p in problems(expected, results)] == kinds


def test_a_problem_says_what_broke() -> None:
    (problem,) = problems([BAD.key], [BAD])
    assert problem.headline() == "marts.a · bad: 未通过 failed (3 rows)"
    assert problem.sample == [{"code": "x"}]


def test_a_count_that_cannot_be_trusted_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        problems([GOOD.key], [GOOD, GOOD])
    with pytest.raises(ValueError, match="nobody expected"):
        problems([GOOD.key], [GOOD, BAD])


def test_results_survive_the_disk(tmp_path: Path) -> None:
    write_results(tmp_path / "checks.json", [GOOD, BAD, CRASHED])
    assert read_results(tmp_path / "checks.json") == [GOOD, BAD, CRASHED]


def test_every_expectation_of_a_suite_is_expected(tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "s", expectation("b"), expectation("a"))
    assert expected_checks(load_suites(folder)) == [("marts.toy", "b"), ("marts.toy", "a")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\nexpectations: []\n", "toy.yml: a suite needs"),
        ("name: x\nmeta: {table: marts.x, key: [a]}\nexpectations: []\n", "no expectation"),
        ("name: x\nmeta: {table: marts.x, key: [a]}\nexpectations: [{meta: {check: c, zh: z}}]\n", "missing: 'en'"),
        (
            "name: x\nmeta: {table: marts.x, key: [a]}\n"
            "expectations: [{meta: {check: c, zh: z, en: e}}, {meta: {check: c, zh: z, en: e}}]\n",
            "share a check name",
        ),
    ],
)
def test_a_broken_suite_names_its_file(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "toy.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load_suites(tmp_path)


def test_one_suite_a_table(tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "s", expectation("a"))
    (folder / "again.yml").write_text((folder / "toy.yml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"several suites for one table: marts\.toy"):
        load_suites(folder)


def test_the_suites_of_the_project_can_be_read() -> None:
    suites = load_suites(EXPECTATIONS)
    assert all(check.isidentifier() for _, check in expected_checks(suites)), "names of asset checks"
