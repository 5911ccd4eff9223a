"""What the processes of `test_workers` are given to do; light to import, for each of them imports it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def who() -> int:
    time.sleep(0.2)
    return os.getpid()


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_while_answering(number: int) -> int:
    os.write(int(sys.argv[1]), b"\0\0\x10\0 the beginning of an answer")
    return die(number)


def fail(number: int) -> int:
    raise ValueError(f"no {number}")


def wait_long(note: Path) -> None:
    note.with_suffix(f".{os.getpid()}").touch()
    time.sleep(60)
