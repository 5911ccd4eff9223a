"""Where a figure's number passport lies, seen from a report: one home for the way there."""

from __future__ import annotations

from pathlib import Path

FOLDER = "passports"


def passport_href(reports: Path, indicator: str, period: str) -> str | None:
    """Relative address of the passport of a county figure for a page in the folder `reports`; None where the release
    has no such passport, so that no dead link is shown."""
    page = f"{indicator}/{period}.html"
    return f"../{FOLDER}/{page}" if (reports.parent / FOLDER / page).is_file() else None
