"""`python -m tests.bench [--report] [county] [province] [nation] [growth]`: prints what was measured. Asserts no time.

With `--report` it is kept in docs/performance/measurements.json after every stage, and docs/performance.md and its
charts are written from there; `--render` does that alone, without measuring.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from pipelines.home import Home
from tests.bench import charts, deliveries, document, run
from tests.bench.store import FILE, Store

DOCUMENT = FILE.parent.with_suffix(".md")
GROWTH = "growth"
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
    options, wanted = {a for a in arguments if a.startswith("--")}, [a for a in arguments if not a.startswith("--")]
    if unknown := options - {"--report", "--render"} or set(wanted) - {*deliveries.SIZES, GROWTH}:
        raise SystemExit(
            f"no such size: {', '.join(sorted(unknown))}; there are: {', '.join(deliveries.SIZES)}, {GROWTH}"
        )
    report = "--report" in options
    store = Store(FILE if report or "--render" in options else None)
    if "--render" in options:
        render(store)
        return
    wanted = wanted or (["county", "province", GROWTH] if report else ["county"])
    bench = Home.from_env().warehouse / "bench"
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"the machine is busy already (load {load:.1f} on {os.cpu_count()} cores): read CPU s rather than s")
    for name in wanted:
        if name == GROWTH:
            run.growth(bench, store, say)
        else:
            run.size(name, bench, store, say, slow=report)
        say("")
        print(f"## {name}\n\n{document.blocks(store.data)[name]}\n", flush=True)
        if report:
            render(store)
    print(NOTES)


if __name__ == "__main__":
    # Told to end, it ends the stage under way with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; what was measured is kept"))
    main(sys.argv[1:])
