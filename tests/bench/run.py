"""What is measured of a size, in which order, and what each stage needs to have been done before."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.release.code import code_digest
from pipelines.release.store import PUBLIC_FILE, TABLES_FILE
from tests.bench import deliveries
from tests.bench.deliveries import Size
from tests.bench.measure import StageFailed, measure
from tests.bench.store import Store, record

Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """`key`: what the measurement is called; `stage` of `tests.bench.stages` on the home `home`, once `before` was done
    there and each of `needs` was measured. `slow`: not part of the quick bench. `only`: of one size."""

    key: str
    stage: str
    home: str = "staged"
    before: Callable[[Path, Path], None] | None = None
    needs: tuple[str, ...] = ()
    slow: bool = False
    only: str = ""


def _correct(inbox: Path, home: Path) -> None:
    """The last tax file is sent again, and lies alone in the home beside."""
    corrected = deliveries.correct_one(home)
    deliveries.lay(home / "raw" / "inbox", home.with_name("one"), lambda name: name == corrected.name)


def _correct_night(inbox: Path, home: Path) -> None:
    deliveries.correct_one(home)


def _lay(inbox: Path, home: Path) -> None:
    deliveries.lay(inbox, home)


BUILT = (
    Step("work_file", "work_file", needs=("intake",)),
    Step("parse_project", "parse_project", needs=("work_file",)),
    Step("build", "build", needs=("parse_project",)),
    Step("handwritten", "handwritten", needs=("work_file",)),
    Step("build_same", "build_same", needs=("parse_project",)),
    Step("compare", "compare", needs=("handwritten", "build")),
    Step("gate", "gate", needs=("build",)),
    Step("publish", "publish", needs=("gate",)),
    Step("scoreboard", "scoreboard", needs=("publish",)),
    Step("one_reader", "one_reader", needs=("publish",), slow=True),
    Step("many_readers", "many_readers", needs=("publish",), slow=True),
    Step("scan", "scan", needs=("build",), slow=True),
)
OF_FILES = (
    Step("readers", "readers"),
    Step("readers_on_every_core", "readers_on_every_core"),
    Step("intake", "intake"),
    *BUILT,
    Step("dbt_alone", "dbt_alone", needs=("parse_project",)),
    Step("night_full", "nightly", "whole", _lay),
    Step("night_corrected", "nightly", "whole", _correct_night, ("night_full",)),
    Step("intake_corrected", "intake", "staged", _correct, ("intake",)),
    Step("reader_corrected", "readers", "one", None, ("intake_corrected",)),
    Step("bureau_script", "bureau_script", needs=("publish",), slow=True),
    Step("night_spark", "nightly_spark", "whole", None, ("night_full",), slow=True, only="county"),
    Step("night_spark_local", "nightly_spark_local", "whole", None, ("night_full",), slow=True, only="county"),
)
STRAIGHT = (Step("intake", "intake"), *BUILT)
# How the build grows is asked of facts written straight into archives, how the intake does of files.
GROWTH = (
    *(Size(enterprises, 24) for enterprises in (300, 900, 2700)),
    *(Size(900, months) for months in (12, 48)),
    *(Size(300, 48), Size(1200, 12)),
    *(Size(enterprises, 24, straight=True) for enterprises in (3000, 15_000, 60_000)),
    *(Size(15_000, months, straight=True) for months in (12, 48)),
)
GROWS = {
    False: (Step("readers", "readers"), Step("intake", "intake")),
    True: tuple(
        step
        for step in STRAIGHT
        if step.key not in ("build_same", "compare", "scoreboard", "one_reader", "many_readers", "scan")
    ),
}
GROWTH_STAGE_S = 240.0
# A stage that has begun may go on for this long, whatever time is left.
LEAST_S = 60.0
NO_TIME = "no time was left"


def size(name: str, bench: Path, store: Store, say: Say, *, slow: bool, until: float = math.inf) -> None:
    """Every step of one size, once; none begins after `until` (of `time.monotonic`), none goes on for long."""
    what = deliveries.SIZES[name]
    steps = [
        step
        for step in (STRAIGHT if what.straight else OF_FILES)
        if (slow or not step.slow) and step.only in ("", name)
    ]
    scratch = bench / f".{name}.run"
    try:
        _measure("sizes", name, what, steps, what.stage_s, bench, scratch, store, say, until)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def growth(bench: Path, store: Store, say: Say, *, until: float = math.inf) -> None:
    """The few stages of each point."""
    # One path for all points: dbt reads its whole project again when the path of its database changes.
    scratch = bench / ".growth.run"
    try:
        for point in GROWTH:
            steps = GROWS[point.straight]
            _measure("growth", point.name, point, steps, GROWTH_STAGE_S, bench, scratch, store, say, until)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _measure(
    group: str,
    name: str,
    what: Size,
    steps: Sequence[Step],
    stage_s: float,
    bench: Path,
    scratch: Path,
    store: Store,
    say: Say,
    until: float,
) -> None:
    folder = deliveries.cached(bench, what, lambda message: say(f"{name}: {message}"))
    staged, code = scratch / "staged", code_digest()[:8]
    shutil.rmtree(staged / "warehouse" / "releases", ignore_errors=True)
    if what.straight:
        deliveries.lay_archive(folder, staged)
    else:
        deliveries.lay(folder / "inbox", staged)
    entry = store.subject(group, name, enterprises=what.enterprises, months=what.months)
    done: set[str] = set()
    for step in steps:
        if missing := [need for need in step.needs if need not in done]:
            why = f"needs {', '.join(missing)}"
        elif (left := until - time.monotonic()) < 0:
            why = NO_TIME
        else:
            may_s = min(stage_s, max(left, LEAST_S))
            why = _take(step, name, folder / "inbox", scratch, may_s, entry, code, say)
        if why:
            # A figure of an earlier run is worth more than the news that there was no time for a new one.
            if why != NO_TIME or step.key not in entry["stages"]:
                entry["stages"][step.key] = record(why, code)
            say(f"{name}: {step.key}: not run: {why}")
        else:
            done.add(step.key)
        if step.key == "intake" and step.key in done:
            counted = entry["stages"]["intake"]["answer"]
            entry |= {"files": counted["files"], "rows": counted["rows"]}
        if step.key == "publish" and step.key in done:
            entry["disk"] = disk(staged)
        store.keep()


def _take(step: Step, name: str, inbox: Path, scratch: Path, stage_s: float, entry: dict, code: str, say: Say) -> str:
    """Why the step could not be measured; empty where it was, and its record stands in `entry`."""
    home = scratch / step.home
    say(f"{name}: {step.key}")
    if step.before:
        step.before(inbox, home)
    try:
        cost = measure(step.stage, home, timeout_s=stage_s)
    except StageFailed as failure:
        return str(failure)
    if reason := cost.answer.get("not_run"):
        return str(reason)
    entry["stages"][step.key] = record(cost, code)
    say(f"{name}: {step.key}: {cost.seconds:.1f} s, {cost.cpu_seconds:.1f} CPU s, {cost.peak_mb:.0f} MiB")
    return ""


def disk(home: Path) -> dict[str, int]:
    """Bytes on disk by what they are, once intake, build and release of a home are done."""
    release = (home / "warehouse" / "current").resolve()
    archive = home / "raw" / "archive"
    tables = {"internal tables": release / TABLES_FILE, "public tables": release / PUBLIC_FILE}
    found = {f"archive, {kind}": _bytes(archive / kind) for kind in ("objects", "parsed", "judged")}
    found["work file"] = _bytes(home / "warehouse" / "work" / "now" / "build.duckdb")
    found |= {f"release, {what}": _bytes(path) for what, path in tables.items()}
    return found | {"release, all else": _bytes(release) - sum(map(_bytes, tables.values()))}


def _bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(Path(folder, name).stat().st_size for folder, _, names in os.walk(path) for name in names)
