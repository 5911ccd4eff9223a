"""A second process for the parts of a release: it decides what stays hidden while the gate checks, and writes parts.

Nothing it does beforehand is seen by anybody: a release that the gate refuses takes it along.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from pkgutil import resolve_name
from threading import Condition
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

    def write(self, part: Part, draft: Draft) -> None:
        """Let it write a part; once it is there, back. Raises what the part raised, `PartBroken` where that cannot be
        sent, `WorkerDied` where the process is gone."""
        self._give(write, part, draft)
        raised = None
        while self._unheard:
            raised = self._worker.answer()
            self._unheard -= 1
        if isinstance(raised, Failed):
            raise PartBroken(raised.detail)
        if raised is not None:
            raise raised

    def close(self) -> None:
        self._worker.end()

    def _give(self, function: Callable[..., Exception | None], *arguments: Any) -> None:
        self._unheard += 1
        self._worker.give(Task(function, arguments, 0), repr)


def write_parts(parts: Sequence[Part], helper: Helper, draft: Draft) -> None:
    """Every part of a draft, on two processes. Those that add to the tables one after the other by the helper, nobody
    else reading; those between them at once: the earliest whose parts are there, by whoever is free, the first by the
    helper. Raises what a part raised."""
    written: set[str] = set()
    for adds_to_tables, group in groupby(parts, lambda part: not part.makes):
        if adds_to_tables:
            for part in group:
                helper.write(part, draft)
                written.add(part.name)
        else:
            board = _Board(list(group), written)
            first = board.take()
            with ThreadPoolExecutor(1) as beside:
                theirs = beside.submit(board.work, lambda part: helper.write(part, draft), first)
                board.work(lambda part: part.write(draft), board.take())
                theirs.result()


class _Board:
    """Parts that wait until those they read are written; taken and written by two threads."""

    def __init__(self, waiting: list[Part], written: set[str]) -> None:
        self._waiting = waiting
        self._written = written
        self._under_way = 0
        self._news = Condition()

    def work(self, write: Callable[[Part], None], part: Part | None) -> None:
        """Write `part` and whatever is left for this thread after it. What is raised stops the other thread too."""
        while part:
            try:
                write(part)
            except BaseException:
                with self._news:
                    self._waiting.clear()
                    self._under_way -= 1
                    self._news.notify_all()
                raise
            with self._news:
                self._written.add(part.name)
                self._under_way -= 1
                self._news.notify_all()
            part = self.take()

    def take(self) -> Part | None:
        """The earliest part that can be written, waited for; None where nothing is left."""
        with self._news:
            while self._waiting:
                ready = next((part for part in self._waiting if self._written.issuperset(part.reads)), None)
                if ready:
                    self._waiting.remove(ready)
                    self._under_way += 1
                    return ready
                assert self._under_way, f"{[part.name for part in self._waiting]} read what nobody writes"
                self._news.wait()
            return None


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
