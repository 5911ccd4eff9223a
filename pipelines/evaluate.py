"""Another evaluation scheme tried on a release: the same dbt models over the release's own facts, in a file apart.

Nothing is published: the release is read, the trial's tables live in a temporary folder.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipelines.build.dbt_project import WORK_FILE_VARIABLE, project_arguments, start_from_kept_parse
from pipelines.home import CHECKOUT
from pipelines.reading import NothingThere, cell, rows, table_of

SEED = "evaluation_scheme"
TEST = "evaluation_schemes_are_whole"
MODELS = ("int_evaluation_rule", "enterprise_evaluation_item", "enterprise_evaluation")

# The trial reads these tables of the release, of one year.
_FACTS = """
    create table trial.marts.enterprise_year as
        select * from release.marts.enterprise_year where year = $year and is_closed;
"""
_NAMES = "select distinct scheme_id from trial.seeds.evaluation_scheme order by scheme_id"
_TITLES = "create table trial.marts.enterprise_title as select * from release.marts.enterprise_title"

# Why the class changed: vetoes, bonus, and how far each item moved the score, the largest move first.
_CHANGES = """
    with item as (
        select coalesce(t.credit_code, p.credit_code) as credit_code, coalesce(t.item, p.item) as item,
            coalesce(t.score, 0) - coalesce(p.score, 0) as move
        from trial.marts.enterprise_evaluation_item as t
        full join (select * from release.marts.enterprise_evaluation_item where year = $year) as p
            on t.credit_code = p.credit_code and t.item = p.item
    ),
    moved as (
        select credit_code, string_agg(format('{} {:+.2f}', item, move), '; ' order by abs(move) desc, item) as moves
        from item where round(abs(move), 2) > 0 group by credit_code
    )
    select t.credit_code, t.enterprise_name, t.town_code, p.class as class_before, t.class as class_now,
        p.score as score_before, t.score as score_now, p.rank as rank_before, t.rank as rank_now,
        concat_ws('; ',
            case when t.vetoes is not null then '否决 veto: ' || t.vetoes end,
            case when p.vetoes is not null and t.vetoes is null then '不再否决 no veto' end,
            case when t.bonus <> p.bonus then format('加分 bonus {:+.2f}', t.bonus - p.bonus) end,
            coalesce(m.moves, case when t.score = p.score then '得分未变，名次或档线移动 rank or quota moved' end)
        ) as why
    from trial.marts.enterprise_evaluation as t
    inner join release.marts.enterprise_evaluation as p on t.year = p.year and t.credit_code = p.credit_code
    left join moved as m on t.credit_code = m.credit_code
    where t.class <> p.class
    order by class_before, class_now, t.rank, t.credit_code
"""
_CLASSES = """
    select coalesce(p.class, t.class) as class, coalesce(p.n, 0) as before, coalesce(t.n, 0) as now
    from (select class, count(*) as n from release.marts.enterprise_evaluation where year = $year group by class) as p
    full join (select class, count(*) as n from trial.marts.enterprise_evaluation group by class) as t
        on p.class = t.class
    order by 1
"""


class SchemeBroken(Exception):
    """A scheme that cannot be applied; the message says what to mend."""


@dataclass(frozen=True)
class Trial:
    """`classes`: enterprises by class before and now. `changes`: who changes class (credit_code, enterprise_name,
    town_code, class/score/rank before and now, why)."""

    year: int
    before: str
    now: str
    classes: list[dict[str, Any]]
    changes: list[dict[str, Any]]


def try_scheme(tables: Path, scheme: Path, year: int) -> Trial:
    """Evaluate `year` of a release's `internal.duckdb` by the scheme of a csv file, and compare with what is published.

    Raises `SchemeBroken`, and `NothingThere` where the release has no evaluation of that year.
    """
    with tempfile.TemporaryDirectory(prefix="fenghuang-evaluate-") as folder:
        trial = Path(folder) / "build.duckdb"
        with duckdb.connect() as connection:
            connection.execute(f"attach '{_quoted(tables)}' as release (read_only)")
            connection.execute(f"attach '{_quoted(trial)}' as trial")
            before = _published(connection, year)
            now = _load(connection, scheme, before)
            connection.execute("create schema trial.marts")
            connection.execute(_FACTS, {"year": year})
            connection.execute(_TITLES)
        _build(trial, Path(folder) / "target")
        with duckdb.connect() as connection:
            connection.execute(f"attach '{_quoted(tables)}' as release (read_only)")
            connection.execute(f"attach '{_quoted(trial)}' as trial (read_only)")
            return Trial(
                year=year,
                before=before,
                now=now,
                classes=rows(connection, _CLASSES, year=year),
                changes=rows(connection, _CHANGES, year=year),
            )


def _quoted(path: Path) -> str:
    """ATTACH takes no parameters, so a path is quoted as a literal."""
    return str(path).replace("'", "''")


def _published(connection: duckdb.DuckDBPyConnection, year: int) -> str:
    """The scheme by which the release evaluated a year."""
    found = rows(
        connection,
        "select year, max(scheme_id) as scheme from release.marts.enterprise_evaluation group by 1 order by 1",
    )
    schemes = {row["year"]: str(row["scheme"]) for row in found}
    if year not in schemes:
        listed = "、".join(str(each) for each in schemes) or "无 none"
        raise NothingThere(f"{year}: 该版本没有这一年的评价 no evaluation of that year; 有 there are: {listed}")
    return schemes[year]


def _load(connection: duckdb.DuckDBPyConnection, scheme: Path, published: str) -> str:
    """The csv as the seed's table, in force from the beginning; the name of the scheme. Raises `SchemeBroken`."""
    types = _column_types()
    with scheme.open(encoding="utf-8-sig", newline="") as file:
        heading = next(csv.reader(file), [])
    if missing := [column for column in types if column not in heading]:
        raise SchemeBroken(f"{scheme}: 缺列 no column {', '.join(missing)}; 应有 it needs: {','.join(types)}")
    connection.execute("create schema trial.seeds")
    columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in types.items())
    try:
        connection.execute(
            f"create table trial.seeds.{SEED} as "  # noqa: S608 - names of the seed as the project declares them
            f"select {columns} from read_csv($path, all_varchar = true, header = true)",
            {"path": str(scheme)},
        )
    except duckdb.ConversionException as error:
        raise SchemeBroken(f"{scheme}: {error}") from error
    names = [row["scheme_id"] for row in rows(connection, _NAMES)]
    if len(names) != 1:
        raise SchemeBroken(f"{scheme}: 应只含一个办法 holds {len(names)} schemes, one is tried at a time")
    connection.execute("update trial.seeds.evaluation_scheme set valid_from_year = 0 where part = 'scheme'")
    return str(names[0]) if names[0] != published else f"{names[0]} ({scheme.name})"


def _column_types() -> dict[str, str]:
    """Columns of the scheme seed with their types, as the dbt project declares them."""
    declared = yaml.safe_load(
        (CHECKOUT / "dbt_project" / "seeds" / "_seeds_enterprises.yml").read_text(encoding="utf-8")
    )
    return next(seed["config"]["column_types"] for seed in declared["seeds"] if seed["name"] == SEED)


def _build(trial: Path, target: Path) -> None:
    """The evaluation's own models and the test of its schemes, built in the trial's file. Raises `SchemeBroken`."""
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "build", *project_arguments(target)]
    command += ["--select", *MODELS, TEST, "--indirect-selection", "empty"]
    start_from_kept_parse(target)
    environment = {**os.environ, WORK_FILE_VARIABLE: trial.name}
    done = subprocess.run(command, cwd=trial.parent, env=environment, capture_output=True, text=True, check=False)
    report = target / "run_results.json"
    if not report.is_file():
        raise RuntimeError(f"dbt ended before it built anything:\n{done.stdout}{done.stderr}")
    results = json.loads(report.read_text(encoding="utf-8"))["results"]
    failed = [result for result in results if result["status"] not in ("success", "pass")]
    test = next((result for result in failed if TEST in result["unique_id"] and result["status"] == "fail"), None)
    if test is not None:
        with duckdb.connect(str(trial), read_only=True) as connection:
            faults = sorted(rows(connection, test["compiled_code"]), key=lambda row: (row["part"], row["code"]))
        raise SchemeBroken("\n".join(f"{row['part']} {row['code']}: {row['fault']}" for row in faults))
    if failed:
        raise RuntimeError("\n".join(str(result["message"]) for result in failed))


def render(found: Trial) -> Group:
    """Enterprises by class before and now, and who changes class with scores, ranks and why."""
    classes = table_of(
        f"{found.year}年 {found.before} → {found.now}",
        {"class": "类别 class", "before": "现行 published", "now": "试评 tried"},
        found.classes,
    )
    if not found.changes:
        return Group(classes, Text("没有企业变动类别 nobody changes class"))
    changes = Table(title=f"类别变动 {len(found.changes)} enterprises change class", title_justify="left")
    for heading in ("企业 enterprise", "类别 class", "得分 score", "名次 rank", "原因 why"):
        changes.add_column(heading)
    for row in found.changes:
        changes.add_row(
            f"{row['enterprise_name']}\n{row['credit_code']}",
            f"{row['class_before']} → {row['class_now']}",
            f"{_score(row['score_before'])} → {_score(row['score_now'])}",
            f"{cell(row['rank_before'])} → {cell(row['rank_now'])}",
            row["why"],
        )
    return Group(classes, changes)


def _score(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"
