"""Bulletins read back: what a Word file, a PDF and a workbook print, held against the marts they were made from."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pypdfium2
from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph

from pipelines.report.bulletin_periods import Edition

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?|(?<=[^\d.])\d+(?:\.\d+)?")
SIGNS = "①②③④⑤*"

_JUDGED = """
    select * from marts.indicator_progress where period <= $period
    qualify row_number() over (partition by target_id order by period desc) = 1
"""
_TARGETS = f"""
    select i.*, p.period, p.value, p.achieved_share, p.elapsed_share, p.status, p.light, p.conf_status,
        coalesce(p.target_value, i.target_value) as asked, c.campaign_id,
        case when v.value = p.value then b.value when v.rolling12_value = p.value then b.rolling12_value end as past
    from marts.indicator as i
    inner join marts.campaign as c using (target_id)
    left join ({_JUDGED}) as p using (target_id)
    left join marts.indicator_value as v
        on v.indicator_id = p.target_id and v.period = p.period and v.breakdown = 'county'
    left join marts.indicator_value as b on b.indicator_id = p.target_id and b.breakdown = 'county'
        and b.period = strftime(strptime(p.period || '-01', '%Y-%m-%d') - interval 1 year, '%Y-%m')
    where p.target_id is not null or i.row_type = 'target'
"""
_RANKED = """
    select coalesce(i.name_zh, '综合排名') as name, d.name_zh as area, r.*, b.rank as rank_before
    from marts.area_ranking as r
    inner join marts.dimension as d using (breakdown, breakdown_code)
    left join marts.indicator as i on r.indicator_id = i.target_id
    left join marts.area_ranking as b on b.indicator_id = r.indicator_id and b.breakdown = r.breakdown
        and b.breakdown_code = r.breakdown_code and b.period = $before
    where r.period = $period
"""
_NEEDED = "select * from marts.indicator_need where breakdown = 'county' and period <= $period"


def query(tables: Path, text: str, **parameters: Any) -> list[dict[str, Any]]:
    with duckdb.connect(str(tables), read_only=True) as connection:
        cursor = connection.execute(text, parameters)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class WordFile:
    """`tables`: each as rows by heading, with the paragraph before it; `paragraphs`: texts outside tables; `stream`:
    every text of the body in its order."""

    def __init__(self, content: bytes) -> None:
        self.paragraphs: list[str] = []
        self.tables: list[tuple[str, list[dict[str, str]]]] = []
        self.stream: list[str] = []
        document = Document(io.BytesIO(content))
        for part in document.element.body.iterchildren():
            if part.tag.endswith("}p"):
                text = Paragraph(part, document).text
                self.paragraphs.append(text)
                self.stream.append(text)
            elif part.tag.endswith("}tbl"):
                rows = [_cells(row) for row in Table(part, document).rows]
                self.stream += [cell for row in rows for cell in row]
                whole = [dict(zip(rows[0], row, strict=True)) for row in rows[1:] if len(row) == len(rows[0])]
                title = next((text for text in reversed(self.paragraphs) if text), "")
                self.tables.append((title, whole))

    def table(self, *headings: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The rows of every table that has these headings, each with the paragraph before its table."""
        for title, rows in self.tables:
            if rows and set(headings) <= set(rows[0]):
                yield from ((title, row) for row in rows)


def _cells(row: Any) -> list[str]:
    cells = []
    for cell in row._tr.tc_lst:
        paragraphs = [node for node in cell.iterchildren() if node.tag.endswith("}p")]
        cells.append("\n".join(Paragraph(node, None).text for node in paragraphs))  # type: ignore[arg-type]
    return cells


def is_rounded(text: str, value: float | None) -> bool:
    """Is a printed number this value, to the digits it prints?"""
    if value is None:
        return False
    digits = len(text.partition(".")[2])
    return abs(float(text) - value) <= 0.5 * 10**-digits + 1e-9 * max(1, abs(value))


def numbers(text: str) -> list[str]:
    return NUMBER.findall(text)


def faults(word: WordFile, tables: Path, edition: Edition, rankings: int) -> list[str]:
    """Where a Word file does not say what the marts say, a line each; `rankings`: how many rankings it must print.
    Every figure of the tables and of the headline sentences is looked up again, by queries of its own."""
    return [
        *_of_targets(word, tables, edition),
        *_of_ranking(word, tables, edition, rankings),
        *_of_needs(word, tables, edition),
    ]


def _of_targets(word: WordFile, tables: Path, edition: Edition) -> Iterator[str]:
    known = {row["name_zh"]: row for row in query(tables, _TARGETS, period=edition.end)}
    printed = [row for _, row in word.table("指标", "完成率", "时序进度", "同比")]
    names = [row["指标"].removesuffix("（力争）") for row in printed]
    if sorted(names) != sorted(known):
        yield f"targets: {set(names) ^ set(known)}"
    for name, row in zip(names, printed, strict=True):
        fact = known.get(name)
        if fact is None:
            continue
        value = row["完成"].strip(SIGNS)
        hidden = fact["value"] is None and fact["conf_status"] not in (None, "F")
        if hidden != ("⑤" in row["完成"]) or (value in ("", "—")) != (fact["value"] is None):
            yield f"{name}: 完成 {row['完成']}, {fact['value']} {fact['conf_status']}"
        elif fact["value"] is not None and not is_rounded(value, fact["value"]):
            yield f"{name}: 完成 {value}, not {fact['value']}"
        for heading, column in (("完成率", "achieved_share"), ("时序进度", "elapsed_share")):
            share = fact[column]
            if row[heading] == "—" if share is not None else row[heading] != "—":
                yield f"{name}: {heading} {row[heading]}, {share}"
            elif share is not None and not is_rounded(row[heading].removesuffix("%"), 100 * share):
                yield f"{name}: {heading} {row[heading]}, not {share}"
        asked = [fact["asked"], *([fact["target_upper"]] if fact["comparator"] == "between" else [])]
        if [float(n) for n in numbers(row["目标"].lstrip("≥>＝≤<≈"))] != asked:
            yield f"{name}: 目标 {row['目标']}, not {asked}"
        light = "yellow" if fact["light"] == "red" and fact["binding"] == "soft" else fact["light"] or "grey"
        if row["灯"][-1] != {"green": "绿", "yellow": "黄", "red": "红", "grey": "灰"}[light]:
            yield f"{name}: 灯 {row['灯']}, not {light}"
        if not _is_change(row["同比"], fact):
            yield f"{name}: 同比 {row['同比']}, {fact['value']} after {fact['past']}"
        if fact["campaign_id"] == "headline" and fact["row_type"] == "target":
            yield from _of_headline(word, name, fact, edition)


def _is_change(text: str, fact: dict[str, Any]) -> bool:
    now, past = fact["value"], fact["past"]
    summed = fact["kind"] in ("cumulative_3y", "cumulative_3y_rate", "cumulative_to_2022")
    if now is None or past is None or summed or (past <= 0 and fact["unit"] != "%"):
        return text == "—"
    if fact["unit"] == "%":
        return text.endswith("百分点") and is_rounded(text.removesuffix("百分点"), now - past)
    return text.endswith("%") and is_rounded(text.removesuffix("%"), 100 * (now / past - 1))


def _of_headline(word: WordFile, name: str, fact: dict[str, Any], edition: Edition) -> Iterator[str]:
    said = [p for p in word.paragraphs if p.startswith(name) and p.endswith("。") and "：" not in p[: len(name) + 3]]
    if len(said) != 1:
        yield f"{name}: {len(said)} sentences"
        return
    rest = said[0].removeprefix(name)
    if fact["value"] is None:
        if numbers(rest):
            yield f"{name}: {rest}"
        return
    if fact["period"] != edition.end:
        rest = rest.partition("）")[2]
    expected: list[float] = [fact["value"], fact["asked"]]
    if fact["achieved_share"] is not None:
        expected.append(100 * fact["achieved_share"])
        if fact["status"] not in ("achieved", "missed"):
            ahead = fact["achieved_share"] - fact["elapsed_share"]
            if ("快于" in rest) != (ahead > 0) and "与时序进度持平" not in rest:
                yield f"{name}: {rest}, ahead by {ahead}"
            if "与时序进度持平" not in rest:
                expected.append(100 * abs(ahead))
    if "同比" in rest and fact["past"] is None:
        yield f"{name}: {rest}, nothing to compare with"
        return
    if "同比" in rest and "持平" not in rest.rpartition("同比")[2]:
        change = fact["value"] - fact["past"] if fact["unit"] == "%" else 100 * (fact["value"] / fact["past"] - 1)
        if any(word in rest for word in ("增长", "提高")) != (change > 0):
            yield f"{name}: {rest}, changed by {change}"
        expected.append(abs(change))
    found = numbers(rest)
    if len(found) != len(expected) or not all(map(is_rounded, found, expected)):
        yield f"{name}: {rest} says {found}, not {expected}"


def _of_ranking(word: WordFile, tables: Path, edition: Edition, rankings: int) -> Iterator[str]:
    facts = query(tables, _RANKED, period=edition.end, before=edition.before.end)
    known = {(row["name"], row["area"]): row for row in facts}
    printed = list(word.table("名次", "区域", "上期名次"))
    if len({title for title, _ in printed}) != rankings:
        yield f"rankings: {len({title for title, _ in printed})}, not {rankings}"
    for title, row in printed:
        fact = known[(title.partition("（")[0], row["区域"])]
        rank = str(fact["rank"]) if fact["rank"] is not None else None
        if (row["名次"] if re.fullmatch("[0-9]+", row["名次"]) else None) != rank:
            yield f"{title} {row['区域']}: 名次 {row['名次']}, not {rank}"
        if fact["value"] is None:
            if numbers(row["数值"]):
                yield f"{title} {row['区域']}: 数值 {row['数值']}, not known"
        elif not is_rounded(row["数值"], fact["value"]):
            yield f"{title} {row['区域']}: 数值 {row['数值']}, not {fact['value']}"
        before, now = fact["rank_before"], fact["rank"]
        if row["上期名次"] != ("—" if before is None else str(before)):
            yield f"{title} {row['区域']}: 上期名次 {row['上期名次']}, not {before}"
        moved = (
            "—"
            if None in (before, now)
            else "持平"
            if before == now
            else f"{'升' if now < before else '降'}{abs(now - before)}"
        )
        if row["升降"] != moved:
            yield f"{title} {row['区域']}: 升降 {row['升降']}, not {moved}"


def _of_needs(word: WordFile, tables: Path, edition: Edition) -> Iterator[str]:
    targets = {row["name_zh"]: row for row in query(tables, _TARGETS, period=edition.end)}
    needs = {(row["target_id"], row["period"]): row for row in query(tables, _NEEDED, period=edition.end)}
    printed = {row["指标"].removesuffix("（力争）"): row for _, row in word.table("序号", "赶上所需")}
    late = {name for name, row in targets.items() if row["light"] in ("red", "yellow")}
    if set(printed) != late:
        yield f"lagging: {set(printed) ^ late}"
    for name, row in printed.items():
        fact = targets[name]
        need = needs.get((fact["target_id"], fact["period"]))
        if (row["牵头单位"], row["配合单位"]) != (fact["lead_unit"], fact["co_units"] or "—"):
            yield f"{name}: {row['牵头单位']}, {row['配合单位']}"
        columns = ("gap", "months_remaining", "gap_per_month", "numerator_gap", "numerator_gap_per_month")
        expected = [abs(need[c]) for c in columns if need[c] is not None] if need else []
        if need and not need["months_remaining"]:
            expected = [abs(need[c]) for c in ("gap", "numerator_gap") if need[c] is not None]
        found = numbers(row["赶上所需"])
        if len(found) != len(expected) or not all(map(is_rounded, found, expected)):
            yield f"{name}: {row['赶上所需']}, not {expected}"


def pdf_pages(content: bytes) -> list[str]:
    """The text of each page, without spaces and line ends, its page number taken off."""
    pages = []
    for number, page in enumerate(pypdfium2.PdfDocument(content), 1):
        text = re.sub(r"\s", "", page.get_textpage().get_text_range())
        assert text.endswith(f"—{number}—"), f"page {number} ends with {text[-12:]}"
        pages.append(text.removesuffix(f"—{number}—"))
    return pages


def not_said_by(pages: Sequence[str], stream: Sequence[str], headings: Sequence[str]) -> list[str]:
    """Texts of `stream` that the pages do not say in this order, and what pages say besides: a table's headings, which
    are repeated on each page, excepted."""
    said = "".join(pages)
    wanted = [re.sub(r"\s", "", text) for text in stream]
    lost, place, besides = [], 0, []
    for text in filter(None, wanted):
        found = said.find(text, place)
        if found < 0:
            lost.append(text)
            continue
        besides.append(said[place:found])
        place = found + len(text)
    besides.append(said[place:])
    return [*lost, *(text for text in besides if text and text not in headings)]


def workbook(content: bytes) -> dict[str, list[dict[str, Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    found = {}
    for sheet in book.worksheets:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        found[sheet.title] = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    return found


def formulas(content: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [
        f"{sheet.title}!{cell.coordinate}"
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


def outside_margins(content: bytes, slack_pt: float = 2.0) -> list[str]:
    """Characters beyond the text area of GB/T 9704 (the page number stands below it): page, character, box in mm."""
    millimetre = 72 / 25.4
    left, right, top, foot = 28 * millimetre, (210 - 26) * millimetre, (297 - 37) * millimetre, 20 * millimetre
    found = []
    for number, page in enumerate(pypdfium2.PdfDocument(content), 1):
        text = page.get_textpage()
        for index in range(text.count_chars()):
            character = text.get_text_range(index, 1)
            if not character.strip():
                continue
            # punctuation may hang over the edge, as is the custom
            slack = slack_pt + (16 if character in "，。；：、）" else 0)
            x0, y0, x1, y1 = text.get_charbox(index)
            if x0 < left - slack_pt or x1 > right + slack or y1 > top + slack_pt or y0 < foot:
                found.append(f"{number} {character} {[round(v / millimetre, 1) for v in (x0, y0, x1, y1)]}")
    return found
