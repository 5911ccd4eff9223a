"""Writes `templates/bulletin.docx`, the Word template as the project ships it: `python -m
pipelines.report.bulletin_word_template`. An office changes a copy of the file in Word, not this.

Layout after GB/T 9704-2012: A4, margins 37, 35, 28 and 26 mm, 22 lines of 28 characters, body 仿宋 3号 (16 pt), title
小标宋 2号 (22 pt), headings 黑体 and 楷体, page numbers 4号 (14 pt) 宋体 between dashes, outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from pipelines.report.bulletin_files import same_zip
from pipelines.report.bulletin_wording import OWN_TEMPLATES

NAME = "bulletin.docx"
BODY, TITLE, BLACK, KAI, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
LATIN = "Times New Roman"
LINE_PT = 28.95  # 225 mm ÷ 22 lines
# 28 characters in 156 mm: 20ths of a point between two, off the 16 pt of the letters. As a character grid it would not
# do: LibreOffice gives a letter wider than its cell two of them.
CHARACTER_SPACING = -5
TABLE_PT = 9
WIDTH_MM = 156

# Each table: the list it loops over, and for each column heading, width in mm, what stands in it, to the right or not.
Column = tuple[str, float, str, bool]
TARGETS: Sequence[Column] = (
    ("指标", 40, "{{ row.name }}", False),
    ("单位", 17, "{{ row.unit }}", False),
    ("目标", 16, "{{ row.target }}", True),
    ("完成", 19, "{{ row.value }}", True),
    ("完成率", 14.5, "{{ row.achieved }}", True),
    ("时序进度", 15, "{{ row.elapsed }}", True),
    ("同比", 21.5, "{{ row.change }}", True),
    ("灯", 13, "{% cellbg row.tint %}{{ row.light }}", False),
)
RANKING: Sequence[Column] = (
    ("类别", 26, "{{ row.group }}", False),
    ("名次", 18, "{{ row.rank }}", True),
    ("区域", 54, "{{ row.area }}", False),
    ("数值", 22, "{{ row.value }}", True),
    ("上期名次", 18, "{{ row.before }}", True),
    ("升降", 18, "{{ row.change }}", True),
)
LAGGING: Sequence[Column] = (
    ("序号", 11, "{{ row.no }}", True),
    ("指标", 40, "{{ row.name }}", False),
    ("灯", 12, "{% cellbg row.tint %}{{ row.light }}", False),
    ("牵头单位", 22, "{{ row.lead }}", False),
    ("配合单位", 28, "{{ row.co }}", False),
    ("赶上所需", 43, "{{ row.need }}", False),
)
VERDICTS: Sequence[Column] = (
    ("指标", 50, "{{ row.name }}", False),
    ("各年判定", 70, "{{ row.years }}", False),
    ("到期考核", 36, "{{ row.window }}", False),
)
UNITS: Sequence[Column] = (
    ("牵头单位", 44, "{{ row.unit }}", False),
    ("目标数", 16, "{{ row.n }}", True),
    ("绿灯", 16, "{{ row.green }}", True),
    ("黄灯", 16, "{{ row.yellow }}", True),
    ("红灯", 16, "{{ row.red }}", True),
    ("灰灯", 16, "{{ row.grey }}", True),
    ("本期到期", 16, "{{ row.due }}", True),
    ("其中达标", 16, "{{ row.met }}", True),
)
AREAS: Sequence[Column] = (
    ("类别", 24, "{{ row.group }}", False),
    ("区域", 50, "{{ row.area }}", False),
    ("综合名次", 17, "{{ row.rank }}", True),
    ("升降", 14, "{{ row.change }}", True),
    ("参排指标", 15, "{{ row.ranked }}", True),
    ("前三位", 13, "{{ row.first_three }}", True),
    ("区域目标绿/黄/红", 23, "{{ row.lights }}", True),
)
GOALPOSTS: Sequence[Column] = (
    ("指标", 40, "{{ row.name }}", False),
    ("生效月份", 20, "{{ row.since }}", False),
    ("方案目标", 20, "{{ row.plan }}", True),
    ("调整前", 20, "{{ row.before }}", True),
    ("调整后", 20, "{{ row.now }}", True),
    ("按方案", 18, "{{ row.by_plan }}", False),
    ("按调整后", 18, "{{ row.by_now }}", False),
)
REVISIONS: Sequence[Column] = (
    ("指标", 44, "{{ row.name }}", False),
    ("月份", 20, "{{ row.month }}", False),
    ("修订前", 24, "{{ row.before }}", True),
    ("修订后", 24, "{{ row.now }}", True),
    ("原因", 44, "{{ row.why }}", False),
)


def build() -> bytes:
    """The template's bytes, the same each time."""
    document = Document()
    _page(document)
    _styles(document)
    _footers(document)
    _head(document)
    _section(document, "summary")
    _loop(document, "paragraph", "summary", "正文")
    _end(document)
    _section(document, "targets")
    _targets(document)
    _paragraph(document, "{{ legend }}", "表注")
    _end(document)
    for name, columns in (("verdicts", VERDICTS), ("unit_tally", UNITS), ("area_tally", AREAS)):
        _section(document, name)
        _table(document, name, columns)
        _end(document)
    _section(document, "ranking")
    _paragraph(document, "{{ ranking_note }}", "正文")
    _paragraph(document, "{%p for ranking in rankings %}", "正文")
    _paragraph(document, "{{ ranking.title }}", "表题")
    _table(document, "ranking.rows", RANKING)
    _paragraph(document, "{%p endfor %}", "正文")
    _end(document)
    for name, columns in (("lagging", LAGGING), ("goalposts", GOALPOSTS), ("revisions", REVISIONS)):
        _section(document, name)
        _paragraph(document, f"{{{{ {name}_note }}}}", "正文")
        _paragraph(document, f"{{%p if {name} %}}", "正文")
        _table(document, name, columns)
        _paragraph(document, "{%p endif %}", "正文")
        _end(document)
    _section(document, "notes")
    _loop(document, "note", "notes", "正文")
    _end(document)
    _paragraph(document, "{%p if issuer %}", "正文")
    _paragraph(document, "{{ issuer }}", "署名")
    _paragraph(document, "{%p endif %}", "正文")
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = datetime(2021, 1, 1)
    return same_zip(document)


# Word wants the children of its properties in the order of its schema: what comes after the ones put in here.
AFTER_SPACING = ("w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang")
AFTER_SNAP = ("w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl")


def _put(properties: Any, tag: str, value: str, after: Sequence[str]) -> None:
    element = OxmlElement(tag)
    element.set(qn("w:val"), value)
    properties.insert_element_before(element, *after)


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    # the page number stands 7 mm below the text
    section.footer_distance = Mm(24)
    grid = OxmlElement("w:docGrid")
    for name, value in (("type", "lines"), ("linePitch", str(round(20 * LINE_PT)))):
        grid.set(qn(f"w:{name}"), value)
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    section._sectPr.append(grid)
    document.settings.odd_and_even_pages_header_footer = True


def _font(style: Any, family: str, points: float, colour: RGBColor | None = None) -> None:
    style.font.name, style.font.size = LATIN, Pt(points)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), family)
    # signs such as ≥ and ● are set in the Chinese face
    fonts.set(qn("w:hint"), "eastAsia")
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    if colour is not None:
        style.font.color.rgb = colour


def _styles(document: Any) -> None:
    normal = document.styles["Normal"]
    _font(normal, BODY, 16)
    normal.paragraph_format.space_after = normal.paragraph_format.space_before = Pt(0)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    normal.element.get_or_add_rPr().append(language)

    def style(name: str, family: str, points: float, line: float, align: Any = ALIGN.JUSTIFY, indent: float = 0) -> Any:
        made = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        made.base_style = normal
        _font(made, family, points)
        form = made.paragraph_format
        form.alignment, form.line_spacing_rule, form.line_spacing = align, WD_LINE_SPACING.EXACTLY, Pt(line)
        if indent:
            form.first_line_indent = Pt(indent)
        if points == 16:
            _put(made.element.get_or_add_rPr(), "w:spacing", str(CHARACTER_SPACING), AFTER_SPACING)
        else:
            # the grid is that of the text; a smaller letter has lines of its own
            _put(made.element.get_or_add_pPr(), "w:snapToGrid", "0", AFTER_SNAP)
        return made

    style("公文标题", TITLE, 22, 36, ALIGN.CENTER)
    style("副题", KAI, 16, LINE_PT, ALIGN.CENTER).paragraph_format.space_after = Pt(LINE_PT)
    style("正文", BODY, 16, LINE_PT, indent=32)
    style("一级标题", BLACK, 16, LINE_PT, indent=32).paragraph_format.keep_with_next = True
    title = style("表题", KAI, 16, LINE_PT, indent=32)
    title.paragraph_format.keep_with_next = True
    style("表注", BODY, TABLE_PT, 14).paragraph_format.space_after = Pt(6)
    style("表头", BLACK, TABLE_PT, 13, ALIGN.CENTER)
    style("表文", SONG, TABLE_PT, 13, ALIGN.LEFT)
    style("表数", SONG, TABLE_PT, 13, ALIGN.RIGHT)
    style("署名", BODY, 16, LINE_PT, ALIGN.RIGHT).paragraph_format.right_indent = Pt(32)
    _font(style("发文机关标志", TITLE, 40, 60, ALIGN.CENTER), TITLE, 40, RGBColor(0xC0, 0, 0))
    style("发文字号", BODY, 16, LINE_PT, ALIGN.CENTER)
    style("页码", SONG, 14, 18)


def _footers(document: Any) -> None:
    section = document.sections[0]
    for footer, align in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.style = document.styles["页码"]
        paragraph.alignment = align
        # one character in from the outer edge
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
        paragraph.add_run("— ")
        for kind, text in (("begin", None), (None, "PAGE"), ("separate", None), ("text", "1"), ("end", None)):
            run = paragraph.add_run()
            if kind == "text":
                run.text = text or ""
            elif kind is None:
                code = OxmlElement("w:instrText")
                code.set(qn("xml:space"), "preserve")
                code.text = text
                run._r.append(code)
            else:
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), kind)
                run._r.append(mark)
        paragraph.add_run(" —")


def _head(document: Any) -> None:
    _paragraph(document, "{%p if mark %}", "正文")
    _paragraph(document, "{{ mark }}", "发文机关标志")
    number = _paragraph(document, "{{ number }}", "发文字号")
    borders = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "6"), ("color", "C00000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    number._p.get_or_add_pPr().append(borders)
    number.paragraph_format.space_after = Pt(2 * LINE_PT)
    _paragraph(document, "{%p endif %}", "正文")
    _paragraph(document, "{{ title }}", "公文标题")
    _paragraph(document, "{{ subtitle }}", "副题")


def _paragraph(document: Any, text: str, style: str) -> Any:
    return document.add_paragraph(text, style=document.styles[style])


def _section(document: Any, name: str) -> None:
    _paragraph(document, f"{{%p if heading.{name} %}}", "正文")
    _paragraph(document, f"{{{{ heading.{name} }}}}", "一级标题")


def _end(document: Any) -> None:
    _paragraph(document, "{%p endif %}", "正文")


def _loop(document: Any, one: str, many: str, style: str) -> None:
    _paragraph(document, f"{{%p for {one} in {many} %}}", style)
    _paragraph(document, f"{{{{ {one} }}}}", style)
    _paragraph(document, "{%p endfor %}", style)


def _targets(document: Any) -> None:
    table = _empty_table(document, TARGETS)
    _tag_row(table, "{%tr for campaign in campaigns %}")
    row = table.add_row()
    _keep_whole(row)
    row.cells[0].merge(row.cells[-1])
    row.cells[0].paragraphs[0].style = document.styles["表头"]
    row.cells[0].paragraphs[0].alignment = ALIGN.LEFT
    row.cells[0].paragraphs[0].paragraph_format.keep_with_next = True
    row.cells[0].paragraphs[0].add_run("{{ campaign.campaign }}")
    _rows(document, table, "campaign.rows", TARGETS)
    _tag_row(table, "{%tr endfor %}")


def _table(document: Any, many: str, columns: Sequence[Column]) -> None:
    _rows(document, _empty_table(document, columns), many, columns)
    _paragraph(document, "", "表注")


def _rows(document: Any, table: Any, many: str, columns: Sequence[Column]) -> None:
    _tag_row(table, f"{{%tr for row in {many} %}}")
    row = table.add_row()
    _keep_whole(row)
    for cell, (_, width, text, is_right) in zip(row.cells, columns, strict=True):
        cell.width = Mm(width)
        cell.paragraphs[0].style = document.styles["表数" if is_right else "表文"]
        cell.paragraphs[0].add_run(text)
    _tag_row(table, "{%tr endfor %}")


def _tag_row(table: Any, tag: str) -> None:
    table.add_row().cells[0].paragraphs[0].add_run(tag)


def _empty_table(document: Any, columns: Sequence[Column]) -> Any:
    """A table with its heading row, which is repeated on each page."""
    table = document.add_table(rows=1, cols=len(columns))
    table.style = document.styles["Table Grid"]
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "60")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")
    for column, (_, width, _, _) in zip(table.columns, columns, strict=True):
        column.width = Mm(width)
    heading = table.rows[0]
    for cell, (text, width, _, _) in zip(heading.cells, columns, strict=True):
        cell.width = Mm(width)
        cell.paragraphs[0].style = document.styles["表头"]
        cell.paragraphs[0].add_run(text)
    repeated = OxmlElement("w:tblHeader")
    heading._tr.get_or_add_trPr().append(repeated)
    _keep_whole(heading)
    return table


def _keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


if __name__ == "__main__":
    target = Path(OWN_TEMPLATES / NAME)
    target.write_bytes(build())
    print(target)
