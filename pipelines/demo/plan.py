"""Which files are sent again, and which are to be refused: a table, not a programme.

A version is `ok`; `wrong` (some figures are mistaken, a correction follows); or the reason for which it is refused.
The position in the list is the N of `_更正N`.
"""

from __future__ import annotations

_PLAN: dict[tuple[str, int, int | None], tuple[str, ...]] = {
    ("industry", 0, 10): ("wrong", "wrong", "ok"),
    ("industry", 0, 12): ("wrong", "ok"),
    ("land", 0, None): ("wrong", "ok"),
    ("tax", 0, 9): ("period_mismatch",),
    ("achievement", 0, 6): ("wrong", "ok"),
    ("remediation", 0, 12): ("wrong", "ok"),
    ("electricity", 1, 3): ("ok", "empty"),
    ("tax", 1, 4): ("control_total_mismatch",),
    ("tax", 1, 5): ("ok", "unreadable"),
    ("industry", 1, 8): ("schema_mismatch",),
    ("tax", 1, 10): ("ok", "unit_unknown"),
    # The third quarter of that year is unknown.
    ("achievement", 1, 9): ("schema_mismatch",),
    ("land_transfer", 1, None): ("wrong", "ok"),
    ("title", 1, None): ("ok", "unreadable"),
    ("fuel", 2, 5): ("schema_mismatch",),
    # From here to December no energy of that year is known.
    ("electricity", 2, 11): ("unreadable",),
}
REFUSALS = ("unreadable", "schema_mismatch", "period_mismatch", "unit_unknown", "control_total_mismatch", "empty")


def versions(source: str, k: int, month: int | None, *, years: int, defects: float) -> tuple[str, ...]:
    """The versions of a file that arrive, oldest first. A county of one year has no refused files."""
    plan = _PLAN.get((source, k, month), ("ok",))
    if defects <= 0 or (years < 2 and any(version in REFUSALS for version in plan)):
        return ("ok",)
    return plan
