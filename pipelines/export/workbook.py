"""One Excel workbook a quarter: targets, county and breakdowns with ranks, definitions, and what the marks mean.

No cell is a formula or a link: every text is written as text, and text that begins like a formula carries Excel's
quote prefix, so that it stays text when somebody edits the cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.export.formula import is_formula_like
from pipelines.export.public import ExportBroken, Release, last_day
from pipelines.export.units import counted
from pipelines.reading import rows
from pipelines.scoreboard import GREY, LIGHTS, STATUS_ZH

SUPPRESSED = "…c"
MISSING = "…"
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767
COLOURS = {"green": "#C6EFCE", "yellow": "#FFEB9C", "red": "#FFC7CE", "grey": "#EDEDED"}
BREAKDOWNS = {"town": "乡镇 Towns", "platform": "平台 Platforms", "industry": "行业 Industries"}
A4 = 9

Kind = Literal["text", "note", "figure", "share", "light", "verdict"]


@dataclass(frozen=True)
class Heading:
    """A column of a sheet. `key`: column of the row; `status`: column with the OBS_STATUS of its figure."""

    key: str
    zh: str
    en: str
    width: int
    kind: Kind = "text"
    status: str | None = None


# What the marks of the sheets mean: label and note, each in Chinese and English.
NOTES = (
    (
        "单位",
        "Units",
        "见各表单位列；数值未经四舍五入，只是显示位数有限",
        "In the column Unit; figures are unrounded, only shown in fewer digits",
    ),
    (
        "本年累计",
        "Year to date",
        "多数指标为本年累计值；滚动12月值另列；口径见“定义”",
        "Most figures are year to date; the rolling 12 months stand beside them; see Definitions",
    ),
    (
        "标记 P",
        "Mark P",
        "初步数：本年数据，年度台账与价格指数年后方定",
        "Provisional: of the latest year, whose ledgers and price index are final only after its end",
    ),
    (
        "标记 E",
        "Mark E",
        "含估算：部分能耗为估算",
        "Estimated in part: some of the energy behind it is estimated",
    ),
    (
        SUPPRESSED,
        "Suppressed",
        "为保护企业信息不公布：贡献企业过少、一两家占优，或可由此推算出他格",
        "Not published, to protect enterprises: too few contribute, one or two dominate, or it would give another away",
    ),
    (
        MISSING,
        "Unknown",
        "无法得知：所需数据未报齐",
        "Cannot be known: what it needs is not delivered",
    ),
    (
        "空白",
        "Blank",
        "没有此项数值；滚动值、覆盖率等附列亦可能为保护企业信息而不列",
        "No such figure; what stands beside a value (rolling 12 months, coverage) may also be withheld",
    ),
    (
        "灯",
        "Lights",
        "绿：达标或进度正常；黄：略有滞后；红：滞后；灰：无法判定",
        "Green achieved or on track, yellow at risk, red behind, grey cannot be judged",
    ),
    (
        "使用",
        "Use",
        "仅含地区与行业数据。引用请注明县名、季度与内容标识；再发布的许可由县里决定，本文件不另授权",
        "Figures of areas and industries only. Cite the county, the quarter and the content hash. This file grants no "
        "licence to republish: that is the county's to give",
    ),
)

# The latest verdict of every target up to the month, as the scoreboard has it.
_TARGETS = """
    select
        c.name_zh || ' ' || c.name_en as campaign, i.name_zh, i.name_en, p.period, p.value, i.comparator,
        p.target_value, i.target_upper, i.unit, p.achieved_share, p.elapsed_share, p.light, p.status, i.lead_unit,
        i.binding, p.target_id,
        case when p.value is null then case p.conf_status when 'F' then 'O' else 'Q' end end as value_status,
        case when p.achieved_share is null and p.conf_status <> 'F' then 'Q' end as share_status
    from marts.indicator_progress as p
    inner join marts.indicator as i on p.target_id = i.target_id
    inner join marts.campaign as c on p.target_id = c.target_id
    where p.period <= $last
    qualify row_number() over (partition by p.target_id order by p.period desc) = 1
    order by c.sort_order, try_cast(regexp_extract(i.clause, '[0-9]+') as integer) nulls first, p.target_id
"""
_DEFINITIONS = """
    select i.*, split_part(definition, ' / ', 1) as definition_zh, split_part(definition, ' / ', 2) as definition_en,
        split_part(caveat, ' / ', 1) as caveat_zh, split_part(caveat, ' / ', 2) as caveat_en
    from marts.indicator as i
    left join marts.campaign as c on i.target_id = c.target_id
    order by c.sort_order nulls last, i.target_id
"""
# The composite of the ranking is no indicator of the registry and has no value but its own.
_FIGURES = """
    with figures as (
        select indicator_id, period, breakdown, breakdown_code, value, obs_status, n_enterprises, rolling12_value,
            coverage, unit
        from observation
        union all
        select r.indicator_id, r.period, r.breakdown, r.breakdown_code, r.value,
            case when r.value is not null then 'A' when r.conf_status <> 'F' then 'Q' else 'O' end, null, null, null,
            '分 points'
        from marts.area_ranking as r anti join marts.indicator as i on r.indicator_id = i.target_id
    ),

    wide as (
        select indicator_id, breakdown, breakdown_code, any_value(unit) as unit, {months},
            max(n_enterprises) filter (period = $last) as n_enterprises,
            max(rolling12_value) filter (period = $last) as rolling12_value,
            max(coverage) filter (period = $last) as coverage
        from figures
        where breakdown = $breakdown and period between $first and $last
        group by indicator_id, breakdown, breakdown_code
    )

    select w.*, coalesce(i.name_zh, '综合') as name_zh, coalesce(i.name_en, 'Composite') as name_en,
        coalesce(d.name_zh, w.breakdown_code) as place_zh, coalesce(d.name_en, '') as place_en, r.rank,
        case when r.rank is null and r.conf_status <> 'F' then 'Q' end as rank_status
    from wide as w
    left join marts.indicator as i on w.indicator_id = i.target_id
    left join marts.dimension as d on w.breakdown = d.breakdown and w.breakdown_code = d.breakdown_code
    left join marts.area_ranking as r
        on w.indicator_id = r.indicator_id and w.breakdown = r.breakdown and w.breakdown_code = r.breakdown_code
        and r.period = $last
    order by i.target_id nulls last, r.rank nulls last, w.breakdown_code
"""


def quarters(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """`2021Q1` → its months with figures; of the months in which the plan's targets are judged."""
    found: dict[str, list[str]] = {}
    for (month,) in connection.execute(
        "select distinct period from marts.indicator_progress where value is not null order by 1"
    ).fetchall():
        found.setdefault(f"{month[:4]}Q{(int(month[5:]) + 2) // 3}", []).append(month)
    return found


def write_workbooks(connection: duckdb.DuckDBPyConnection, folder: Path, release: Release) -> None:
    """Write `<YYYY>Q<n>.xlsx` for every quarter with figures. Raises `ExportBroken` where a sheet has no room."""
    for quarter, months in quarters(connection).items():
        write_workbook(connection, folder / f"{quarter}.xlsx", quarter, months, release)


def write_workbook(
    connection: duckdb.DuckDBPyConnection, path: Path, quarter: str, months: Sequence[str], release: Release
) -> None:
    book = _Book(path, release, quarter)
    with book.file:
        _notes(book, months)
        book.sheet("目标进度 Targets", _target_headings(), rows(connection, _TARGETS, last=months[-1]), frozen=3)
        book.sheet("全县 County", _county_headings(months), _figures(connection, "county", months), frozen=3)
        for breakdown, name in BREAKDOWNS.items():
            book.sheet(name, _area_headings(months), _figures(connection, breakdown, months), frozen=4)
        book.sheet("定义 Definitions", _definition_headings(), rows(connection, _DEFINITIONS), frozen=2)


def _figures(connection: duckdb.DuckDBPyConnection, breakdown: str, months: Sequence[str]) -> list[dict[str, Any]]:
    by_month = ", ".join(
        f"max(value) filter (period = $m{n}) as value_{n}, max(obs_status) filter (period = $m{n}) as status_{n}, "
        f"max(obs_status) filter (period = $m{n} and obs_status in ('E', 'P')) as mark_{n}"
        for n, _ in enumerate(months)
    )
    asked = {f"m{n}": month for n, month in enumerate(months)}
    query = _FIGURES.format(months=by_month)
    return rows(connection, query, breakdown=breakdown, first=months[0], last=months[-1], **asked)


def _month_headings(months: Sequence[str]) -> Iterator[Heading]:
    for n, month in enumerate(months):
        yield Heading(f"value_{n}", month, "value", 13, "figure", f"status_{n}")
        yield Heading(f"mark_{n}", "标记", "mark", 6)


def _target_headings() -> list[Heading]:
    return [
        Heading("campaign", "攻坚行动", "Campaign", 22, "note"),
        Heading("name_zh", "目标", "Target", 26, "note"),
        Heading("name_en", "英文名称", "Name in English", 30, "note"),
        Heading("period", "月份", "Month", 10),
        Heading("value", "数值", "Value", 13, "figure", "value_status"),
        Heading("comparator", "比较", "Comparator", 11),
        Heading("target_value", "目标值", "Target value", 13, "figure"),
        Heading("target_upper", "上限", "Upper end", 10, "figure"),
        Heading("unit", "单位", "Unit", 12),
        Heading("achieved_share", "完成率", "Achieved", 10, "share", "share_status"),
        Heading("elapsed_share", "时序进度", "Elapsed", 10, "share"),
        Heading("light", "灯", "Light", 11, "light"),
        Heading("status", "状态", "Status", 20, "verdict"),
        Heading("lead_unit", "牵头单位", "Lead unit", 20, "note"),
        Heading("binding", "约束", "Binding", 10),
        Heading("target_id", "编号", "Id", 36),
    ]


def _county_headings(months: Sequence[str]) -> list[Heading]:
    return [
        Heading("name_zh", "指标", "Indicator", 28, "note"),
        Heading("name_en", "英文名称", "Name in English", 32, "note"),
        Heading("unit", "单位", "Unit", 12),
        *_month_headings(months),
        Heading("rolling12_value", f"滚动12月 {months[-1]}", "Rolling 12 months", 14, "figure"),
        Heading("coverage", f"覆盖率 {months[-1]}", "Coverage", 11, "share"),
        Heading("n_enterprises", "贡献企业[家]", "Enterprises", 12, "figure"),
        Heading("indicator_id", "编号", "Id", 36),
    ]


def _area_headings(months: Sequence[str]) -> list[Heading]:
    return [
        Heading("name_zh", "指标", "Indicator", 28, "note"),
        Heading("place_zh", "名称", "Name", 24, "note"),
        Heading("place_en", "英文名称", "Name in English", 28, "note"),
        Heading("unit", "单位", "Unit", 12),
        *_month_headings(months),
        Heading("rank", f"名次 {months[-1]}", "Rank", 10, "figure", "rank_status"),
        Heading("n_enterprises", "贡献企业[家]", "Enterprises", 12, "figure"),
        Heading("name_en", "指标英文名称", "Indicator in English", 32, "note"),
        Heading("breakdown_code", "代码", "Code", 13),
        Heading("indicator_id", "编号", "Id", 36),
    ]


def _definition_headings() -> list[Heading]:
    return [
        Heading("target_id", "编号", "Id", 36),
        Heading("name_zh", "名称", "Name in Chinese", 26, "note"),
        Heading("name_en", "英文名称", "Name in English", 30, "note"),
        Heading("unit", "单位", "Unit", 12),
        Heading("row_type", "类型", "Kind of row", 16),
        Heading("comparator", "比较", "Comparator", 11),
        Heading("target_value", "目标值", "Target value", 13, "figure"),
        Heading("target_upper", "上限", "Upper end", 10, "figure"),
        Heading("deadline", "期限", "Deadline", 16, "note"),
        Heading("scope", "范围", "Scope", 24, "note"),
        Heading("clause", "条款", "Clause", 10),
        Heading("quote", "方案原文", "Words of the plan", 50, "note"),
        Heading("definition_zh", "口径", "Definition in Chinese", 60, "note"),
        Heading("definition_en", "口径（英文）", "Definition in English", 60, "note"),
        Heading("caveat_zh", "说明", "Caveat in Chinese", 50, "note"),
        Heading("caveat_en", "说明（英文）", "Caveat in English", 50, "note"),
        Heading("lead_unit", "牵头单位", "Lead unit", 20, "note"),
        Heading("co_units", "配合单位", "Other units", 30, "note"),
    ]


def _notes(book: _Book, months: Sequence[str]) -> None:
    release = book.release
    about = f"{release.county_zh}指标季报 {book.quarter}", f"Indicators of {release.county_en}, {book.quarter}"
    found = [
        ("内容", "What", *about),
        ("月份", "Months", "、".join(months), ", ".join(months)),
        ("数据截至", "Data to", release.data_month, release.data_month),
        ("内容标识", "Content hash", release.content_hash, release.content_hash),
        *NOTES,
    ]
    headings = [
        Heading("label_zh", "项目", "Item", 14, "note"),
        Heading("label_en", "英文", "Item in English", 16, "note"),
        Heading("zh", "说明", "Note", 70, "note"),
        Heading("en", "说明（英文）", "Note in English", 80, "note"),
    ]
    listed = [dict(zip((heading.key for heading in headings), row, strict=True)) for row in found]
    book.sheet("说明 Notes", headings, listed, frozen=1)


class _Book:
    """A workbook being written: its formats, and the way every sheet looks."""

    def __init__(self, path: Path, release: Release, quarter: str) -> None:
        self.release = release
        self.quarter = quarter
        self.file = xlsxwriter.Workbook(
            str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        year, number = int(quarter[:4]), int(quarter[5:])
        day = last_day(f"{year}-{number * 3:02d}")
        # The time of writing would be another one each time.
        self.file.set_properties(
            {
                "title": f"{release.county_zh} {release.county_en} {quarter}",
                "comments": release.content_hash,
                "created": datetime.combine(day, datetime.min.time()),
            }
        )
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def format(self, **properties: Any) -> Format:
        """One format for the same properties, wherever they are asked for."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format({"valign": "top", **properties})
        return self._formats[key]

    def sheet(self, name: str, headings: Sequence[Heading], found: Sequence[dict[str, Any]], frozen: int) -> None:
        """A sheet with one frozen row of bilingual headings and `frozen` frozen columns."""
        if len(found) >= MAX_ROWS:
            raise ExportBroken(f"{self.quarter}, {name}: {len(found)} rows, more than a sheet of Excel holds")
        sheet = self.file.add_worksheet(name)
        head = self.format(bold=True, text_wrap=True, bg_color="#D9E1F2", bottom=1)
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, heading.width)
            sheet.write_string(0, column, f"{heading.zh}\n{heading.en}", head)
        sheet.set_row(0, 32)
        for number, row in enumerate(found, start=1):
            for column, heading in enumerate(headings):
                self._cell(sheet, number, column, heading, row)
        sheet.freeze_panes(1, frozen)
        sheet.autofilter(0, 0, max(len(found), 1), len(headings) - 1)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.repeat_rows(0)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{self.quarter} {self.release.content_hash[:12]}&C&A&R&P / &N")

    def _cell(self, sheet: Worksheet, number: int, column: int, heading: Heading, row: dict[str, Any]) -> None:
        value = row[heading.key]
        if value is None:
            mark = {"Q": SUPPRESSED, "O": MISSING}.get(row[heading.status] or "") if heading.status else None
            if mark:
                sheet.write_string(number, column, mark, self.format(align="right", font_color="#7F7F7F"))
        elif heading.kind == "share":
            sheet.write_number(number, column, value, self.format(num_format="0.0%"))
        elif heading.kind == "figure":
            whole = isinstance(value, int) or (row.get("unit") in counted() and value.is_integer())
            sheet.write_number(number, column, value, self.format(num_format="#,##0" if whole else "#,##0.00##"))
        elif heading.kind == "light":
            sign, _, word = LIGHTS.get(value, GREY)
            sheet.write_string(
                number, column, f"{sign}{word} {value}", self.format(bg_color=COLOURS.get(value, COLOURS["grey"]))
            )
        else:
            text = f"{STATUS_ZH[value]} {value}" if heading.kind == "verdict" else str(value)
            look: dict[str, Any] = {"text_wrap": True} if heading.kind == "note" else {}
            if is_formula_like(text):
                look["quote_prefix"] = True
            sheet.write_string(number, column, text[:MAX_TEXT], self.format(**look))
