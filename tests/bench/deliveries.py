"""The deliveries a benchmark runs on: a demo county, written once and kept."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pipelines.home import CHECKOUT

SIZES = {"county": 900, "province": 50_000}
YEARS = range(2020, 2024)
SEED = 1


def cached(bench: Path, size: str, say: Callable[[str], None]) -> Path:
    """The inbox of a size below `bench`, written by the demo in a process of its own where it is not there yet."""
    folder = bench / f"{size}-{SEED}-{SIZES[size]}x{12 * len(YEARS)}"
    if not folder.is_dir():
        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        say(f"writing {SIZES[size]} enterprises, {YEARS[0]}-{YEARS[-1]} (kept in {folder})")
        command = [sys.executable, "-m", "tests.bench.deliveries", str(part), str(SIZES[size])]
        with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for line in child.stdout:
                say(line.strip())
        if child.returncode:
            raise SystemExit(f"the demo county could not be written (exit code {child.returncode})")
        part.rename(folder)
    return folder / "inbox"


def lay(inbox: Path, home: Path, wanted: Callable[[str], bool] = lambda name: True) -> None:
    """A fresh home whose inbox holds links to the files whose name is `wanted`."""
    shutil.rmtree(home, ignore_errors=True)
    for path in sorted(inbox.glob("*/*")):
        target = home / "raw" / "inbox" / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if wanted(path.name):
            os.link(path, target)


def is_first_year(name: str) -> bool:
    """Is the file about the first year, or a list without months of its own?"""
    dated = re.search(r"_(\d{4})", name)
    return not dated or int(dated[1]) == YEARS[0] or not name.endswith((".xlsx", ".csv"))


def correct_one(home: Path) -> Path:
    """The last month's tax file sent again as a correction: a new delivery for the intake."""
    tax = home / "raw" / "inbox" / "tax"
    last = sorted(path for path in tax.iterdir() if "_更正" not in path.name)[-1]
    versions = [int(path.stem.rsplit("_更正", 1)[1]) for path in tax.glob(f"{last.stem}_更正*")]
    corrected = last.with_stem(f"{last.stem}_更正{max(versions, default=0) + 1}")
    shutil.copyfile(last, corrected)
    return corrected


def _write(folder: Path, enterprises: int) -> None:
    from pipelines.demo import write_demo

    write_demo(
        folder / "inbox",
        folder / "truth",
        enterprises=enterprises,
        years=YEARS,
        seed=SEED,
        progress=lambda message: print(message, flush=True),
    )


if __name__ == "__main__":
    _write(Path(sys.argv[1]), int(sys.argv[2]))
