"""The charts of docs/performance.md: Vega-Lite specifications of the measurements, drawn as static SVG by vl-convert.

Nothing is laid out by the width of a text, so the same measurements give the same bytes on any machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.document import AXES, GROWING, LINES, measured, series

INK, SOFT, GRID = "#1f4e79", "#b07400", "#e3e8ee"
COLOURS = ("#1f4e79", "#b07400", "#1b7a3d", "#b3261e", "#5b6470")
ZH = {
    "intake": "收件",
    "build": "构建",
    "gate": "检查",
    "publish": "发布",
    "handwritten": "手写 SQL",
    "enterprises": "企业数",
    "months": "月数",
}
ROW, LEFT, WIDTH = 26, 250, 460
CONFIG = {
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "labelColor": "#3c4856",
        "gridColor": GRID,
        "domain": False,
        "ticks": False,
        "title": None,
        "labelLimit": 0,
        "labelOverlap": False,
        "labelBound": False,
        "labelFlush": False,
    },
}
Row = dict[str, Any]


def drawn(data: Mapping[str, Any]) -> dict[str, str]:
    """File name (without suffix) → SVG, of everything that was measured."""
    import vl_convert

    specs: dict[str, dict[str, Any]] = {}
    for name, size in data["sizes"].items():
        if rows := stage_rows(size):
            specs[f"stages-{name}"] = ranges(rows, f"{name}: 秒 s", "下限 floor", "阶段 stage")
        if rows := reader_rows(size):
            specs[f"readers-{name}"] = ranges(rows, f"{name}: 毫秒 ms", "p50", "p99")
    for axis in AXES:
        if rows := growth_rows(data, axis):
            specs[f"growth-{axis}"] = lines(rows, f"CPU 秒 s × {ZH[axis]} {axis}")
    return {name: vl_convert.vegalite_to_svg(spec) for name, spec in specs.items()}


def stage_rows(size: Mapping[str, Any]) -> list[Row]:
    """`label`, `high` (seconds of the stage), `low` (of its floor, None without one), in the document's order."""
    rows = []
    for line in LINES:
        if record := measured(size, line.key):
            floor = measured(size, line.floor) if line.floor else None
            label = f"{line.zh} {line.key.replace('_', ' ')}"
            rows.append({"label": label, "high": record["s"], "low": floor["s"] if floor else None})
    return rows


def reader_rows(size: Mapping[str, Any]) -> list[Row]:
    """`label` (query and number of readers), `low` and `high`: p50 and p99 in ms."""
    rows = []
    found = [record["answer"] for key in ("one_reader", "many_readers") if (record := measured(size, key))]
    for label in found[0]["queries"] if found else ():
        for asked in found:
            own = asked["queries"][label]
            rows.append({"label": f"{label}, {asked['readers']}", "low": own["p50_ms"], "high": own["p99_ms"]})
    return rows


def growth_rows(data: Mapping[str, Any], axis: str) -> list[Row]:
    """`name`, `at` (value on the axis), `v` (CPU s), `end` (the last point of its line)."""
    rows = []
    for key, (_, straight) in GROWING.items():
        found = series(data, axis, key, straight)
        rows += [
            {"name": f"{ZH[key]} {key}", "at": at, "v": record["cpu_s"], "end": number == len(found)}
            for number, (at, record) in enumerate(found, start=1)
        ]
    return rows


def _scale(values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic scale in whole decades around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return {"type": "log", "domain": [10.0**low, 10.0 ** max(high, low + 1)], "nice": False}


def _axis(scale: Mapping[str, Any]) -> dict[str, Any]:
    low, high = (round(math.log10(end)) for end in scale["domain"])
    return {"values": [10.0**power for power in range(low, high + 1)], "format": "~g"}


def ranges(rows: Sequence[Row], title: str, low: str, high: str) -> dict[str, Any]:
    """One line a row from a lower to an upper mark, on a logarithmic axis; what has no lower one has one mark."""
    scale = _scale([value for row in rows for value in (row["low"], row["high"]) if value])
    order = [row["label"] for row in rows]
    data = [{**row, "text": _short(row["high"])} for row in rows]
    y = {"field": "label", "type": "nominal", "sort": order, "axis": {"grid": False}}
    x = {"field": "high", "type": "quantitative", "scale": scale, "axis": _axis(scale)}
    both = [row for row in data if row["low"]]
    layers = [
        {
            "data": {"values": both},
            "mark": {"type": "rule", "color": "#9aa5b1", "strokeWidth": 2},
            "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "data": {"values": both},
            "mark": {"type": "point", "shape": "square", "filled": True, "size": 60, "color": SOFT, "opacity": 1},
            "encoding": {"y": y, "x": {**x, "field": "low"}},
        },
        {"mark": {"type": "circle", "size": 80, "color": INK, "opacity": 1}, "encoding": {"y": y, "x": x}},
        {
            "mark": {"type": "text", "align": "left", "dx": 9, "fontSize": 11, "color": "#3c4856"},
            "encoding": {"y": y, "x": x, "text": {"field": "text"}},
        },
    ]
    heading = f"{title}    ● {high}" + (f"    ■ {low}" if both else "")
    return _spec(layers, data, heading, ROW * len(rows))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def lines(rows: Sequence[Row], title: str) -> dict[str, Any]:
    """A line a name on two logarithmic axes, its name at its end."""
    across, up = _scale([row["at"] for row in rows]), _scale([row["v"] for row in rows])
    ticks = sorted({row["at"] for row in rows})
    names = list(dict.fromkeys(row["name"] for row in rows))
    encoding = {
        "x": {"field": "at", "type": "quantitative", "scale": across, "axis": {"values": ticks, "format": "~s"}},
        "y": {"field": "v", "type": "quantitative", "scale": up, "axis": _axis(up)},
        "color": {
            "field": "name",
            "type": "nominal",
            "scale": {"domain": names, "range": list(COLOURS[: len(names)])},
            "legend": None,
        },
    }
    layers = [
        {"mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding},
        {"mark": {"type": "circle", "size": 60, "opacity": 1}, "encoding": encoding},
        {
            "transform": [{"filter": "datum.end"}],
            "mark": {"type": "text", "align": "left", "dx": 9, "fontSize": 12},
            "encoding": {**encoding, "text": {"field": "name"}},
        },
    ]
    return _spec(layers, rows, title, 300, left=60, right=150)


def _spec(
    layers: Sequence[Row], data: Sequence[Row], title: str, height: int, left: int = LEFT, right: int = 70
) -> dict[str, Any]:
    return {
        "width": WIDTH,
        "height": height,
        "padding": {"left": left, "right": right, "top": 34, "bottom": 26},
        "autosize": "none",
        "background": "white",
        "config": CONFIG,
        "title": {"text": title, "anchor": "start", "fontSize": 13, "fontWeight": "normal", "color": "#3c4856"},
        "data": {"values": list(data)},
        "layer": list(layers),
    }
