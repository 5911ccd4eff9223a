"""A helper process hears its run through stdin, and ends with it, even when that was killed."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue


def lines_from_parent() -> Callable[[], bytes]:
    """Waits for the next line on stdin. When stdin closes, which the system does for a parent that is gone, this
    process ends at once, whatever it is doing: nobody else may write into the folder of a run then.

    Reads the descriptor, not `sys.stdin`: a thread that waits in there would hold its lock when Python ends.
    """
    lines: SimpleQueue[bytes] = SimpleQueue()

    def listen() -> None:
        unread = b""
        while chunk := os.read(sys.stdin.fileno(), 1 << 16):
            *whole, unread = (unread + chunk).split(b"\n")
            for line in whole:
                lines.put(line)
        os._exit(2)

    threading.Thread(target=listen, daemon=True).start()
    return lines.get
