"""The lists of enterprises and projects of the sample county: equal to the truth where there is one."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from pipelines.enterprise import find, page
from pipelines.evaluate import SchemeBroken, render, try_scheme
from pipelines.home import CHECKOUT
from pipelines.reading import NothingThere
from tests.nights import SAMPLE
from tests.pipeline.sample_values import TOLERANCE, BuiltSample, built_sample

# One build for all of them.
pytestmark = pytest.mark.xdist_group("sample")

ITEMS = ("tax_per_mu", "value_added_per_mu", "value_added_per_tce", "emissions", "labour_productivity", "rd_ratio")
# truth file → (table, text columns, number columns), the columns of the truth by their name in the table
LISTS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "evaluation": (
        "enterprise_evaluation",
        {"class": "class", "missing": "missing"},
        {"score": "score"} | {item: item for item in ITEMS},
    ),
    "hcle": ("high_consumption_low_efficiency", {"reasons": "reasons", "status": "status"}, {}),
    "two_high": ("two_high_screening", {}, {}),
    "carbon": (
        "carbon_efficiency",
        {"level": "level", "carbon_class": "carbon_class"},
        {"L": "intensity", "K": "k"},
    ),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltSample:
    return built_sample(SAMPLE, tmp_path_factory)


@pytest.fixture(scope="module")
def connection(built: BuiltSample) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built.work_file), read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return connection.execute(sql, parameters).fetchall()


def truth_rows(truth: Path, name: str) -> dict[tuple[str, str], dict[str, str]]:
    with (truth / f"{name}.csv").open(encoding="utf-8") as file:
        return {(row["year"], row["credit_code"]): row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_enterprises_equals_the_truth(
    built: BuiltSample, connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    """The same rows; text exact, numbers to 1e-9, nulls where the truth has nothing."""
    table, texts, numbers = LISTS[name]
    expected = truth_rows(built.truth, name)
    columns = ", ".join(f'"{column}"' for column in (*texts.values(), *numbers.values()))
    select = f"select cast(year as varchar), credit_code{', ' if columns else ''}{columns} from marts.{table}"
    found = {row[:2]: row[2:] for row in rows(connection, select)}
    assert len(expected) >= 8
    assert set(found) == set(expected)
    for key, row in expected.items():
        for title, is_ in zip(texts, found[key], strict=False):
            assert ("" if is_ is None else str(is_)) == row[title], (key, title)
        for title, is_ in zip(numbers, found[key][len(texts) :], strict=True):
            should = float(row[title]) if row[title] else None
            if should is None or is_ is None:
                assert is_ is should, (key, title)
            else:
                assert math.isclose(is_, should, rel_tol=TOLERANCE, abs_tol=0.0), (key, title, is_, should)


def test_class_and_what_moved_it_since_the_year_before(connection: duckdb.DuckDBPyConnection) -> None:
    """Last year's class, the change of the score, and item moves that add up to it."""
    first = "select count(prior_class), count(moved_by) from marts.enterprise_evaluation where year = 2020"
    assert rows(connection, first) == [(0, 0)]
    moved = rows(
        connection,
        "select prior_class, score_change, moved_by from marts.enterprise_evaluation "
        "where year = 2021 and prior_class <> 'N'",
    )
    assert len(moved) >= 30
    for prior, change, moved_by in moved:
        assert prior in set("ABCD")
        moves = [float(part.rsplit(" ", 1)[1]) for part in moved_by.split(";")]
        assert sum(moves) == pytest.approx(change, abs=0.04)
        assert [abs(move) for move in moves] == sorted((abs(move) for move in moves), reverse=True)


def test_projects_stand_where_their_milestones_say(connection: duckdb.DuckDBPyConnection) -> None:
    """One row a first milestone that is not deleted, days up to the next, the data date being 2021-12-31."""
    first = rows(
        connection,
        "select m.project_id, m.milestone, min(m.happened_on) from raw.project_milestone as m "
        "join raw.project as p using (project_id) where not m.deleted and not p.deleted group by 1, 2 order by 1, 2",
    )
    assert rows(connection, "select project_id, stage, reached_on from marts.project_stage order by 1, 2") == first
    days = rows(
        connection,
        "select stage, days_in_stage, overdue from marts.project_stage where project_id = 'XM201800002' order by place",
    )
    # 2018-09-11, 2019-03-29, 2019-05-11, 2020-05-16, 2020-07-02; 365 days are given to become above-scale
    assert days == [
        ("签约", 199, False),
        ("落地", 43, False),
        ("开工", 371, False),
        ("竣工", 47, False),
        ("投产", 547, True),
    ]


def test_the_wall_chart_and_the_five_lists(connection: duckdb.DuckDBPyConnection) -> None:
    wall = rows(connection, "select project_id from marts.project_life_cycle where is_wall_chart order by 1")
    assert wall == rows(
        connection,
        "select project_id from raw.project where is_manufacturing and not deleted and planned_total_wan >= 30000 "
        "order by 1",
    )
    assert len(wall) >= 5
    lists = dict(rows(connection, "select not_yet_list, count(*) from marts.project_life_cycle group by 1"))
    reached = rows(
        connection,
        "select count(signed_on) - count(started_on), count(started_on) - count(completed_on), "
        "count(completed_on) - count(in_production_on), count(in_production_on) - count(above_scale_on), "
        "count(above_scale_on) - count(full_capacity_on) from marts.project",
    )[0]
    names = ("签约未开工", "开工未竣工", "竣工未投产", "投产未上规", "上规未达产")
    assert {name: lists.get(name, 0) for name in names} == dict(zip(names, reached, strict=True))
    completion = rows(
        connection,
        "select c.project_id, c.investment_completion, "
        "sum(i.invested_wan)::double / any_value(p.planned_fixed_wan)::double "
        "from marts.project_life_cycle as c join raw.project_investment as i using (project_id) "
        "join raw.project as p using (project_id) where not i.deleted group by 1, 2",
    )
    assert len(completion) >= 20
    for project, found, expected in completion:
        assert found == pytest.approx(expected, rel=1e-12), project


def test_the_loop_of_remediation_agrees_with_the_indicators(connection: duckdb.DuckDBPyConnection) -> None:
    """Done since the ledgers began is what the indicators sum from 2021 on, and what was done before."""
    done = rows(
        connection,
        "select land_done_mu, energy_done_tce, co2_done_t from marts.remediation_progress where breakdown = 'county'",
    )[0]
    before = rows(
        connection,
        "select sum(land_freed_mu), sum(energy_freed_tce), sum(co2_reduced_t) from marts.remediation_action "
        "where is_completed and completed_on < date '2021-01-01'",
    )[0]
    indicators = dict(
        rows(
            connection,
            "select indicator_id, value from marts.indicator_value where period = '2021-12' and breakdown = 'county' "
            "and indicator_id in ('inefficient_industrial_land_freed_3y', 'energy_use_freed_3y', 'co2_reduced_3y')",
        )
    )
    units = {"inefficient_industrial_land_freed_3y": 1500, "energy_use_freed_3y": 10_000, "co2_reduced_3y": 10_000}
    for (indicator, unit), now, then in zip(units.items(), done, before, strict=True):
        assert indicators[indicator] * unit == pytest.approx(float(now - then), rel=1e-9), indicator


def test_champions_agree_with_the_stock_of_titles(connection: duckdb.DuckDBPyConnection) -> None:
    held = dict(
        rows(
            connection,
            "select title, count(distinct holder) from marts.enterprise_title where is_held group by 1",
        )
    )
    stock = dict(
        rows(
            connection,
            "select indicator_id, value from marts.indicator_value where period = '2021-12' and breakdown = 'county'",
        )
    )
    assert held["高新技术企业"] == stock["hightech_enterprises_total"] == 15
    assert held["省级科技型中小企业"] == stock["provincial_sci_tech_sme_total"] == 47
    climbing = rows(
        connection, "select count(*) from marts.enterprise_champion where rung = 1 and next_title = '高新技术企业'"
    )
    assert climbing[0][0] > 20


OWN = """\
scheme_id,part,sort_order,code,valid_from_year,numerator,denominator,base,weight,cap,when_missing,comparator,threshold,name_zh,name_en
own,scheme,1,own,2030,,,,,,,,,本县办法,Our own
own,item,1,tax_per_mu,,tax,land_in_use,24.097,100,,zero,,,亩均税收,Tax per mu
own,class,1,A,,,,,,,,,0.5,A,A
own,class,2,D,,,,,,,,,1,D,D
own,veto,1,D,,value_added,,,,,,<,0,增加值为负,Negative value added
own,bonus,1,高新技术企业,,,,,1000,,,,,高新技术企业,High-tech enterprise
"""


def test_the_published_scheme_tried_again_moves_nobody(built: BuiltSample) -> None:
    shipped = CHECKOUT / "dbt_project" / "seeds" / "evaluation_scheme.csv"
    trial = try_scheme(built.work_file, shipped, 2021)
    assert trial.changes == []
    assert [row["before"] for row in trial.classes] == [row["now"] for row in trial.classes] == [8, 16, 14, 1]


def test_another_scheme_says_who_changes_class_and_why(built: BuiltSample, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(OWN, encoding="utf-8")
    trial = try_scheme(built.work_file, path, 2021)
    assert {row["class"]: row["now"] for row in trial.classes} == {"A": 20, "B": 0, "C": 0, "D": 19}
    why = {row["credit_code"]: row["why"] for row in trial.changes}
    # the one enterprise with negative value added
    assert [text for text in why.values() if "增加值为负" in text] == [why["91330521XXLLK274X7"]]
    assert sum("bonus +1000.00" in text for text in why.values()) >= 2
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(render(trial))
    assert "B → A" in console.export_text()


def test_a_scheme_that_cannot_be_applied_is_refused_with_what_to_mend(built: BuiltSample, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(OWN.replace("land_in_use,24.097", "land_in_us,0").replace(",,1,D,D", ",,0.9,D,D"))
    with pytest.raises(SchemeBroken) as refused:
        try_scheme(built.work_file, path, 2021)
    assert all(part in str(refused.value) for part in ("land_in_us", "must be 1", "base above 0"))
    path.write_text("scheme_id,part\nown,scheme\n", encoding="utf-8")
    with pytest.raises(SchemeBroken, match="sort_order, code"):
        try_scheme(built.work_file, path, 2021)
    with pytest.raises(NothingThere, match="2020、2021"):
        try_scheme(built.work_file, path, 2019)


def test_one_enterprise_on_one_page(built: BuiltSample) -> None:
    """By a former code; what stands there is of the enterprise that carries the code now."""
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(page(built.work_file, "91330521xxn7fare40"))
    text = console.export_text()
    shown = ("91330521XXCTEH5G4E", "2021-12", "before_2018", "高碳", "33/39", "XM202100030", "企业入库税收_202002.xlsx")
    assert [part for part in shown if part not in text] == []
    assert "规上工业生产财务月报_202012_更正1.csv" in text and "规上工业生产财务月报_202012.csv" not in text


def test_an_enterprise_is_found_by_name_and_never_guessed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert find(connection, " 德清栩煦栩(德清)纺织股份有限公司（重点）") == "91330521XXCTEH5G4E"
    assert find(connection, "德清晟岚蔚科技有限公司") == "91330521XX4PN3R22T"  # a former name
    with pytest.raises(NothingThere, match="有 2 家企业"):
        find(connection, "湖州湛漪峤科技有限公司")  # the former name of two
    with pytest.raises(NothingThere, match="没有这家企业"):
        find(connection, "91330521XX0000000X")
