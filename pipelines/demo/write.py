"""Write a made-up county into an inbox, and beside it the truth a reader should arrive at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipelines.demo import truth as figures
from pipelines.demo import truth_progress as judged
from pipelines.demo.county import County
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.sources import OF_A_YEAR, WHOLE_LISTS, investment, patent
from pipelines.demo.sources.investment import Projects
from pipelines.demo.truth_ledgers import Ledgers
from pipelines.demo.truth_lists import Lists

YEARS = (2020, 2021, 2022, 2023)
_DELIVERIES = {
    "source": pl.String,
    "file": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "rows_read": pl.Int64,
    "rows_accepted": pl.Int64,
    "rows_quarantined": pl.Int64,
    "rows_duplicate": pl.Int64,
}
_WHERE = {"source": pl.String, "file": pl.String, "row_number": pl.Int64}
_COLUMN = {"column": pl.String, "column_in_contract": pl.String}


@dataclass(frozen=True)
class DemoReport:
    """What was written. `planted` counts defects by kind: rows by reason, `absent` rows, `cell_note`, files
    `refused:<reason>` and `corrected`."""

    enterprises: int
    years: tuple[int, ...]
    seed: int
    files: int
    rows: int
    planted: dict[str, int]
    inbox: Path
    truth: Path

    def summary(self) -> str:
        """A few lines for a person, Chinese and English."""
        span = f"{self.years[0]}–{self.years[-1]}"
        lines = [
            f"演示县 Demo county: {self.enterprises} 家规上企业 above-scale enterprises, {span}, 种子 seed {self.seed}",
            f"已写入 written: {self.files} 个文件 files, {self.rows} 行 rows → {self.inbox}",
            f"真值 truth: {self.truth}",
        ]
        if self.planted:
            listed = ", ".join(f"{kind} {count}" for kind, count in self.planted.items())
            lines.append(f"预埋差错 planted defects: {listed}")
        else:
            lines.append("没有预埋差错 no planted defects")
        return "\n".join(lines)


def write_demo(
    inbox: Path,
    truth: Path,
    *,
    enterprises: int = 60,
    years: Sequence[int] = YEARS,
    defects: float = 0.01,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> DemoReport:
    """Write deliveries of all sixteen sources to `inbox/<source>/` and the truth to `truth/`.

    `enterprises` is the size of each year's register (30 to 50 000), `years` run from 2020 without a gap to 2023 at
    most, `defects` is the share of rows to spoil (0: nothing spoiled, nothing refused, nothing corrected). The same
    arguments give the same bytes. `progress` is told every file.

    Raises ValueError for other sizes, years or shares, and FileExistsError where the inbox holds deliveries already:
    two counties in one inbox are none.
    """
    if not 0 <= defects <= 0.5:
        raise ValueError(f"defects must be a share from 0 to 0.5, not {defects}")
    county = County(enterprises, years, seed)
    sources = [module.__name__.rsplit(".", 1)[1] for module in (*OF_A_YEAR, *WHOLE_LISTS)]
    for source in sources:
        present = sorted(path for path in (inbox / source).glob("*") if not path.name.startswith("."))
        if present:
            raise FileExistsError(f"{present[0]}: the inbox holds deliveries already; choose an empty one")
    inbox.mkdir(parents=True, exist_ok=True)
    truth.mkdir(parents=True, exist_ok=True)

    desk = Desk(inbox, county.years, defects, seed, county.shared_name, progress)
    efficiency, ledgers, lists = figures.Efficiency(), Ledgers(county), Lists(county)
    values: list[figures.Row] = []
    populations: list[np.ndarray | None] = []
    # The facts of a year are written as the year is done, so that memory holds two years and never four.
    schema = figures.facts_table(county, KnownYear(county, 0)).to_arrow().schema
    with pq.ParquetWriter(truth / "facts_enterprise_month.parquet", schema) as writer:
        for k in range(len(county.years)):
            known = KnownYear(county, k)
            facts = county.facts(k)
            for module in OF_A_YEAR:
                module.deliver(desk, county, k, facts, known)
            values += efficiency.add(known)
            ledgers.add(known)
            lists.add(known)
            writer.write_table(figures.facts_table(county, known).to_arrow())
            populations.append(known.population)
    for whole in WHOLE_LISTS:
        whole.deliver_list(desk, county)
    newest, _ = patent.newest(county, defects)
    values += figures.patents_per_10k(figures.accepted_patents(newest), county.years, populations)
    values += figures.investment(investment.draw(county), county.years)
    values += ledgers.rows()
    _write_truth(truth, desk, values, county.years)
    for name, table in lists.tables().items():
        table.sort("year", "credit_code").write_csv(truth / f"{name}.csv")
    return DemoReport(
        enterprises=enterprises,
        years=county.years,
        seed=seed,
        files=desk.files,
        rows=desk.rows,
        planted=dict(sorted(desk.planted.items())),
        inbox=inbox,
        truth=truth,
    )


def _write_truth(truth: Path, desk: Desk, values: list[figures.Row], years: Sequence[int]) -> None:
    frame = pl.DataFrame([{name: row.get(name) for name in figures.SCHEMA} for row in values], schema=figures.SCHEMA)
    frame.sort("indicator_id", "breakdown", "breakdown_code", "period").write_csv(truth / "values.csv")
    reached = pl.DataFrame(list(judged.progress(values, years)), schema=judged.PROGRESS)
    reached.sort("target_id", "period").write_csv(truth / "progress.csv")
    ranked = pl.DataFrame(list(judged.ranking(values)), schema=judged.RANKING)
    ranked.sort("indicator_id", "period", "breakdown", "breakdown_code").write_csv(truth / "ranking.csv")
    tables = {
        "deliveries": (desk.deliveries, _DELIVERIES),
        "quarantine": (desk.quarantine, _WHERE | {"reason": pl.String} | _COLUMN),
        "cell_notes": (desk.cell_notes, _WHERE | _COLUMN | {"cell": pl.String}),
    }
    for name, (rows, schema) in tables.items():
        pl.DataFrame(rows, schema=schema).write_csv(truth / f"{name}.csv")


def patents(
    *, enterprises: int = 60, years: Sequence[int] = YEARS, defects: float = 0.01, seed: int = 1
) -> list[dict[str, object]]:
    """The objects that the patent API serves: the same rows, in the same order, as `write_demo` drops."""
    return patent.objects(patent.newest(County(enterprises, years, seed), defects)[0])


def projects(*, enterprises: int = 60, years: Sequence[int] = YEARS, seed: int = 1) -> Projects:
    """The three tables of the project library: the same rows as `write_demo` drops."""
    return investment.draw(County(enterprises, years, seed))
