"""Disclosure control as two parts of a release: what is public, and what was hidden and why."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.home import Home
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE, Release, list_releases

if TYPE_CHECKING:
    from pipelines.disclosure.decide import Decision
    from pipelines.disclosure.facts import Inputs


@dataclass(frozen=True)
class _Decided:
    """What stays hidden of a work file, given the memory of the release `newest`."""

    newest: Release | None
    inputs: Inputs
    decision: Decision


# By work file: decided once, perhaps before there is a draft, for the two parts that write it down.
_known: dict[Path, _Decided] = {}


def foresee(home: Home, work_file: Path) -> None:
    """Decide now what `disclose` writes later, in this process. Nobody may write `work_file` any more."""
    _known[work_file] = _decide(home, work_file)


def disclose(draft: Draft) -> None:
    """`public.duckdb`.

    Raises `PublicBroken` where the file does not hold what it promises: then nothing is published.
    """
    # Imported here, so that Dagster's definitions load without SciPy and Polars.
    from pipelines.disclosure.promises import assert_kept
    from pipelines.disclosure.public import write_public

    decided = _decided(draft)
    target = draft.folder / PUBLIC_FILE
    write_public(draft.tables, target, decided.decision, str(decided.inputs.indicators.item(0, "baseline_year")))
    assert_kept(target, draft.tables, draft.work_file)


def remember(draft: Draft) -> None:
    """In internal.duckdb the audit with its figures, and the memory of what was ever public."""
    from pipelines.disclosure.public import write_internal

    write_internal(draft.tables, _decided(draft).decision)


def _decided(draft: Draft) -> _Decided:
    known = _known.get(draft.work_file)
    if known is None or known.newest != _newest(draft.home):
        known = _known[draft.work_file] = _decide(draft.home, draft.work_file)
    return known


def _decide(home: Home, work_file: Path) -> _Decided:
    from pipelines.disclosure.decide import decide
    from pipelines.disclosure.facts import read_inputs
    from pipelines.disclosure.history import no_history, read_history

    inputs = read_inputs(work_file)
    newest = _newest(home)
    history = read_history(newest.tables) if newest else no_history()
    return _Decided(newest, inputs, decide(inputs, history, logging.getLogger("fenghuang").debug))


def _newest(home: Home) -> Release | None:
    """The newest release knows of every one before it, also where readers were sent back to an older one."""
    return next(iter(list_releases(home)), None)
