"""A decomposition and the revision statistics for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipelines.reading import NothingThere, number, rows, table_of
from pipelines.revision.decompose import Decomposition, Step

SHOWN_FIGURES = 40
SHOWN_WORDS = 8
METHOD = (
    "sequential replacement: code, registry, deliveries by source, period, version; "
    "a part is the figure rebuilt after a cause less the figure before it"
)
_FIGURE = ["indicator_id", "period", "breakdown", "breakdown_code"]


def of_indicator(found: Decomposition, indicator: str) -> Decomposition:
    """The figures of one indicator alone."""
    return Decomposition(
        found.older, found.newer, found.steps, found.parts.filter(indicator_id=indicator), found.appeared
    )


def as_csv(found: Decomposition) -> str:
    """One line a changed figure and cause; the cause in words is the last column."""
    causes = pl.DataFrame(
        {"step": range(1, len(found.steps) + 1), "cause": ["; ".join(step.words) for step in found.steps]},
        schema={"step": pl.Int32, "cause": pl.String},
    )
    return found.parts.join(causes, on="step", how="left", maintain_order="left").write_csv()


def as_json(found: Decomposition) -> str:
    """`from`, `to`, `method`, `causes` (step, kind, words) and `parts`, the rows of `Decomposition.parts`."""
    causes = [{"step": n, "kind": step.kind, "words": step.words} for n, step in enumerate(found.steps, start=1)]
    document = {
        "from": found.older,
        "to": found.newer,
        "method": METHOD,
        "appeared": found.appeared,
        "causes": causes,
        "parts": found.parts.to_dicts(),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def render_steps(older: str, newer: str, steps: list[Step]) -> Group:
    """What would be built, and for what."""
    lines = [Text(f"{older} → {newer}", style="bold")]
    for n, step in enumerate(steps, start=1):
        lines.append(Text(f"  {n}. {_words(step)}{'' if step.state else ' (不重算 not built)'}"))
    builds = sum(step.state is not None for step in steps)
    lines.append(Text(f"重算 {builds} 次 builds, each as long as a night without its checks"))
    return Group(*lines)


def render(found: Decomposition) -> Group:
    """The causes with what each did, then the changed figures, the county's first, cause by cause."""
    title = Text(f"{found.older} → {found.newer}", style="bold")
    figures = found.parts.select(_FIGURE).n_unique()
    more = f"另有 {found.appeared} 个新月份或新指标的数值 and {found.appeared} figures of new months or indicators"
    if not figures:
        causes = [Text(f"  {n}. {_words(step)}") for n, step in enumerate(found.steps, start=1)]
        return Group(title, Text("已发布的数值没有变化 no published figure changed"), *causes, Text(more))
    county_first = (pl.col("breakdown") != "county").alias("is_area")
    shown = found.parts.select(_FIGURE).unique().sort(county_first, *_FIGURE).head(SHOWN_FIGURES)
    table = Table(title="数值及其变化 Figures and what moved them", title_justify="left")
    for heading in ("指标 indicator", "月份 month", "地区 area"):
        table.add_column(heading, overflow="fold")
    for heading in ("数值 value", "变化 part"):
        table.add_column(heading, justify="right")
    table.add_column("原因 cause", overflow="fold")
    for figure in shown.iter_rows(named=True):
        parts = found.parts.filter(pl.all_horizontal(pl.col(name) == figure[name] for name in _FIGURE))
        area = "" if figure["breakdown"] == "county" else f"{figure['breakdown']} {figure['breakdown_code']}"
        before = number(parts.item(0, "value_before"))
        table.add_row(figure["indicator_id"], figure["period"], area, before, "", "", end_section=False)
        for place, part in enumerate(parts.iter_rows(named=True), start=1):
            table.add_row(
                *("", "", "", number(part["step_after"]), _signed(part["part"])),
                f"{part['step']}. {found.steps[part['step'] - 1].label}",
                end_section=place == parts.height,
            )
    lines: list[Any] = [title, _by_cause(found), table]
    if figures > SHOWN_FIGURES:
        lines.append(Text(f"… 另有 {figures - SHOWN_FIGURES} 个 more: --indicator, --csv, --json"))
    lines.append(Text(more))
    return Group(*lines)


def _by_cause(found: Decomposition) -> Table:
    table = Table(title="原因 Causes, in the order they were replaced", title_justify="left")
    table.add_column("")
    table.add_column("原因 cause", overflow="fold")
    for heading in ("数值 figures", "其中全县 county's", "指标 indicators"):
        table.add_column(heading, justify="right")
    for n, step in enumerate(found.steps, start=1):
        mine = found.parts.filter(step=n)
        county = mine.filter(breakdown="county").height
        table.add_row(str(n), _words(step), str(mine.height), str(county), str(mine["indicator_id"].n_unique()))
    return table


def _words(step: Step) -> str:
    more = [f"… {len(step.words) - SHOWN_WORDS} more"] if len(step.words) > SHOWN_WORDS else []
    return "; ".join([*step.words[:SHOWN_WORDS], *more])


def _signed(part: float | None) -> str:
    return "" if part is None else f"{part:+,.6g}"


_STATISTICS = """
    select s.*, i.name_zh, i.unit from audit.revision_statistics as s
    left join marts.indicator as i on s.indicator_id = i.target_id
    where s.breakdown = $breakdown and ($indicator is null or s.indicator_id = $indicator or i.name_zh = $indicator)
        and ($indicator is not null or s.n_revisions + s.n_filled + s.n_withdrawn > 0)
    order by s.relative_mean_absolute_revision desc nulls last, s.indicator_id
"""
_HISTORY = """
    select h.* from audit.revision_history as h
    where h.indicator_id = $indicator and h.breakdown = $breakdown
    order by h.period, h.breakdown_code, h.release_before
"""
_HEADINGS = {
    "indicator_id": "指标 indicator",
    "unit": "单位",
    "n_figures": "n",
    "n_revised": "修订 revised",
    "n_filled": "补齐 filled",
    "n_withdrawn": "撤回 gone",
    "mean_revision": "MR",
    "mean_absolute_revision": "MAR",
    "relative_mean_revision": "RMR",
    "relative_mean_absolute_revision": "RMAR",
    "largest_absolute_revision": "最大 largest",
}
_PAST = {
    "period": "月份",
    "breakdown_code": "地区 area",
    "value_before": "原值 before",
    "value_now": "新值 now",
    "release_before": "对比版本 against",
    "why": "变化的报送 what changed",
}
NOTE = (
    "首次发布到最近发布 from the first publication to the latest, over n figures, the unrevised ones too: "
    "MR mean revision, MAR mean absolute revision, in the indicator's unit; RMR, RMAR the same ÷ Σ|latest|"
)


def revisions(tables: Path, indicator: str | None = None, breakdown: str = "county") -> Group:
    """The revision statistics of a release by indicator (those ever revised); of one, with every revision.

    Raises `NothingThere` where the release keeps none, or has no such indicator.
    """
    with duckdb.connect(str(tables), read_only=True) as con:
        kept = con.execute("select 1 from duckdb_views() where view_name = 'revision_statistics'").fetchall()
        if not kept:
            raise NothingThere("这个版本没有修订记录 this release was made before revisions were kept")
        found = rows(con, _STATISTICS, indicator=indicator, breakdown=breakdown)
        if indicator and not found:
            raise NothingThere(f"没有这个指标的数值 no figures of this indicator: {indicator} ({breakdown})")
        past = rows(con, _HISTORY, indicator=found[0]["indicator_id"], breakdown=breakdown) if indicator else []
    if not found:
        return Group(Text("没有修订 nothing was ever revised"))
    parts: list[Any] = [table_of(f"修订统计 Revisions ({breakdown})", _HEADINGS, [_rounded(row) for row in found])]
    if past:
        parts.append(table_of("历次修订 Every revision", _PAST, past))
    return Group(*parts, Text(NOTE))


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Statistics in six digits: nobody holds them against a target."""
    return {name: f"{cell:.6g}" if isinstance(cell, float) else cell for name, cell in row.items()}
