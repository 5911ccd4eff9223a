"""`python -m pipelines.worker FD`: does the tasks that `pipelines.workers` gives it, one by one."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from pipelines.workers import Task, answer

Given = tuple[Task, Callable[[BaseException], str]]


def main(line: int) -> None:
    # Ctrl-C is for the process that gives the work; it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection: Connection[Any, Any] = Connection(line)
    given: SimpleQueue[Given] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, given), daemon=True).start()
    while True:
        connection.send(answer(*given.get()))


def _listen(connection: Connection[Any, Any], given: SimpleQueue[Given]) -> None:
    """Takes tasks; ends the process, in the midst of one too, when there is nobody any more to answer to."""
    try:
        while True:
            given.put(connection.recv())
    except (EOFError, ConnectionResetError):
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
