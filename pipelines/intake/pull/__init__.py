"""The two sources that are fetched instead of dropped: the patent API and the investment database.

Each module turns what it reads into the bytes of the file form of the same source, so that everything
after it (archive, parse, judge) knows only files. Unchanged content gives unchanged bytes.
"""

from __future__ import annotations

__all__ = ["PullError"]


class PullError(Exception):
    """A source could not be read. The message says what happened and how to mend it, and holds no secret."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
