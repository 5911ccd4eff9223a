"""`python -m tests.bench [--report] [--minutes=N] [county] [province] [nation] [growth]`: prints what was measured.

Asserts no time. With `--report` it is kept in docs/performance/measurements.json after every stage, and
docs/performance.md and its charts are written from there; `--render` does that alone, without measuring. No stage
begins once N minutes are over; what is left keeps the figures of an earlier run, if there are any.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import time

from pipelines.home import Home
from tests.bench import charts, deliveries, document, run
from tests.bench.store import FILE, Store

DOCUMENT = FILE.parent.with_suffix(".md")
GROWTH = "growth"
SIZES = (*deliveries.SIZES, GROWTH)
NOTES = """\
s: wall clock of a process of its own, start-up included; CPU s: its processor time and its children's; MiB: peak
resident memory of all its processes together; ratio: s to the s of the floor, measured in the same run."""
BEGAN = time.monotonic()


def say(message: str) -> None:
    """Progress on stderr: one changing line on a terminal, plain lines in a log."""
    line = f"[{time.monotonic() - BEGAN:5.0f} s] {message}"
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line[:120]}", end="", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def render(store: Store) -> None:
    """The document and its charts from what was measured."""
    for name, svg in charts.drawn(store.data).items():
        (FILE.parent / f"{name}.svg").write_text(svg, encoding="utf-8")
    DOCUMENT.write_text(document.written_again(DOCUMENT.read_text(encoding="utf-8"), store.data), encoding="utf-8")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.split("\n\n")[1])
    parser.add_argument("sizes", nargs="*", metavar="size", help=f"{', '.join(SIZES)}; else what takes half an hour")
    parser.add_argument("--report", action="store_true", help="keep what is measured and write the document")
    parser.add_argument("--render", action="store_true", help="write the document from what was kept, measure nothing")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no stage after so many minutes")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.sizes) - set(SIZES):
        parser.error(f"no such size: {', '.join(sorted(unknown))}; there are: {', '.join(SIZES)}")
    store = Store(FILE if asked.report or asked.render else None)
    if asked.render:
        render(store)
        return
    bench, until = Home.from_env().warehouse / "bench", BEGAN + 60 * asked.minutes
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"the machine is busy already (load {load:.1f} on {os.cpu_count()} cores): read CPU s rather than s")
    for name in asked.sizes or (["county", "province"] if asked.report else ["county"]):
        if name == GROWTH:
            run.growth(bench, store, say, until=until)
        else:
            run.size(name, bench, store, say, slow=asked.report, until=until)
        say("")
        print(f"## {name}\n\n{document.blocks(store.data)[name]}\n", flush=True)
        if asked.report:
            render(store)
    print(NOTES)


if __name__ == "__main__":
    # Told to end, it ends the stage under way with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; what was measured is kept"))
    main(sys.argv[1:])
