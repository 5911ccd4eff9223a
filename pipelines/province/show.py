"""What the commands of a province show on one screen."""

from __future__ import annotations

from typing import Any

import duckdb
from rich.console import RenderableType
from rich.table import Table

from pipelines.last_night import last_night
from pipelines.nightly import render
from pipelines.province.province_night import ProvinceNight
from pipelines.province.registry import Province
from pipelines.reading import NothingThere
from pipelines.release.store import Release, current_release

__all__ = ["NothingThere", "board_tables", "counties_table", "indicator_table", "render_night", "status_table"]


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading)
    return table


def counties_table(province: Province) -> Table:
    area = province.area
    table = _table(
        f"{area.code} {area.name_zh} {area.name_en}: {len(province.counties)} 个县 counties",
        "县 county", "名称 name", "当前版本 current release", "期末 to", "方案 plan", "组 group",
    )  # fmt: skip
    for county in province.counties:
        release = current_release(province.home_of(county))
        table.add_row(
            county.county_code,
            f"{county.name_zh} {county.name_en}",
            release.release_id if release else "—",
            (release.latest_period if release else None) or "",
            county.plan,
            county.unix_group,
        )
    return table


def status_table(province: Province) -> tuple[Table, bool]:
    """And whether all is well."""
    rolled_up = current_release(province.home)
    held = {c["county_code"]: c["release"] for c in rolled_up.manifest["counties"]} if rolled_up else {}
    table = _table(
        f"全省版本 province: {rolled_up.release_id if rolled_up else '—'}",
        "县 county", "名称 name", "最近一夜 last night", "当前版本 current", "已汇总 in the roll-up",
    )  # fmt: skip
    is_well = rolled_up is not None
    for county in province.counties:
        home = province.home_of(county)
        night, release = last_night(home), current_release(home)
        if night is None:
            ended = "—"
        elif night.is_published:
            ended = f"已发布 published {night.ended_at}"
        else:
            ended = f"未发布 not published {night.ended_at}: {night.stage}: {night.cause}"
        is_in = release is not None and held.get(county.county_code) == release.release_id
        is_well &= is_in and (night is None or night.is_published)
        table.add_row(
            county.county_code,
            county.name_zh,
            ended,
            release.release_id if release else "—",
            "是 yes" if is_in else f"否 no ({held.get(county.county_code) or '—'})",
        )
    return table, is_well


def render_night(night: ProvinceNight) -> list[RenderableType]:
    """Those that were not published first, each with its cause and log; then the roll-up."""
    failed = [county for county in night.counties if not county.is_published]
    parts: list[RenderableType] = [
        f"已发布 published {len(night.counties) - len(failed)}, 未发布 not published {len(failed)} "
        f"(共 of {len(night.counties)} 个县 counties)"
    ]
    for county in failed:
        parts.append(f"  {county.county.county_code} {county.county.name_zh} — {county.cause}")
        parts.append(f"    日志 log {county.log}")
    if night.rolled_up is None:
        return parts
    if night.rolled_up.release is not None:
        listed = night.rolled_up.release.manifest["counties"]
        for status, words in (("stale", "沿用上一版本 last good release used"), ("missing", "缺 missing")):
            codes = [c["county_code"] for c in listed if c["status"] == status]
            if codes:
                parts.append(f"{words}: {', '.join(codes)}")
    parts.append(render(night.rolled_up))
    return parts


def _current(province: Province) -> Release:
    release = current_release(province.home)
    if release is None:
        raise NothingThere("全省尚未汇总 nothing has been rolled up yet; run: fenghuang province nightly")
    return release


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"


def indicator_table(province: Province, indicator: str, period: str | None) -> Table:
    """Raises `NothingThere`."""
    with duckdb.connect(str(_current(province).tables), read_only=True) as con:
        names = con.execute(
            "select any_value(target_id), any_value(name_zh), any_value(unit) from marts.indicator "
            "where target_id = $asked or name_zh = $asked group by target_id",
            {"asked": indicator},
        ).fetchall()
        if len(names) != 1:
            raise NothingThere(f"{indicator}: 没有此指标 no county has such an indicator")
        ((target, name, unit),) = names
        month = period or _latest(con, target)
        found = con.execute(
            "select v.county_code, d.name_zh, v.breakdown, v.value, v.coverage, v.n_counties, v.county_coverage, "
            "v.rolling12_value, k.rank from marts.indicator_value v "
            "join marts.dimension d using (county_code, breakdown, breakdown_code) "
            "left join marts.area_ranking k using (county_code, indicator_id, period, breakdown, breakdown_code) "
            "where v.indicator_id = $target and v.period = $month and v.breakdown in ('province', 'county') "
            "order by v.breakdown desc, v.value desc nulls last, v.county_code",
            {"target": target, "month": month},
        ).fetchall()
        reasons = con.execute(
            "select any_value(words_zh || ' ' || words_en) from marts.indicator_not_additive "
            "where indicator_id = $target group by indicator_id",
            {"target": target},
        ).fetchall()
    if not found:
        raise NothingThere(f"{target}: {month or '—'} 没有数据 no county has this month")
    title = f"{name} {target} [{unit}] {month}" + (f"\n不汇总 not rolled up: {reasons[0][0]}" if reasons else "")
    table = _table(
        title, "区域 area", "数值 value", "滚动12个月 rolling", "县覆盖 counties", "企业覆盖 enterprises", "名次 rank"
    )
    for code, area, breakdown, value, coverage, n, share, rolling, rank in found:
        counties = f"{n} ({_share(share)})" if breakdown == "province" else ""
        own = [_number(value), _number(rolling), counties, _share(coverage), str(rank or "")]
        table.add_row(f"{code} {area}", *own, style="bold" if breakdown == "province" else None)
    return table


def _latest(con: duckdb.DuckDBPyConnection, target: str) -> str | None:
    """The latest month that the province, else any county, has a figure of."""
    ((month,),) = con.execute(
        "select coalesce(max(period) filter (where breakdown = 'province'), max(period)) from marts.indicator_value "
        "where indicator_id = $target and value is not null",
        {"target": target},
    ).fetchall()
    return str(month) if month else None


def board_tables(province: Province) -> list[Table]:
    """Raises `NothingThere`."""
    release = _current(province)
    with duckdb.connect(str(release.tables), read_only=True) as con:
        figures = con.execute(
            "with latest as (select * from marts.indicator_value where breakdown = 'province' and value is not null "
            "  qualify row_number() over (partition by indicator_id order by period desc) = 1) "
            "select i.name_zh, v.period, v.value, i.unit, v.n_counties, v.county_coverage, v.coverage, d.name_zh "
            "from latest v join (select target_id, any_value(name_zh) as name_zh, any_value(unit) as unit "
            "  from marts.indicator group by target_id) i on v.indicator_id = i.target_id "
            "left join marts.area_ranking k on k.indicator_id = v.indicator_id and k.period = v.period "
            "  and k.breakdown = 'county' and k.rank = 1 "
            "left join marts.dimension d on d.county_code = k.county_code and d.breakdown = 'county' "
            "order by v.indicator_id, k.county_code"
        ).fetchall()
        left_out = con.execute(
            "select indicator_id, any_value(reason), any_value(words_zh || ' ' || words_en), count(*) "
            "from marts.indicator_not_additive group by indicator_id order by indicator_id"
        ).fetchall()
    board = _table(
        f"{province.area.name_zh} {release.release_id}",
        "指标 indicator", "月份 month", "数值 value", "单位 unit", "县 counties", "企业 enterprises", "第一 first",
    )  # fmt: skip
    for name, period, value, unit, n, share, coverage, first in figures:
        board.add_row(name, period, _number(value), unit, f"{n} ({_share(share)})", _share(coverage), first or "")
    others = _table("不汇总 not rolled up", "指标 indicator", "原因 reason", "县 counties")
    rows: list[tuple[Any, ...]] = left_out
    for indicator, reason, words, n in rows:
        others.add_row(indicator, f"{reason}: {words}", str(n))
    return [board, others]
