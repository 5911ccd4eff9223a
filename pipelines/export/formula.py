"""Text that a spreadsheet would take for a formula, and how it is made harmless.

Excel reads a cell of a CSV file that begins with `=`, `+`, `-`, `@` (also in full width, as Chinese and Japanese
keyboards write them), a tab or a carriage return as something to compute (OWASP, CSV injection). Such a cell gets an
apostrophe before it; so does one that begins with an apostrophe, so that taking one away gives the text back.
"""

from __future__ import annotations

import re

# Read by Python and by DuckDB (RE2) alike.
PATTERN = "^[\\s\u3000\u00a0\ufeff]*[=+\\-@＝＋－＠]|^[\\t\\r\\n']"
_FORMULA = re.compile(PATTERN)
MARK = "'"


def is_formula_like(text: str) -> bool:
    return _FORMULA.search(text) is not None


def neutralised_sql(column: str) -> str:
    """SQL of a text column with its formula-like cells marked; `column` is quoted already."""
    pattern = PATTERN.replace("'", "''")
    return f"case when regexp_matches({column}, '{pattern}') then '''' || {column} else {column} end"
