"""Disclosure control as a part of a release."""

from __future__ import annotations

import logging

from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE, list_releases


def disclose(draft: Draft) -> None:
    """`public.duckdb`, and in internal.duckdb the audit with its figures and the memory of what was ever public.

    Raises `PublicBroken` where the file does not hold what it promises: then nothing is published.
    """
    # Imported here, so that Dagster's definitions load without SciPy and Polars.
    from pipelines.disclosure.decide import decide
    from pipelines.disclosure.facts import read_inputs
    from pipelines.disclosure.history import no_history, read_history
    from pipelines.disclosure.promises import assert_kept
    from pipelines.disclosure.public import write_internal, write_public

    inputs = read_inputs(draft.work_file)
    # The newest release knows of every one before it, also where readers were sent back to an older one.
    newest = next(iter(list_releases(draft.home)), None)
    history = read_history(newest.tables) if newest else no_history()
    decision = decide(inputs, history, logging.getLogger("fenghuang").debug)
    target = draft.folder / PUBLIC_FILE
    write_public(draft.tables, target, decision, str(inputs.indicators.item(0, "baseline_year")))
    assert_kept(target, draft.tables, draft.work_file)
    write_internal(draft.tables, decision)
