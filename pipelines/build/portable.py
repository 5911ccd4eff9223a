"""`python -m pipelines.build.portable`: refuses model SQL that DuckDB and Spark are known to read differently.

Looks at models, data tests and macros; `macros/dialect.sql` is where the two dialects stand. What runs on one engine
only is found by running it; this finds what runs on both and answers otherwise, and what is easily written by habit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.build.dbt_project import PROJECT

DIALECT = Path("macros/dialect.sql")
LOOKED_AT = ("models", "tests", "macros")


@dataclass(frozen=True)
class Rule:
    """`pattern` is searched in SQL without strings and comments, whatever the case."""

    name: str
    pattern: str
    reason: str
    mend: str


@dataclass(frozen=True)
class Finding:
    path: Path
    line: int
    rule: Rule

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule.name}: {self.rule.reason}; {self.rule.mend}"


_INSIDE = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))"  # of parentheses, two levels deep
_DAY = r"\b\w+(?:_on|_day|_date)\b"

RULES = (
    Rule(
        "null_order",
        "",  # see `_unplaced`
        "升序时空值在两引擎中位置不同 NULL comes last in DuckDB and first in Spark where the order rises",
        "write NULLS LAST (or FIRST) after it",
    ),
    Rule(
        "decimal_division",
        rf"\bas\s+decimal\s*\([^)]*\)\s*\)\s*/|/\s*cast\s*\({_INSIDE}*\bas\s+decimal\b",
        "小数相除的类型与位数不同 the quotient of decimals is a double in DuckDB and a rounded decimal in Spark",
        "cast to double first",
    ),
    Rule(
        "number_to_integer",
        rf"\bcast\s*\((?!\s*(?:floor|ceil|ceiling)\s*\({_INSIDE}*\)\s+as\b){_INSIDE}*?(?:\d\.\d|/){_INSIDE}*?"
        r"\s+as\s+(?:big|small|tiny)?int(?:eger)?\s*\)",
        "2.5 转整数：一个四舍五入，一个截断 DuckDB rounds, Spark cuts off",
        "say floor or ceil",
    ),
    Rule(
        "round",
        r"\bround\s*\(",
        "浮点数的舍入不同 halves of a double are rounded by its bits in DuckDB and by its shortest text in Spark",
        "keep the double, or make it a decimal with decimal_of()",
    ),
    Rule(
        "date_difference",
        rf"{_DAY}\s*-\s*(?:\w+\.)?{_DAY}",
        "日期相减：一个得天数，一个得间隔 days in DuckDB, an interval in Spark",
        "use days_between()",
    ),
    Rule(
        "date_function",
        r"\b(?:date_?diff|date_sub|date_part|strftime|strptime|date_format|to_char|dayofweek|isodow|weekday|age)\s*\(",
        "日期函数的参数、格式或起点不同 arguments, formats or the first day of a week differ",
        "use days_between(), or year(), month(), make_date(), last_day()",
    ),
    Rule(
        "concat",
        r"\bconcat\s*\(",
        "遇空值：一个略过，一个得空 DuckDB leaves NULL out, Spark answers NULL",
        "use || with coalesce",
    ),
    Rule(
        "regular_expression",
        r"\bregexp_\w+\s*\(|\b(?:similar\s+to|rlike)\b",
        "正则的分组与方言不同 the group returned and the dialect of the expression differ",
        "use instr, substr, like, or a macro in dialect.sql",
    ),
    Rule(
        "item_of_list",
        r"[\w)\]]\s*\[\s*[\w-]",
        "下标起点不同 the first item is 1 in DuckDB and 0 in Spark",
        "use nth()",
    ),
    Rule(
        "list",
        r"\b(?:list|list_\w+|array_\w+|string_agg|listagg|collect_list|collect_set|unnest|explode|generate_series)\s*\(",
        "列表中的空值与顺序不同 NULLs in lists and the order of their items differ",
        "use joined(), joined_sorted(), two_largest(), or a macro in dialect.sql",
    ),
    Rule("largest_n", r"\b(?:max|min)\s*\([^()]*,\s*\d+\s*\)", "仅 DuckDB 有 only DuckDB has it", "use two_largest()"),
    Rule("ignore_nulls", r"\b(?:ignore|respect)\s+nulls\b", "位置不同 stands elsewhere in Spark", "use last_known()"),
    Rule(
        "double_to_decimal",
        r"\bas\s+double\s*\)\s+as\s+decimal\b",
        "末位不同 the last digits differ",
        "use decimal_of()",
    ),
    Rule("distinct_on", r"\bdistinct\s+on\s*\(", "仅 DuckDB 有 only DuckDB has it", "use qualify row_number()"),
    Rule("asof", r"\basof\b", "仅 DuckDB 有 only DuckDB has it", "use a join and qualify row_number()"),
    Rule("columns", r"\bcolumns\s*\(", "仅 DuckDB 有 only DuckDB has it", "name the columns"),
    Rule("union_by_name", r"\bby\s+name\b", "Spark 没有 Spark has no UNION BY NAME", "name the columns, in one order"),
    Rule(
        "star_modifier",
        r"\*\s*(?:exclude|except|replace|rename)\b",
        "写法不同 exclude in DuckDB, except in Spark",
        "name the columns",
    ),
    Rule("whole_division", r"//", "Spark 没有 Spark has none", "use floor(a / b)"),
    Rule("power", r"\*\*", "Spark 没有 Spark has none", "use power(a, b)"),
    Rule(
        "quoted_name",
        r'"[^"\n]*"',
        "双引号在 Spark 中是文本 a name in DuckDB, a text in Spark",
        "write the name without quotes",
    ),
    Rule("varchar", r"\bvarchar\b(?!\s*\()", "Spark 要求长度 Spark wants its length", "use string"),
    Rule("strpos", r"\b(?:strpos|contains|starts_with|prefix)\s*\(", "名称不同 another name", "use instr() or like"),
    Rule("arg_max", r"\barg_(?:max|min)\s*\(", "名称不同 another name in Spark", "use max_by, min_by"),
    Rule("quantile", r"\b(?:quantile\w*|approx_\w+)\s*\(", "算法不同 other methods", "use median()"),
    Rule("format", r"\b(?:printf|format|format_string)\s*\(", "格式不同 other formats", "use lpad() and ||"),
)

_NULL_ORDER = RULES[0]

_JINJA_COMMENT = r"\{#.*?#\}"
_JINJA = r"\{%.*?%\}|\{\{.*?\}\}"
_PLAIN = r"--[^\n]*|/\*.*?\*/|'(?:''|[^'])*'"
_PART = re.compile(rf"(?P<jinja_comment>{_JINJA_COMMENT})|(?P<jinja>{_JINJA})|(?P<plain>{_PLAIN})", re.DOTALL)
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def sql_of(text: str) -> str:
    """The SQL of a model or macro at its places: strings and comments blanked, and of Jinja all but the texts in it,
    which may be SQL."""

    def blanked(part: re.Match[str]) -> str:
        if part["jinja"]:
            quoted = {m.start(): m.group() for m in _QUOTED.finditer(part.group())}
            kept = _blank(part.group())
            for start, piece in quoted.items():
                inner = f" {sql_of(piece[1:-1])} "
                kept = kept[:start] + inner + kept[start + len(piece) :]
            return kept
        return _blank(part.group())

    return _PART.sub(blanked, text)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def findings(text: str, path: Path) -> Iterator[Finding]:
    """What the rules say about one file, in the order of its lines."""
    sql = sql_of(text)
    found = [(at, _NULL_ORDER) for at in _unplaced(sql)]
    for rule in RULES:
        if rule.pattern:
            found += [(match.start(), rule) for match in re.finditer(rule.pattern, sql, re.IGNORECASE)]
    for at, rule in sorted(found, key=lambda one: one[0]):
        yield Finding(path, sql.count("\n", 0, at) + 1, rule)


def _unplaced(sql: str) -> Iterator[int]:
    """Where an ORDER BY rises without a word about NULL; falling, both engines put it last."""
    for clause in re.finditer(r"\border\s+by\b", sql, re.IGNORECASE):
        depth, start = 0, clause.end()
        for at in range(start, len(sql) + 1):
            char = sql[at] if at < len(sql) else ")"
            ends = char == ")" and depth == 0
            ends |= depth == 0 and bool(re.match(r"\b(?:rows|range|limit|union)\b|;", sql[at:], re.IGNORECASE))
            if ends or (char == "," and depth == 0):
                item = sql[start:at]
                if item.strip() and not re.search(r"\b(?:desc|nulls\s+(?:last|first))\s*$", item, re.IGNORECASE):
                    yield start + len(item) - len(item.lstrip())
                start = at + 1
            if ends:
                break
            depth += {"(": 1, ")": -1}.get(char, 0)


def project_findings(project: Path) -> list[Finding]:
    return [
        finding
        for folder in LOOKED_AT
        for path in sorted((project / folder).rglob("*.sql"))
        if path.relative_to(project) != DIALECT
        for finding in findings(path.read_text(encoding="utf-8"), path.relative_to(project))
    ]


def main() -> int:
    found = project_findings(PROJECT)
    for finding in found:
        print(finding)
    if not found:
        print("模型 SQL 两引擎读法一致 no model SQL that DuckDB and Spark are known to read differently")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
