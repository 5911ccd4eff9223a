"""How often Python looks for memory to give back."""

from __future__ import annotations

import gc

OBJECTS = 100_000


def collect_seldom() -> None:
    """Look for dead cycles after `OBJECTS` new objects, not after 700: importing Dagster, dbt or Great Expectations
    makes millions that live, and looking through them again and again is a sixth of the time. For a process of one
    night."""
    gc.set_threshold(OBJECTS, 20, 100)
