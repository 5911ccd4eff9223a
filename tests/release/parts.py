"""Parts for `test_helper`: light to import, for the helper imports them too."""

from __future__ import annotations

import os
import signal
import time

from pipelines.release.draft import Draft


class Odd(Exception):
    """Cannot be made again from what it was sent as."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def note(draft: Draft) -> None:
    """Who wrote, and what was there before."""
    there = sorted(path.name for path in draft.folder.iterdir())
    (draft.folder / f"{len(there)}_{os.getpid()}").write_text(" ".join(there), encoding="utf-8")


def slow(draft: Draft) -> None:
    (draft.folder / "slow_begun").write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(0.5)
    (draft.folder / "slow_done").touch()


def quick(draft: Draft) -> None:
    """Is there while the slow one is being written."""
    deadline = time.monotonic() + 60
    while not (draft.folder / "slow_begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (draft.folder / "quick").write_text(f"{os.getpid()} {(draft.folder / 'slow_done').exists()}", encoding="utf-8")


def last(draft: Draft) -> None:
    (draft.folder / "last").write_text(str((draft.folder / "slow_done").exists()), encoding="utf-8")


def refuse(draft: Draft) -> None:
    raise PermissionError("这里不行 not here")


def refuse_oddly(draft: Draft) -> None:
    raise Odd("very", "odd")


def die(draft: Draft) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
