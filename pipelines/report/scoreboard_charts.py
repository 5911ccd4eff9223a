"""The scoreboard's charts: Vega-Lite specifications of a target's figures, drawn as static SVG by vl-convert.

Nothing is measured by fonts (no automatic size, no truncation), so that the same figures give the same bytes on any
machine. Texts of two languages go in as codes and come out as a pair of `tspan`s.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.reading import number
from pipelines.release.files import file_digest, write_file
from pipelines.report.scoreboard_figures import Row, Target

INK, PATH, LEVEL, FORECAST, BAR, SOFT = "#1f4e79", "#6b7280", "#8a5a00", "#3f7fbf", "#5b8db8", "#c9d6e2"
LIGHT_COLOURS = {"green": "#1b7a3d", "yellow": "#b07400", "red": "#b3261e", "grey": "#5b6470"}
LIGHT_MARKS = {"green": "circle", "yellow": "triangle-up", "red": "square", "grey": "circle"}
WIDTH = 380
CONFIG = {
    "aria": False,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "labelColor": "#3c4856",
        "gridColor": "#e3e8ee",
        "domainColor": "#9aa5b1",
        "tickColor": "#9aa5b1",
        "labelLimit": 0,
        "labelOverlap": False,
        "labelBound": False,
        "labelFlush": False,
        "title": None,
    },
}
Names = Mapping[str, tuple[str, str]]


def month_index(period: str) -> int:
    """`YYYY-MM` as a number of months."""
    return int(period[:4]) * 12 + int(period[5:7]) - 1


def judged(target: Target) -> list[Row]:
    """The months in which the target was judged, each as `i` (month), `v` (figure, NULL unknown), `path` (what the time
    passed asks for: from the baseline to the target by the elapsed share; the target itself where a figure is held
    against the line), `start` (a number that changes with each yearly start), `run` (and after each unknown month),
    `period`."""
    months = [month for month in target.history if month["status"] is not None and month["target_value"] is not None]
    sloping = any(month["achieved_share"] is not None for month in months)
    found: list[Row] = []
    start_no = run = 0
    for month in months:
        base, asked, elapsed = month["baseline"] or 0.0, month["target_value"], month["elapsed_share"]
        restarts = found and elapsed < found[-1]["elapsed"]
        start_no += bool(restarts and sloping)
        run += bool(restarts and sloping)
        found.append(
            {
                "i": month_index(month["period"]),
                "period": month["period"],
                "v": month["judged_value"],
                "path": base + elapsed * (asked - base) if sloping else asked,
                "elapsed": elapsed,
                "start": start_no,
                "run": run,
            }
        )
        run += month["judged_value"] is None
    return found


def sparkline(target: Target, light: str) -> str | None:
    """The judged figures as one small line with its last point in the shape of the light; None below two figures."""
    points = [{k: p[k] for k in ("i", "v", "run")} for p in judged(target) if p["v"] is not None]
    if len(points) < 2:
        return None
    scale = {"zero": False, "nice": False}
    x = {"field": "i", "type": "quantitative", "axis": None, "scale": scale}
    y = {"field": "v", "type": "quantitative", "axis": None, "scale": scale}
    line = {
        "mark": {"type": "line", "stroke": INK, "strokeWidth": 1.5},
        "encoding": {"x": x, "y": y, "detail": {"field": "run", "type": "nominal"}},
    }
    last = {"data": {"values": points[-1:]}, "mark": _light_mark(light, 30), "encoding": {"x": x, "y": y}}
    return _svg(_spec(96, 24, {"left": 5, "right": 5, "top": 5, "bottom": 5}, points, [line, last]), {})


def _light_mark(light: str, size: int) -> dict[str, Any]:
    colour = LIGHT_COLOURS[light]
    fill = "#ffffff" if light == "grey" else colour
    return {"type": "point", "shape": LIGHT_MARKS[light], "size": size, "fill": fill, "stroke": colour, "opacity": 1}


def history_chart(target: Target, light: str) -> str | None:
    """The judged figures with the path to the target, the target itself, forecast with its interval, official values;
    None without a figure."""
    points = judged(target)
    if not any(p["v"] is not None for p in points):
        return None
    row, last = target.row, [p for p in points if p["v"] is not None][-1]
    ends = {points[-1]["i"]}
    if row["months_remaining"]:
        ends.add(points[-1]["i"] + row["months_remaining"])
    path = [{"i": p["i"], "v": p["path"], "run": p["start"]} for p in points]
    if max(ends) > points[-1]["i"]:
        path.append({"i": max(ends), "v": row["target_value"], "run": points[-1]["start"]})
    officials = [{"i": month_index(o["period"]), "v": o["official_value"]} for o in target.officials]
    officials = [o for o in officials if o["i"] >= points[0]["i"] and o["v"] is not None]
    first = points[0]["i"]
    years = list(range(first - first % 12, max(ends) + 1, 12))
    x = {
        "field": "i",
        "type": "quantitative",
        "scale": {"domain": [min(first, years[0]), max(ends)], "nice": False, "zero": False},
        "axis": {"values": years, "labelExpr": "format(datum.value / 12, 'd')", "grid": True, "labelAlign": "left"},
    }
    y = {
        "field": "v",
        "type": "quantitative",
        # what grows from nothing is drawn from nothing, a level where it moves
        "scale": {"zero": points[0]["path"] < 0.5 * row["target_value"], "nice": True},
        "axis": {"tickCount": 5, "format": ",~f"},
    }
    by_run = {"x": x, "y": y, "detail": {"field": "run", "type": "nominal"}}
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{"v": row["target_value"]}]},
            "mark": {"type": "rule", "stroke": LEVEL, "strokeDash": [2, 3], "strokeWidth": 1.5},
            "encoding": {"y": y},
        },
        {
            "data": {"values": path},
            "mark": {"type": "line", "stroke": PATH, "strokeDash": [6, 4], "strokeWidth": 1.5},
            "encoding": by_run,
        },
        {
            "data": {"values": [{k: p[k] for k in ("i", "v", "run")} for p in points if p["v"] is not None]},
            "mark": {"type": "line", "stroke": INK, "strokeWidth": 2.5, "point": {"size": 12, "fill": INK}},
            "encoding": by_run,
        },
    ]
    ahead = target.forecast
    if ahead and ahead["forecast"] is not None:
        horizon = month_index(ahead["horizon_period"])
        interval = {"i": horizon, "v": ahead["forecast_low"], "high": ahead["forecast_high"]}
        layers += [
            {
                "data": {"values": [{"i": last["i"], "v": last["v"]}, {"i": horizon, "v": ahead["forecast"]}]},
                "mark": {
                    "type": "line",
                    "stroke": FORECAST,
                    "strokeDash": [1, 3],
                    "strokeWidth": 2,
                    "strokeCap": "round",
                },
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": [interval]},
                "mark": {"type": "rule", "stroke": FORECAST, "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "y2": {"field": "high"}},
            },
            {
                "data": {"values": [{"i": horizon, "v": ahead["forecast"]}]},
                "mark": {"type": "point", "shape": "circle", "size": 40, "fill": "#ffffff", "stroke": FORECAST},
                "encoding": {"x": x, "y": y},
            },
        ]
    if officials:
        layers.append(
            {
                "data": {"values": officials},
                "mark": {"type": "point", "shape": "diamond", "size": 70, "fill": "#ffffff", "stroke": INK},
                "encoding": {"x": x, "y": y},
            }
        )
    layers.append(
        {
            "data": {"values": [{"i": last["i"], "v": last["v"]}]},
            "mark": _light_mark(light, 90),
            "encoding": {"x": x, "y": y},
        }
    )
    return _svg(_spec(WIDTH - 80, 190, {"left": 56, "right": 24, "top": 10, "bottom": 24}, [], layers), {})


def area_chart(areas: Sequence[Row], value: str, county: float | None) -> str | None:
    """Areas as bars in the given order, with names and figures; `value` names the column; `county` draws a line.

    Names and figures are those of the table beside it; None without a figure.
    """
    if not any(area[value] is not None for area in areas):
        return None
    names = {area["breakdown_code"]: (area["name_zh"], area["name_en"]) for area in areas}
    bars = [
        {"code": a["breakdown_code"], "v": a[value], "text": number(a[value]), "ranked": a.get("rank") is not None}
        for a in areas
    ]
    has_ranks = any(bar["ranked"] for bar in bars)
    height = 20 * len(bars)
    y = {
        "field": "code",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": list(names), "paddingInner": 0.3, "paddingOuter": 0.15},
        "axis": {"ticks": False, "domain": False, "labelPadding": 6},
    }
    x = {"field": "v", "type": "quantitative", "axis": None, "scale": {"zero": True, "nice": False}}
    fill = {"condition": {"test": "datum.ranked", "value": BAR}, "value": SOFT} if has_ranks else {"value": BAR}
    width = WIDTH - 130 - 78
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [bar for bar in bars if bar["v"] is not None]},
            "mark": {"type": "bar", "stroke": BAR, "strokeWidth": 1},
            "encoding": {"x": x, "y": y, "fill": fill},
        },
        {
            "data": {"values": bars},
            "mark": {"type": "text", "align": "right", "fontSize": 12, "fill": "#1c2733"},
            "encoding": {"x": {"value": width + 74}, "y": y, "text": {"field": "text", "type": "nominal"}},
        },
    ]
    if county is not None:
        layers.append(
            {
                "data": {"values": [{"v": county}]},
                "mark": {"type": "rule", "stroke": LEVEL, "strokeDash": [2, 3], "strokeWidth": 1.5},
                "encoding": {"x": x},
            }
        )
    return _svg(_spec(width, height, {"left": 130, "right": 78, "top": 4, "bottom": 4}, [], layers), names)


def _spec(
    width: int, height: int, padding: Mapping[str, int], data: Sequence[Row], layers: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "width": width,
        "height": height,
        "padding": padding,
        "autosize": "none",
        "background": None,
        "config": CONFIG,
        "data": {"values": data},
        "layer": layers,
    }


_NOISE = re.compile(r' (?:class|role|aria-[a-z]+|pointer-events|xmlns(?::xlink)?|version)="[^"]*"')
_EMPTY = re.compile(r'<path(?: d="[^"]*")?(?: display="none"| d="")+/>|<path d="M0,0h0v0h0Z"/>')


# Drawings by what was drawn, and with what: those of earlier nights, and those that this process used.
_kept: dict[str, str] = {}
_used: dict[str, str] = {}


@contextmanager
def remembered(path: Path) -> Iterator[None]:
    """Within it charts are taken from the file `path` where it holds them; afterwards it holds those that were used.

    Drawing takes most of a page's time, and most figures are those of the night before.
    """
    _kept.clear()
    _used.clear()
    if path.is_file():
        _kept.update(json.loads(path.read_text(encoding="utf-8")))
    yield
    if _used != _kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps(_used, ensure_ascii=False, sort_keys=True).encode())


def _drawn(spec: str) -> str:
    """Drawn once for equal figures: both editions show the same charts."""
    drawn_as = hashlib.sha256(f"{_drawn_with()} {spec}".encode()).hexdigest()
    svg = _used.get(drawn_as) or _kept.get(drawn_as)
    if svg is None:
        import vl_convert

        svg = _EMPTY.sub("", _NOISE.sub("", vl_convert.vegalite_to_svg(spec)))
    _used[drawn_as] = svg
    return svg


@cache
def _drawn_with() -> str:
    return f"{version('vl-convert-python')} {file_digest(Path(__file__))}"


def _svg(spec: Mapping[str, Any], names: Names) -> str:
    svg = _drawn(json.dumps(spec))
    for code, (name_zh, name_en) in names.items():
        pair = (("zh-CN", name_zh), ("en", name_en))
        spans = "".join(f'<tspan class="i" lang="{lang}">{escape(name)}</tspan>' for lang, name in pair)
        svg = svg.replace(f">{escape(code)}<", f">{spans}<")
    return svg
