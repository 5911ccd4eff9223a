"""What a release holds beside its tables, in the order it is written: each part may read those before it."""

from __future__ import annotations

from pipelines.release.draft import Draft, Part
from pipelines.release.tables import VIEWS, add_views
from pipelines.report.bulletins import bulletins
from pipelines.report.scoreboard_page import scoreboard


def views(draft: Draft) -> None:
    """Friendly views for people who type SQL."""
    add_views(draft.tables, VIEWS)


PARTS: tuple[Part, ...] = (views, scoreboard, bulletins)
