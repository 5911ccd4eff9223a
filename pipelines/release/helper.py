"""A second process for the parts of a release: it decides what stays hidden while the gate checks, and writes parts.

Nothing it does beforehand is seen by anybody: a release that the gate refuses takes it along.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from pipelines.disclosure.part import foresee
from pipelines.home import Home
from pipelines.release.draft import Draft, Part
from pipelines.workers import Failed, Task, Worker


class PartBroken(Exception):
    """A part of a release could not be written, for a reason that can be told in words only."""


class Helper:
    """One process of `pipelines.worker`, started at once; ends with `close`, or by itself with the process that
    started it. Tasks are done in the order given."""

    def __init__(self) -> None:
        self._worker = Worker()
        self._unheard = 0
        self._give(load)

    def foresee(self, home: Home, work_file: Path) -> None:
        """Let it decide what stays hidden; nobody may write `work_file` any more. What goes wrong goes wrong again,
        and is told, when the part is written."""
        self._give(foresee, home, work_file)

    def begin(self, part: Part, draft: Draft) -> None:
        """Let it write a part."""
        self._give(write, part, draft)

    def wait(self) -> None:
        """Until everything given is done. Raises what the last task raised, `PartBroken` where that cannot be sent,
        `WorkerDied` where the process is gone."""
        last = None
        while self._unheard:
            last = self._worker.answer()
            self._unheard -= 1
        if isinstance(last, Failed):
            raise PartBroken(last.detail)
        if last is not None:
            raise last

    def is_done(self) -> bool:
        """Whether the answer to all that was given is there; then `wait` does not wait."""
        return self._unheard == 0 or (self._unheard == 1 and self._worker.connection.poll())

    def close(self) -> None:
        self._worker.end()

    def _give(self, function: Callable[..., Exception | None], *arguments: Any) -> None:
        self._unheard += 1
        self._worker.give(Task(function, arguments, 0), repr)


def write_parts(parts: Sequence[Part], helper: Helper, draft: Draft) -> None:
    """Every part of a draft, on two processes. What reads no other part may add to the tables: one after the other, in
    order, by the helper. The others only read: the earliest whose parts are there, by whoever is free."""
    for part in parts:
        if not part.reads:
            helper.begin(part, draft)
            helper.wait()
    waiting = [part for part in parts if part.reads]
    written = {part.name for part in parts if not part.reads}
    theirs: Part | None = None
    while waiting or theirs:
        if theirs is None and (theirs := _take(waiting, written)):
            helper.begin(theirs, draft)
        if ours := _take(waiting, written):
            ours.write(draft)
            written.add(ours.name)
        assert ours or theirs, f"{[part.name for part in waiting]} read parts that nobody writes"
        if theirs and (ours is None or helper.is_done()):
            helper.wait()
            written.add(theirs.name)
            theirs = None


def _take(waiting: list[Part], written: set[str]) -> Part | None:
    """The earliest part whose own parts are written, no longer waiting then."""
    ready = next((part for part in waiting if written.issuperset(part.reads)), None)
    if ready:
        waiting.remove(ready)
    return ready


def load() -> None:
    """In the helper: import what writes the parts, while there is nothing else to do."""
    import pipelines.disclosure.decide  # noqa: F401
    from pipelines.release.parts import PARTS

    for part in PARTS:
        resolve_name(part.writer)


def write(part: Part, draft: Draft) -> Exception | None:
    """In the helper. What the part raised, as it can be sent."""
    try:
        part.write(draft)
    except Exception as error:
        error.add_note(traceback.format_exc())
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            return PartBroken("".join(traceback.format_exception(error)))
        return error
    return None
