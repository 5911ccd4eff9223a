"""The annex of a bulletin: the same tables as an Excel workbook, with the definitions of every indicator."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from pipelines.report.bulletin import Bulletin

# Sheet, headings by name in the content's rows.
Columns = Sequence[tuple[str, str, int]]
TARGETS: Columns = (
    ("campaign", "行动", 16),
    ("name", "指标", 38),
    ("unit", "单位", 12),
    ("target", "目标", 12),
    ("value", "完成", 12),
    ("month", "数据月份", 10),
    ("achieved", "完成率", 10),
    ("elapsed", "时序进度", 10),
    ("change", "同比", 14),
    ("light", "灯", 8),
    ("status", "状态", 12),
    ("lead", "牵头单位", 20),
)
RANKING: Columns = (
    ("title", "排名", 30),
    ("group", "类别", 14),
    ("rank", "名次", 10),
    ("area", "区域", 32),
    ("value", "数值", 12),
    ("before", "上期名次", 10),
    ("change", "升降", 10),
)
LAGGING: Columns = (
    ("no", "序号", 8),
    ("name", "指标", 38),
    ("light", "灯", 8),
    ("lead", "牵头单位", 20),
    ("co", "配合单位", 34),
    ("need", "赶上所需", 60),
)
VERDICTS: Columns = (("name", "指标", 38), ("years", "各年判定", 70), ("window", "到期考核", 24))
UNITS: Columns = (
    ("unit", "牵头单位", 24),
    ("n", "目标数", 8),
    ("green", "绿灯", 8),
    ("yellow", "黄灯", 8),
    ("red", "红灯", 8),
    ("grey", "灰灯", 8),
    ("due", "本期到期", 10),
    ("met", "其中达标", 10),
)
AREAS: Columns = (
    ("group", "类别", 14),
    ("area", "区域", 32),
    ("rank", "综合名次", 10),
    ("change", "升降", 10),
    ("ranked", "参排指标", 10),
    ("first_three", "前三位", 10),
    ("lights", "区域目标绿/黄/红", 18),
)
GOALPOSTS: Columns = (
    ("name", "指标", 38),
    ("since", "生效月份", 14),
    ("plan", "方案目标", 16),
    ("before", "调整前", 16),
    ("now", "调整后", 16),
    ("by_plan", "按方案", 10),
    ("by_now", "按调整后", 10),
)
REVISIONS: Columns = (
    ("name", "指标", 38),
    ("month", "月份", 14),
    ("before", "修订前", 16),
    ("now", "修订后", 16),
    ("why", "原因", 60),
)
DEFINITIONS: Columns = (
    ("target_id", "指标编号", 34),
    ("name", "指标", 38),
    ("unit", "单位", 12),
    ("clause", "条款", 10),
    ("lead", "牵头单位", 20),
    ("co", "配合单位", 34),
    ("definition", "口径", 80),
    ("caveat", "说明", 80),
)
SHEETS: Sequence[tuple[str, str, Columns]] = (
    ("targets", "目标进度", TARGETS),
    ("verdicts", "分年度判定", VERDICTS),
    ("unit_tally", "牵头单位", UNITS),
    ("area_tally", "区域情况", AREAS),
    ("rankings", "区域排名", RANKING),
    ("lagging", "滞后目标", LAGGING),
    ("goalposts", "目标调整", GOALPOSTS),
    ("revisions", "数据修订", REVISIONS),
    ("definitions", "口径", DEFINITIONS),
)


def write_xlsx(bulletin: Bulletin) -> bytes:
    """The workbook's bytes. Figures are the texts of the bulletin, so that both say the same: with their marks, and
    rounded as there; unrounded ones stand on the sheet 数值. Nothing in it is a formula."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    when = datetime.fromisoformat(bulletin.data_date)
    book.set_properties({"title": bulletin.content["title"] + bulletin.content["subtitle"], "created": when})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#EDEDED"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    for name, title, columns in SHEETS:
        if rows := list(_rows(bulletin, name)):
            _sheet(book, title, columns, rows, head, plain)
    _sheet(book, "数值", FIGURES, list(_figures(bulletin)), head, plain)
    notes = [bulletin.content["title"] + bulletin.content["subtitle"], *bulletin.content["notes"]]
    notes += [bulletin.content["legend"], bulletin.content["ranking_note"]]
    _sheet(book, "说明", (("note", "说明", 120),), [{"note": note} for note in notes if note], head, plain)
    book.close()
    return made.getvalue()


FIGURES: Columns = (
    ("text", "文中写法", 14),
    ("value", "数值（未四舍五入）", 22),
    ("unit", "单位", 12),
    ("table", "表", 20),
    ("column", "列", 22),
    ("key", "行", 80),
)


def _figures(bulletin: Bulletin) -> Iterator[dict[str, Any]]:
    for figure in bulletin.figures():
        yield {**figure, "key": ", ".join(f"{name}={value}" for name, value in figure["key"].items())}


def _rows(bulletin: Bulletin, name: str) -> Iterator[dict[str, Any]]:
    content = bulletin.content
    if name == "targets":
        for campaign in content["campaigns"]:
            for row in campaign["rows"]:
                yield {**row, "campaign": campaign["campaign"]}
    elif name == "rankings":
        for ranking in content["every_ranking"]:
            for row in ranking["rows"]:
                yield {**row, "title": ranking["title"]}
    elif name == "definitions":
        yield from bulletin.definitions
    else:
        yield from content[name]


def _sheet(book: Any, title: str, columns: Columns, rows: Sequence[dict[str, Any]], head: Any, plain: Any) -> None:
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for place, (name, heading, width) in enumerate(columns):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, heading, head)
        for number, row in enumerate(rows, 1):
            value = row[name]
            if isinstance(value, float | int):
                sheet.write_number(number, place, value, plain)
            else:
                sheet.write_string(number, place, inert(str(value)), plain)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)


def inert(text: str) -> str:
    """Text that stays text where a sheet is saved as csv and opened again: what could begin a formula gets an
    apostrophe, figures excepted."""
    if text[:1] in ("=", "@", "\t", "\r") or (text[:1] in ("+", "-") and not text[1:2].isdigit()):
        return "'" + text
    return text
