"""`python -m tests.bench [county] [province]`: prints one table a size, in Markdown. Asserts no time."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.home import Home
from tests.bench import deliveries
from tests.bench.measure import Cost, StageFailed, measure

HEADINGS = ["stage", "ratio", "s", "CPU s", "MiB", "floor", "s", "CPU s", "MiB"]
NOTES = """\
s: wall clock of a process of its own, start-up included; CPU s: its processor time and its children's; MiB: peak
resident memory of its largest process; ratio: s to the s of the floor, measured in the same run."""
BEGAN = time.monotonic()


@dataclass(frozen=True)
class Line:
    """A stage, beside the floor it is held against (where it has one)."""

    stage: str
    cost: Cost
    floor: str = ""
    floor_cost: Cost | None = None

    def cells(self) -> list[str]:
        if self.floor_cost is None:
            return [self.stage, "", *_figures(self.cost), "", "", "", ""]
        ratio = self.cost.seconds / self.floor_cost.seconds
        return [self.stage, f"{ratio:.2f}", *_figures(self.cost), self.floor, *_figures(self.floor_cost)]


def _figures(cost: Cost) -> list[str]:
    return [f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{cost.peak_mb:.0f}"]


def say(message: str) -> None:
    """Progress on stderr: one changing line on a terminal, plain lines in a log."""
    line = f"[{time.monotonic() - BEGAN:5.0f} s] {message}"
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line[:120]}", end="", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def run(size: str, bench: Path) -> str:
    """Every stage and every floor of one size, once; the table and what it says."""
    inbox = deliveries.cached(bench, size, lambda message: say(f"{size}: {message}"))
    scratch = bench / f".{size}.run"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        return _table(size, inbox, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _table(size: str, inbox: Path, scratch: Path) -> str:
    staged, whole, year, one = (scratch / name for name in ("staged", "whole", "year", "one"))
    deliveries.lay(inbox, staged)
    deliveries.lay(inbox, whole)
    deliveries.lay(inbox, year, deliveries.is_first_year)

    def cost(stage: str, home: Path = staged) -> Cost:
        say(f"{size}: {stage} ({home.name})")
        found = measure(stage, home)
        seconds, cpu_seconds, peak = _figures(found)
        say(f"{size}: {stage} ({home.name}): {seconds} s, {cpu_seconds} CPU s, {peak} MiB")
        return found

    cold, cold_floor = cost("intake"), cost("readers")
    twelve, twelve_floor = cost("intake", year), cost("readers", year)
    corrected = deliveries.correct_one(staged)
    deliveries.lay(staged / "raw" / "inbox", one, lambda name: name == corrected.name)
    warm, warm_floor = cost("intake"), cost("readers", one)
    work_file = cost("work_file")
    # The second one finds the project parsed, as every night but the first does.
    dbt_cold, dbt_warm = cost("dbt_alone"), cost("dbt_alone")
    build, by_hand = cost("build"), cost("handwritten")
    same = cost("compare").answer
    gate, publish = cost("gate"), cost("publish")
    night_cold = cost("nightly", whole)
    deliveries.correct_one(whole)
    night_warm = cost("nightly", whole)

    lines = [
        Line(f"intake, cold: {cold.answer['files']} files", cold, "readers alone", cold_floor),
        Line(f"intake, cold: {twelve.answer['files']} files, 12 months", twelve, "readers alone", twelve_floor),
        Line("intake, warm: one file changed", warm, "reader alone, that file", warm_floor),
        Line("work file", work_file),
        Line("build: work file and dbt", build, "hand-written SQL", by_hand),
        Line(f"gate: {gate.answer['checks']} checks, Data Docs", gate),
        Line("publish", publish),
        Line("nightly, cold", night_cold, "`dbt build` alone, cold", dbt_cold),
        Line("nightly, warm: one file changed", night_warm, "`dbt build` alone, warm", dbt_warm),
    ]
    months = 12 * len(deliveries.YEARS)
    rows = [HEADINGS, ["--"] * len(HEADINGS), *(line.cells() for line in lines)]
    return "\n".join(
        [
            f"## {size}: {deliveries.SIZES[size]:,} enterprises × {months} months, {cold.answer['rows']:,} rows\n",
            *(f"| {' | '.join(cells)} |" for cells in rows),
            "",
            _agreement(same),
            *(f"* The gate fails `{name}`." for name in gate.answer["failed"]),
            *(
                f"* **The {night} night published nothing** ({cost.answer['refused']}); its time is that until then."
                for night, cost in (("cold", night_cold), ("warm", night_warm))
                if cost.answer["refused"]
            ),
        ]
    )


def _agreement(same: dict[str, Any]) -> str:
    if same["different"] or same["months_by_hand"] != same["months_by_dbt"]:
        said = (
            f"* **The hand-written SQL does not give dbt's answer, so the ratio of the build says nothing**: "
            f"{same['different']:,} of {same['rows']:,} rows of indicator_value differ; enterprise_month has "
            f"{same['months_by_hand']:,} rows, dbt's {same['months_by_dbt']:,}."
        )
    else:
        said = (
            f"* The hand-written SQL gives the same {same['rows']:,} rows of indicator_value within 1e-9, and as many "
            f"of enterprise_month ({same['months_by_hand']:,})."
        )
    if same["not_by_hand"]:
        said += (
            f"\n* dbt publishes {len(same['not_by_hand'])} more indicators ({same['not_by_hand'][0]} …), which the "
            "hand-written SQL does not compute, and every other mart; they are in its time."
        )
    return said


def main(sizes: list[str]) -> None:
    if unknown := set(sizes) - set(deliveries.SIZES):
        raise SystemExit(f"no such size: {', '.join(sorted(unknown))}; there are: {', '.join(deliveries.SIZES)}")
    bench = Home.from_env().warehouse / "bench"
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"the machine is busy already (load {load:.1f} on {os.cpu_count()} cores): read CPU s rather than s")
    for size in sizes:
        try:
            table = run(size, bench)
        except StageFailed as failure:
            raise SystemExit(f"\n{size}: {failure}") from None
        say("")
        print(f"{table}\n", flush=True)
    print(NOTES)
    for size, enterprises in deliveries.SIZES.items():
        if size not in sizes:
            print(f'Not run: {size} ({enterprises:,} enterprises). To run it: make bench SIZES="{size}"')


if __name__ == "__main__":
    main(sys.argv[1:] or ["county"])
