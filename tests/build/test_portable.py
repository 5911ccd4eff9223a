"""Each rule of the lint catches its case and passes the text that says the same portably."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.build.portable import DIALECT, PROJECT, RULES, findings, main, project_findings, sql_of

# rule → (SQL it refuses, SQL it passes)
CASES = {
    "null_order": (
        "row_number() over (partition by a order by b desc, c)",
        "row_number() over (partition by a order by b desc, c nulls last rows unbounded preceding)",
    ),
    "decimal_division": (
        "select cast(a as decimal(18, 6)) / b",
        "select cast(cast(a as decimal(18, 6)) as double) / b",
    ),
    "number_to_integer": ("select cast(month / 3 as integer)", "select cast(ceil(month / 3.0) as integer)"),
    "round": ("select round(x, 2)", "select ground(x)"),
    "date_difference": ("select s.closed_on - s.listed_on", "select {{ days_between('s.listed_on', 's.closed_on') }}"),
    "date_function": ("select strftime(day, '%Y')", "select year(day), make_date(y, m, 1)"),
    "concat": ("select concat(a, b)", "select a || coalesce(b, ''), concat_ws('|', a, b)"),
    "regular_expression": ("select regexp_extract(a, '(x)', 1)", "select instr(a, 'x'), a like 'x%'"),
    "item_of_list": ("select parts[1]", "select {{ nth('parts', 1) }}"),
    "list": ("select string_agg(a, ';')", "select {{ joined('a', ';', ['b']) }}"),
    "largest_n": ("select max(a, 2)", "select {{ two_largest('a') }}, max(coalesce(a, 2))"),
    "ignore_nulls": ("last_value(a ignore nulls) over w", "{{ last_known('a', 'w') }}"),
    "double_to_decimal": (
        "cast(cast(a as double) as decimal(18, 6))",
        "{{ decimal_of('cast(a as double)', 'decimal(18, 6)') }}",
    ),
    "distinct_on": ("select distinct on (a) b", "select distinct a, b"),
    "asof": ("from a asof join b using (c)", "from a join b using (c)"),
    "columns": ("select columns('x_.*')", "select x_1, x_2"),
    "union_by_name": ("select 1 union all by name select 2", "select 1 union all select 2"),
    "star_modifier": ("select * exclude (a)", "select *, a.b"),
    "whole_division": ("select a // b", "select floor(a / b)"),
    "power": ("select a ** 2", "select power(a, 2), count(*)"),
    "quoted_name": ('select "a" from t', "select 'a' from t"),
    "varchar": ("cast(a as varchar)", "cast(a as string)"),
    "strpos": ("strpos(a, b) > 0", "instr(a, b) > 0"),
    "arg_max": ("arg_max(a, b)", "max_by(a, b)"),
    "quantile": ("quantile_cont(a, 0.5)", "median(a)"),
    "format": ("printf('%02d', a)", "lpad(cast(a as string), 2, '0')"),
}


def broken(sql: str) -> set[str]:
    return {finding.rule.name for finding in findings(sql, Path("models/some.sql"))}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_catches_its_case_and_passes_the_other(rule):
    refused, passed = CASES[rule.name]
    assert rule.name in broken(refused)
    assert rule.name in broken(refused.upper())
    assert broken(passed) == set()
    assert rule.reason and rule.mend


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_comments_and_strings_are_no_sql(rule):
    refused, _ = CASES[rule.name]
    quoted = refused.replace("'", "''")
    assert broken(f"-- {refused}\nselect 1 /* {refused} */ {{# {refused} #}}, '{quoted}'") == set()


def test_texts_in_jinja_are_sql_but_jinja_is_not():
    assert broken("{{ joined('round(a, 2)', ';', ['b']) }}") == {"round"}
    assert broken("{%- set half = columns[1:] | round -%}{{ names[0] ~ ', ' ~ 7 // 2 ** 2 }}") == set()


def test_a_finding_names_line_and_mend():
    (found,) = findings("select\n    a,\n    round(b, 2) as b\nfrom t\n", Path("models/some.sql"))
    assert str(found).startswith("models/some.sql:3: round: ")
    assert found.rule.mend in str(found)


def test_blanking_keeps_every_place():
    text = "select 'a' -- b\n, {{ c('d') }}\n{# e\n f #}, g"
    assert len(sql_of(text)) == len(text)
    assert [len(line) for line in sql_of(text).split("\n")] == [len(line) for line in text.split("\n")]


def test_every_file_but_the_dialects_own_is_looked_at(tmp_path, capsys, monkeypatch):
    for name in ("models/marts/a.sql", "tests/b.sql", "macros/c.sql", DIALECT.as_posix()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("select round(a, 2)\n", encoding="utf-8")
    seen = {finding.path.as_posix() for finding in project_findings(tmp_path)}
    assert seen == {"models/marts/a.sql", "tests/b.sql", "macros/c.sql"}
    monkeypatch.setattr("pipelines.build.portable.PROJECT", tmp_path)
    assert main() == 1
    assert "models/marts/a.sql:1: round" in capsys.readouterr().out


def test_two_dialects_stand_in_one_file():
    others = [path for path in (PROJECT / "macros").glob("*.sql") if path.name != DIALECT.name]
    assert others
    assert not [path.name for path in others if "spark__" in path.read_text(encoding="utf-8")]
