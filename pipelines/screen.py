"""The screen of the commands: where they print, what is going on meanwhile, and what several of them read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

# A log or a pipe has no width of its own; 80 columns would cut the tables.
WIDTH = None if sys.stdout.isatty() else 140
out = Console(highlight=False, width=WIDTH)
err = Console(stderr=True, highlight=False)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """What is going on now: one changing line on a terminal, plain lines in a log."""
    if err.is_terminal:
        with err.status("…") as status:
            yield lambda message: status.update(message)
    else:
        yield lambda message: err.print(message, markup=False)


def years_of(text: str) -> range:
    """`2020-2023`, or one year. Raises `typer.BadParameter`."""
    first, _, last = text.partition("-")
    try:
        years = range(int(first), int(last or first) + 1)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no range of years; write 2020-2023", param_hint="--years") from None
    if not years:
        raise typer.BadParameter(f"{text!r} ends before it begins; write 2020-2023", param_hint="--years")
    return years
