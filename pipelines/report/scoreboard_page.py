"""The scoreboard as one HTML file that opens from a disk and asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.reading import number, share
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE, Release
from pipelines.report.passport_links import passport_href
from pipelines.report.revisions import REPORTS, REVISIONS, read_revisions, revisions_of
from pipelines.report.scoreboard_charts import area_chart, history_chart, judged, remembered, sparkline
from pipelines.report.scoreboard_figures import Figures, Row, Target, is_suppressed, mark_rules, read_figures
from pipelines.report.scoreboard_lists import enterprise_lists
from pipelines.scoreboard import GREY, LIGHTS, STATUS_ZH, is_begun, short, shown_light

TEMPLATES = Path(__file__).with_name("templates")
PAGE = "scoreboard.html"
# Charts of earlier nights, below `warehouse/work`.
CHARTS = "charts.json"
# Months of history printed for a target; older ones stand in the tables.
HISTORY_MONTHS = 60
LIGHT_ORDER = ("green", "yellow", "red", "grey")
COMPARATORS = {">=": "≥", ">": ">", "=": "=", "<=": "≤", "<": "<", "~": "≈", "decline>=": "≥"}

PassportOf = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Edition:
    """Who the page is for: `public` holds area figures only, `internal` the lists of enterprises too."""

    name: str
    zh: str
    en: str


PUBLIC = Edition("public", "公开版", "Public edition")
INTERNAL = Edition("internal", "内部版", "Internal edition")


def scoreboard(draft: Draft) -> None:
    """The part `scoreboard` of a release: `internal/reports/scoreboard.html`, and from what is public
    `reports/scoreboard.html`; neither before the first month of the plan."""
    if not is_begun(draft.tables):
        return
    internal = draft.folder / "internal" / "reports"
    public, page = draft.folder / PUBLIC_FILE, draft.folder / REPORTS / PAGE
    with remembered(draft.home.work / CHARTS):
        write_page(draft.tables, draft.content_hash, INTERNAL, internal / PAGE)
        write_page(public, draft.content_hash, PUBLIC, page, revisions=revisions_of(draft))


def write_edition(release: Release, is_internal: bool, path: Path, period: str | None = None) -> None:
    """Write the page of a release that is there, of either edition, up to `period` (its latest where None).

    Raises `NoPublicPart`; `NothingThere` where the release holds no such month.
    """
    if is_internal:
        write_page(release.tables, release.content_hash, INTERNAL, path, period)
    else:
        revisions = read_revisions(release.path / REPORTS / REVISIONS)
        write_page(release.public_tables, release.content_hash, PUBLIC, path, period, revisions)


def write_page(
    tables: Path,
    content_hash: str,
    edition: Edition,
    path: Path,
    period: str | None = None,
    revisions: Sequence[Row] = (),
) -> None:
    """Write the page of one edition from the release's file `tables`. Raises `NothingThere`, see `read_figures`."""
    figures = read_figures(tables, content_hash, period, revisions)
    if edition is INTERNAL:
        figures = replace(figures, lists=enterprise_lists(tables))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_page(figures, edition, partial(passport_href, path.parent)), encoding="utf-8")


def render_page(figures: Figures, edition: Edition, passport_of: PassportOf = lambda indicator, period: None) -> str:
    """The page's HTML. `passport_of`: address of the passport of an indicator's county figure in a month, or None."""
    style, script = ((TEMPLATES / f"scoreboard.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    views = [_view(target, passport_of) for target in figures.targets]
    shown = [view["light"] for view in views]
    campaigns: dict[str, dict[str, Any]] = {}
    for view in views:
        row = view["row"]
        campaign = campaigns.setdefault(
            row["campaign_id"],
            {"id": row["campaign_id"], "zh": row["campaign_zh"], "en": row["campaign_en"], "views": []},
        )
        campaign["views"].append(view)
    for campaign in campaigns.values():
        lights = [view["light"] for view in campaign["views"]]
        campaign["counts"] = {light: lights.count(light) for light in LIGHT_ORDER}
    units = sorted({view["row"]["lead_unit"] or "" for view in views} - {""})
    return (
        _environment()
        .get_template("scoreboard.html")
        .render(
            edition=edition,
            figures=figures,
            views=views,
            campaigns=list(campaigns.values()),
            units=units,
            lights=_lights(),
            counts={light: shown.count(light) for light in LIGHT_ORDER},
            marks=mark_rules(),
            composite=[_composite(figures, breakdown) for breakdown in ("town", "platform")],
            style=Markup(style),
            script=Markup(script),
            style_hash=_csp_hash(style),
            script_hash=_csp_hash(script),
        )
    )


def _csp_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _lights() -> dict[str, dict[str, str]]:
    words = {light: LIGHTS.get(light, GREY) for light in LIGHT_ORDER}
    return {light: {"sign": sign, "zh": word, "en": light} for light, (sign, _, word) in words.items()}


def _view(target: Target, passport_of: PassportOf) -> dict[str, Any]:
    """What the template needs of one target beside its figures."""
    row = target.row
    light = shown_light(row["light"], row["binding"])
    towns, platforms = ([a for a in target.areas if a["breakdown"] == b] for b in ("town", "platform"))
    history = [{**month, "shown_light": _month_light(month, row)} for month in target.history[-HISTORY_MONTHS:]]
    spoken = judged(target)
    known = [point for point in spoken if point["v"] is not None]
    return {
        "target": target,
        "row": row,
        "light": light,
        "is_spared": light != row["light"],
        "is_suppressed": is_suppressed(row),
        "history": history[::-1],
        "left_out": len(target.history) - len(history),
        "is_judged_otherwise": any(m["status"] and m["judged_value"] != m["value"] for m in history),
        "is_rolling": any(month["rolling12_value"] is not None for month in history),
        "is_covered": any(month["coverage"] is not None for month in history),
        "first": known[0] if known else None,
        "last": known[-1] if known else None,
        "spark": _chart(sparkline(target, light)),
        "chart": _chart(history_chart(target, light)),
        "towns": towns,
        "platforms": platforms,
        "areas_ranked": any(area["is_ranked_here"] for area in target.areas),
        "area_chart": _chart(area_chart(towns, "value", _county_line(target, towns))),
        "county_line": _county_line(target, towns),
        "passport": passport_of(row["target_id"], row["period"]) if row["period"] else None,
    }


def _month_light(month: Row, row: Row) -> str | None:
    return shown_light(month["light"], row["binding"]) if month["light"] else None


def _county_line(target: Target, areas: list[Row]) -> float | None:
    """The county's figure of the areas' month, where theirs are no parts of its sum: quotients and percentages."""
    if not areas or (target.row["unit"] != "%" and all(area["denominator"] is None for area in areas)):
        return None
    found: list[float | None] = [m["value"] for m in target.history if m["period"] == areas[0]["period"]]
    return found[0] if found else None


def _composite(figures: Figures, breakdown: str) -> dict[str, Any]:
    rows = [row for row in figures.composite if row["breakdown"] == breakdown]
    # two platforms with long names say no more in a chart
    svg = area_chart(rows, "value", None) if breakdown == "town" else None
    return {"breakdown": breakdown, "rows": rows, "chart": _chart(svg)}


def _chart(svg: str | None) -> Markup | None:
    # Drawn from figures; names in it are escaped where they are put in.
    return None if svg is None else Markup(svg)


def with_attributes(svg: Markup, attributes: str) -> Markup:
    """A chart whose `svg` element carries `attributes` (written in a template) too."""
    return Markup(svg.replace(Markup("<svg "), Markup(f"<svg {attributes} "), 1))


def asked(row: Row) -> str:
    """What a target asks for: comparator and value, or a range."""
    if row["comparator"] == "between":
        return f"{number(row['target_value'])}–{number(row['target_upper'])}"
    return f"{COMPARATORS[row['comparator']]} {number(row['target_value'])}"


def halves(text: str | None) -> tuple[str, str]:
    """`中文 / English` in two; a text without English serves for both."""
    chinese, _, english = (text or "").partition(" / ")
    return chinese.strip(), english.strip() or chinese.strip()


@cache
def _english() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("english.yml").read_text("utf-8"))
    return words


def english(kind: str, chinese: str) -> str | None:
    """English of a unit (`units`) or a unit of measure (`measures`); None where there is none."""
    return _english()[kind].get(chinese)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"english": english, "status_zh": STATUS_ZH, "asked": asked, "halves": halves}
    made.globals |= {"with_attributes": with_attributes}
    made.filters |= {"number": number, "share": share, "short": short}
    return made
