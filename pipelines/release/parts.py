"""What a release holds beside its tables, in the order it is written: each part may read those before it."""

from __future__ import annotations

from pipelines.release.draft import Draft, Part
from pipelines.release.tables import VIEWS, add_views


def views(draft: Draft) -> None:
    """Friendly views for people who type SQL."""
    add_views(draft.tables, VIEWS)


def passports(draft: Draft) -> None:
    """A passport for every figure of the county; after whatever writes public tables or revisions."""
    # Imported here, so that Dagster's definitions load without the templates.
    from pipelines.passport.part import passports as write

    write(draft)


PARTS: tuple[Part, ...] = (views, passports)
