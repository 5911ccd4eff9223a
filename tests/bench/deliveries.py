"""The deliveries a benchmark runs on: demo counties and facts of a nation, written once and kept."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

from pipelines.home import CHECKOUT, Home

CONTRACTS = CHECKOUT / "pipelines" / "contracts"

SEED = 1
FIRST_YEAR = 2020


@dataclass(frozen=True)
class Size:
    """A demo county, whose files the intake has to read; or, `straight`, facts written into an archive (`facts.py`).

    `stage_s`: how long one stage may take.
    """

    enterprises: int
    months: int
    straight: bool = False
    stage_s: float = 400

    @property
    def name(self) -> str:
        return f"{'facts' if self.straight else 'demo'}-{SEED}-{self.enterprises}x{self.months}"


SIZES = {
    "county": Size(900, 48, stage_s=600),
    "province": Size(50_000, 48, stage_s=900),
    "nation": Size(500_000, 60, straight=True, stage_s=5400),
}


def cached(bench: Path, size: Size, say: Callable[[str], None]) -> Path:
    """The folder of a size below `bench` with `inbox/` or `raw/archive/`, written where it is not there yet by a
    process of its own."""
    folder = bench / (f"{size.name}-{code_of_facts()}" if size.straight else size.name)
    if not folder.is_dir():
        for old in (*bench.glob(f"{size.name}-*"), *bench.glob(f".{size.name}*.part")):
            shutil.rmtree(old)
        part = folder.with_name(f".{folder.name}.part")
        part.mkdir(parents=True)
        say(f"writing {size.enterprises:,} enterprises, {size.months} months (kept in {folder})")
        command = [sys.executable, "-m", "tests.bench.deliveries", str(part), *map(str, astuple(size))]
        with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for line in child.stdout:
                say(line.strip())
        if child.returncode:
            raise SystemExit(f"the deliveries could not be written (exit code {child.returncode})")
        part.rename(folder)
    return folder


def code_of_facts() -> str:
    """What is in an archive depends on the code of the intake: another state of it needs another archive."""
    digest = hashlib.sha256()
    own = [*Path(__file__).parent.glob("facts.*")]
    for path in sorted([*own, *(CHECKOUT / "pipelines" / "intake").glob("*.py"), *CONTRACTS.iterdir()]):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


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
    return not dated or int(dated[1]) == FIRST_YEAR or not name.endswith((".xlsx", ".csv"))


def correct_one(home: Path) -> Path:
    """The last month's tax file sent again, with another amount: a new delivery for the intake."""
    tax = home / "raw" / "inbox" / "tax"
    last = sorted(path for path in tax.iterdir() if "_更正" not in path.name)[-1]
    versions = [int(path.stem.rsplit("_更正", 1)[1]) for path in tax.glob(f"{last.stem}_更正*")]
    number = max(versions, default=0) + 1
    corrected = last.with_stem(f"{last.stem}_更正{number}")
    command = [sys.executable, "-m", "tests.bench.correction", str(last), str(corrected), str(number)]
    subprocess.run(command, cwd=CHECKOUT, check=True)
    return corrected


def lay_archive(folder: Path, home: Path) -> None:
    """A fresh home over the archive of `folder`, which no stage changes: links to its files."""
    shutil.rmtree(home / "raw", ignore_errors=True)
    shutil.copytree(folder / "raw" / "archive", home / "raw" / "archive", copy_function=os.link)


def _write(folder: Path, size: Size) -> None:
    def say(message: str) -> None:
        print(message, flush=True)

    if size.straight:
        from tests.bench import facts

        facts.write(Home(folder), size.enterprises, size.months, seed=SEED, say=say)
        return
    from pipelines.demo import write_demo

    years = range(FIRST_YEAR, FIRST_YEAR + size.months // 12)
    write_demo(folder / "inbox", folder / "truth", enterprises=size.enterprises, years=years, seed=SEED, progress=say)


if __name__ == "__main__":
    enterprises, months, straight = sys.argv[2:5]
    _write(Path(sys.argv[1]), Size(int(enterprises), int(months), straight == "True"))
