"""The plan in force: registry, areas, dimensions, units, years and rules, as seeds.

The plan is data. `FENGHUANG_PLAN` names the folder of another one than the checkout's; what it may hold, and what it
must, stands in docs/another-plan.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "FENGHUANG_PLAN"


class PlanBroken(ValueError):
    """A plan that cannot be used; the message names file, row, column and what to mend, one line each."""


def plan_folder() -> Path | None:
    """The folder `FENGHUANG_PLAN` names; None where the checkout's own plan is in force.

    Raises `PlanBroken` where the folder is not there.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    folder = Path(named).resolve()
    if not folder.is_dir():
        raise PlanBroken(f"FENGHUANG_PLAN: {folder} is no folder; name the folder that holds the plan's seeds")
    return folder


@contextmanager
def plan_in_force(folder: Path) -> Iterator[None]:
    """Until the end of the block `folder` holds the plan, here and in processes started from here."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def templates_folder() -> Path | None:
    """The folder of the office's own templates and wording, `FENGHUANG_TEMPLATES` (docs/reports.md); None where the
    checkout's are in force. Raises `PlanBroken` where the folder is not there."""
    named = os.environ.get("FENGHUANG_TEMPLATES")
    if not named:
        return None
    folder = Path(named).resolve()
    if not folder.is_dir():
        raise PlanBroken(f"FENGHUANG_TEMPLATES: {folder} is no folder; `fenghuang bulletin templates FOLDER` makes one")
    return folder
