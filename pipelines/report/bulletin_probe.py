"""What a template may name: content in which everything is there, to fill a template with before the real one."""

from __future__ import annotations

from typing import Any

# Columns of each list; the tests hold them to what bulletins hold.
COLUMNS = {
    "verdicts": ("name", "years", "window"),
    "unit_tally": ("unit", "n", "green", "yellow", "red", "grey", "due", "met"),
    "area_tally": ("group", "area", "rank", "change", "ranked", "first_three", "lights"),
    "lagging": ("no", "name", "light", "tint", "lead", "co", "need"),
    "goalposts": ("name", "since", "before", "now", "plan", "by_plan", "by_now"),
    "revisions": ("name", "month", "before", "now", "why"),
}
TARGET_COLUMNS = (
    *("name", "unit", "target", "value", "achieved", "elapsed"),
    *("change", "light", "tint", "lead", "status", "month"),
)
RANKING_COLUMNS = ("group", "rank", "area", "value", "before", "change")


def probe(content: dict[str, Any]) -> dict[str, Any]:
    """Content in which everything is there: each text, each list with one row."""

    def row(columns: tuple[str, ...]) -> dict[str, str]:
        return {name: "FFFFFF" if name == "tint" else name for name in columns}

    return {
        **{name: "x" for name, value in content.items() if isinstance(value, str)},
        "heading": {name: "x" for name in content["heading"]},
        "summary": ["x"],
        "notes": ["x"],
        "campaigns": [{"campaign": "x", "rows": [row(TARGET_COLUMNS)]}],
        **{
            name: [{"indicator": "x", "title": "x", "rows": [row(RANKING_COLUMNS)]}]
            for name in ("rankings", "every_ranking")
        },
        **{name: [row(columns)] for name, columns in COLUMNS.items()},
    }
