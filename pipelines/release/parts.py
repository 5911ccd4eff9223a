"""What a release holds beside its tables, in the order it is written: each part may read those before it."""

from __future__ import annotations

from pipelines.disclosure.part import disclose
from pipelines.export.write import exports
from pipelines.release.draft import Draft, Part
from pipelines.release.tables import VIEWS, add_views
from pipelines.report.scoreboard_page import scoreboard
from pipelines.revision.vintage import revision


def views(draft: Draft) -> None:
    """Friendly views for people who type SQL."""
    add_views(draft.tables, VIEWS)


def plan(draft: Draft) -> None:
    """The plan's seeds, so that a later plan can be told from later code."""
    # Imported here, so that Dagster's definitions load without Polars.
    from pipelines.plan.seeds import keep_plan

    keep_plan(draft.folder / "plan")


def passports(draft: Draft) -> None:
    """A passport for every figure of the county; after whatever writes public tables or revisions."""
    # Imported here, so that Dagster's definitions load without the templates.
    from pipelines.passport.part import passports as write

    write(draft)


PARTS: tuple[Part, ...] = (plan, revision, views, disclose, exports, passports, scoreboard)
