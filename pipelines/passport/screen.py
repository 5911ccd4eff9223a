"""A passport for the screen."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipelines.passport.figures import Passport
from pipelines.passport.pages import light, outcome, percent, status
from pipelines.reading import number, table_of

SHORT_SHA = 16


def render(p: Passport, content_hash: str) -> Group:
    """Formula, target, responsible units, contributors, deliveries, checks and vintages of one figure."""
    about, figure = p.indicator, p.figure
    facts = Table(show_header=False, box=None)
    head = f"{about['name_zh']} {about['name_en']}"
    area = f"{figure['area_zh'] or figure['breakdown_code']} {figure['area_en'] or ''}".strip()
    value = "未知 not known" if figure["value"] is None else f"{number(figure['value'])} {about['unit']}"
    coverage = "" if figure["coverage"] is None else percent(figure["coverage"])
    if coverage and figure["coverage_weighted"] is not None:
        coverage += f", 按增加值 by value added {percent(figure['coverage_weighted'])}"
    verdict = f"{light(p.progress['light'])} {status(p.progress['status'])}" if p.progress else ""
    asked = f"{about['comparator']} {number(about['target_value'])} {about['unit']}, {about['deadline']}"
    adds = p.contributors and f"{p.contributors['n']} 个, 计入 counted {p.contributors['n_counted']}"
    for label, text in (
        ("护照 passport", f"{figure['figure_id']}  {area}  {figure['period']}"),
        ("指标 target", f"{head} ({about['target_id']})"),
        ("数值 value", value),
        ("算式 formula", "\n".join(p.formula)),
        (
            "滚动12月 rolling",
            figure["rolling12_value"] is not None and f"{number(figure['rolling12_value'])} {about['unit']}",
        ),
        ("状态 status", verdict),
        ("覆盖率 coverage", coverage),
        ("目标 asked", asked),
        ("原文 quote", f"{about['quote']}(条款 clause {about['clause']})"),
        ("牵头 lead", about["lead_unit"]),
        ("配合 with", about["co_units"]),
        ("口径 definition", about["definition"]),
        ("说明 caveat", about["caveat"]),
        *(("官方 official", f"{number(o['official_value'])}, {o['source']}, {o['published_on']}") for o in p.officials),
        ("贡献者 adds up", adds),
        ("检查 checks", f"{p.n_passed} 项通过 passed" + (f", {p.n_warned} 项提醒 warnings" if p.n_warned else "")),
        *(("修订 revised", f"{number(r['value_before'])} → {number(r['value_now'])}: {r['why']}") for r in p.revisions),
        *(("此前 earlier", f"{v['content']} ({v['latest']}): {number(v['value'])}") for v in p.earlier),
        ("发布内容 content", content_hash),
    ):
        if text:
            facts.add_row(label, Text(str(text)))
    parts: list[Table] = [facts]
    if p.largest:
        headings = {
            "contributor": "代码",
            "name": "名称",
            "numerator": "分子",
            "denominator": "分母",
            "row_names": "所据行 rows",
        }
        parts.append(table_of("贡献最大者 Largest", headings, p.largest))
    files = Table(title="所据报送 Deliveries", title_justify="left")
    for heading in ("来源", "所属期", "文件", "结果 outcome", "行 rows", "SHA-256"):
        files.add_column(heading, overflow="fold")
    for d in p.deliveries:
        files.add_row(
            *(
                Text(str(cell or ""))
                for cell in (
                    d["source"],
                    d["file_period"],
                    d["file_name"],
                    outcome(d),
                    d["n_rows"],
                    (d["sha256"] or "")[:SHORT_SHA],
                )
            )
        )
    return Group(*parts, files)
