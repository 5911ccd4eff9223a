"""What the county's targets look like in a release: the scoreboard, and one target whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipelines.reading import NothingThere, number, opened, share
from pipelines.reading import rows as _rows

LIGHTS = {"green": ("●", "green", "绿"), "yellow": ("▲", "yellow", "黄"), "red": ("■", "red", "红")}
GREY = ("○", "bright_black", "灰")
STATUS_ZH = {
    "achieved": "已达标",
    "on_track": "进度正常",
    "at_risk": "略有滞后",
    "behind": "滞后",
    "below_line": "未达线",
    "regressing": "倒退",
    "missed": "未完成",
    "no_data": "无数据",
    "definition_pending": "口径待定",
}

# What is judged, and every target that is not yet: its first figure may come in December only.
_BOARD = """
    with latest as (
        select * from marts.indicator_progress where period <= $period
        qualify row_number() over (partition by target_id order by period desc) = 1
    )
    select c.campaign_id, c.name_zh as campaign_zh, c.name_en as campaign_en, i.name_zh, i.name_en, i.target_id,
        p.period, coalesce(p.light, 'grey') as light, coalesce(p.status, 'no_data') as status, p.value, i.comparator,
        coalesce(p.target_value, i.target_value) as target_value, i.target_upper, i.unit, p.achieved_share,
        p.elapsed_share, i.lead_unit, i.binding, i.caveat, n.gap, n.gap_per_month, n.months_remaining,
        f.forecast, f.backtest_error, p.conf_status
    from marts.indicator as i
    inner join marts.campaign as c on i.target_id = c.target_id
    left join latest as p on i.target_id = p.target_id
    left join marts.indicator_need as n
        on p.target_id = n.target_id and p.period = n.period and n.breakdown = 'county'
    left join marts.indicator_forecast as f on p.target_id = f.target_id and p.period = f.period
    where p.target_id is not null or i.row_type = 'target'
    order by c.sort_order, try_cast(regexp_extract(i.clause, '[0-9]+') as integer) nulls first, i.target_id
"""


_NEED = """
    select * from marts.indicator_need where target_id = $target and breakdown = 'county' order by period desc limit 1
"""
_FORECAST = "select * from marts.indicator_forecast where target_id = $target"
_OFFICIAL = """
    select * from marts.official_value where indicator_id = $target and breakdown = 'county' order by period
"""
# Every month of the county up to $period (all where NULL), of one target or of all where $target is NULL: the value of
# the month, and the figure that was judged.
HISTORY = """
    select target_id, period, v.value, v.rolling12_value, v.coverage, v.coverage_weighted, v.estimated_share,
        v.n_enterprises, v.conf_status, p.value as judged_value, p.baseline, p.target_value, p.achieved_share,
        p.elapsed_share, p.status, p.light, p.conf_status as judged_conf_status
    from (select *, indicator_id as target_id from marts.indicator_value where breakdown = 'county') as v
    full join marts.indicator_progress as p using (target_id, period)
    where target_id = coalesce($target, target_id) and period <= coalesce($period, period)
    order by target_id, period
"""


@dataclass(frozen=True)
class Board:
    """The latest verdict of every target up to a month, in the order of the campaigns."""

    period: str
    rows: list[dict[str, Any]]


def board(tables: Path, period: str | None = None) -> Board:
    """The scoreboard of a release's tables as of `period` (`YYYY-MM`; the latest where None).

    Raises `NothingThere` where the release holds no such month.
    """
    with opened(tables) as connection:
        return board_of(connection, period)


def board_of(connection: duckdb.DuckDBPyConnection, period: str | None = None) -> Board:
    """The same of tables that are `opened`."""
    first, last = connection.execute("select min(period), max(period) from marts.indicator_progress").fetchall()[0]
    if first is None:
        raise NothingThere(
            "这个版本还没有目标进度 this release holds no progress yet: no month of the plan is delivered"
        )
    if period and not first <= period <= last:
        raise NothingThere(f"{period}: 该版本的月份为 this release holds {first} … {last}")
    return Board(period or last, _rows(connection, _BOARD, period=period or last))


def is_begun(tables: Path) -> bool:
    """Does a release hold any month of the plan?"""
    with opened(tables) as connection:
        return bool(connection.execute("select 1 from marts.indicator_progress limit 1").fetchall())


def short(value: float | None) -> str:
    """A figure nobody holds against a target, in four digits."""
    return "" if value is None else f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def forecast_text(value: float | None, error: float | None) -> str:
    """A forecast beside its back-tested error; never without."""
    return "" if value is None or error is None else f"{short(value)}±{short(error)}"


def caveats(text: str | None) -> list[str]:
    """The Chinese notes of a caveat (`注；注 / note; note`), one by one."""
    return [note for note in (text or "").partition(" / ")[0].split("；") if note]


def shown_light(light: str, binding: str) -> str:
    """The light that is shown: a soft target (力争, 原则上, 左右) is never red."""
    return "yellow" if binding == "soft" and light == "red" else light


def render(found: Board) -> Group:
    """Tables by campaign: light, target, value, time progress, lead unit."""
    tables: list[Table | Text] = [Text(f"目标进度 Scoreboard {found.period}", style="bold")]
    notes: dict[str, int] = {}
    for campaign in dict.fromkeys(row["campaign_zh"] for row in found.rows):
        mine = [row for row in found.rows if row["campaign_zh"] == campaign]
        table = Table(title=f"{campaign} {mine[0]['campaign_en']}", title_justify="left", expand=False)
        for heading in ("灯", "目标 target", "月份"):
            table.add_column(heading)
        for heading in ("数值 value", "目标值 asked", "完成率", "时序进度", "月均还需", "预测±误差"):
            table.add_column(heading, justify="right")
        for heading in ("单位", "状态 status", "牵头单位 lead", "注"):
            table.add_column(heading)
        for row in mine:
            sign, colour, word = LIGHTS.get(shown_light(row["light"], row["binding"]), GREY)
            soft = "(力争)" if row["binding"] == "soft" else ""
            table.add_row(
                Text(f"{sign}{word}", style=colour),
                f"{row['name_zh']}{soft}",
                row["period"] or "",
                number(row["value"]),
                f"{row['comparator'].removeprefix('decline')} {number(row['target_value'])}",
                share(row["achieved_share"]),
                share(row["elapsed_share"]),
                short(row["gap_per_month"]),
                forecast_text(row["forecast"], row["backtest_error"]),
                row["unit"],
                STATUS_ZH[row["status"]],
                row["lead_unit"] or "",
                " ".join(str(notes.setdefault(note, len(notes) + 1)) for note in caveats(row["caveat"])),
            )
        tables.append(table)
    shown = [shown_light(row["light"], row["binding"]) for row in found.rows]
    counts = {light: shown.count(light) for light in ("green", "yellow", "red", "grey")}
    tables.append(Text(f"绿 {counts['green']}  黄 {counts['yellow']}  红 {counts['red']}  灰 {counts['grey']}"))
    tables.append(
        Text(
            "月均还需 needed a month to reach the target; 预测 forecast to the deadline ± mean error of its back-test. "
            "英文说明 notes in English: fenghuang show TARGET"
        )
    )
    tables += [Text(f"注{number} {note}") for note, number in notes.items()]
    return Group(*tables)


def _need_text(need: dict[str, Any]) -> str:
    parts = [f"{need['period']}: {short(need['gap'])} {need['unit']}"]
    if need["numerator_gap"] is not None:
        parts.append(
            f"分子 numerator {need['numerator_gap']:+,.6g} {need['numerator_unit']} (分母不变 same denominator)"
        )
    if need["months_remaining"]:
        per_month = need["numerator_gap_per_month"], need["numerator_unit"]
        each, unit = per_month if per_month[0] is not None else (need["gap_per_month"], need["unit"])
        parts.append(f"余 {need['months_remaining']} 个月，月均 a month {short(each)} {unit}")
    return ", ".join(parts)


def _forecast_line(found: dict[str, Any], unit: str) -> str:
    if found["forecast"] is None:
        return f"{found['horizon_period']}: 无 none ({found['reason']})"
    met = "可达 met" if found["is_expected_to_be_met"] else "达不到 not met"
    return (
        f"{found['horizon_period']}: {short(found['forecast'])} {unit}, {met}; "
        f"{found['confidence']:.0%} 区间 {short(found['forecast_low'])} … {short(found['forecast_high'])}; "
        f"方法 {found['method']}, 回测误差 back-test error {short(found['backtest_error'])} "
        f"({found['backtest_pairs']} × {found['backtest_steps']} 期 steps)"
    )


def _official_text(official: dict[str, Any]) -> str:
    beside = "" if official["difference"] is None else f" (计算值 computed {number(official['computed_value'])})"
    return (
        f"{official['period']}: {number(official['official_value'])}{beside}, "
        f"{official['source']}, {official['published_on']}"
    )


def target(tables: Path, name: str) -> Group:
    """One target whole: words of the plan, definition, units, caveats, history. `name`: its id or Chinese name.

    Raises `NothingThere` with the nearest ids.
    """
    with opened(tables) as connection:
        found = _rows(connection, "select * from marts.indicator where target_id = $name or name_zh = $name", name=name)
        if not found:
            near = _rows(
                connection,
                "select target_id, name_zh from marts.indicator "
                "order by greatest(jaro_winkler_similarity(target_id, $name), jaro_winkler_similarity(name_zh, $name)) "
                "desc, target_id limit 5",
                name=name,
            )
            listed = "、".join(f"{row['target_id']} {row['name_zh']}" for row in near)
            raise NothingThere(f"没有这个指标 no such target: {name}; 相近的有 nearest: {listed}")
        row = found[0]
        # a repeat has no figures of its own
        measured = row["same_as"] if row["row_type"] == "duplicate_ref" else row["target_id"]
        need, forecast, officials = (
            _rows(connection, query, target=measured) for query in (_NEED, _FORECAST, _OFFICIAL)
        )
        history = _rows(connection, HISTORY, target=measured, period=None)
    facts = Table(show_header=False, box=None)
    for label, text in (
        ("指标 target", f"{row['name_zh']} {row['name_en']} ({row['target_id']})"),
        ("目标 asked", f"{row['comparator']} {number(row['target_value'])} {row['unit']}, {row['deadline']}"),
        ("原文 quote", f"{row['quote']}(条款 clause {row['clause']})"),
        ("范围 scope", row["scope"]),
        ("口径 definition", row["definition"] or "尚未计算 not computed"),
        ("牵头 lead", row["lead_unit"]),
        ("配合 with", row["co_units"]),
        ("重复/属于 same as", row["same_as"]),
        ("说明 caveat", row["caveat"]),
        ("还需 needed", "; ".join(map(_need_text, need))),
        ("预测 forecast", "; ".join(_forecast_line(found, row["unit"]) for found in forecast)),
        ("官方 official", "; ".join(map(_official_text, officials))),
    ):
        if text:
            facts.add_row(label, str(text))
    past = Table(title="历史 History", title_justify="left")
    for heading in ("月份", "数值", "滚动12月", "覆盖率", "完成率", "时序进度", "状态"):
        past.add_column(heading, justify="left" if heading in ("月份", "状态") else "right")
    for month in history:
        sign, colour, _ = LIGHTS.get(shown_light(month["light"] or "", row["binding"]), GREY)
        verdict = Text(f"{sign} {STATUS_ZH[month['status']]}", style=colour) if month["status"] else Text("")
        past.add_row(
            month["period"],
            number(month["value"]),
            number(month["rolling12_value"]),
            share(month["coverage"]),
            share(month["achieved_share"]),
            share(month["elapsed_share"]),
            verdict,
        )
    return Group(facts, past)
