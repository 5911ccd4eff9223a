"""docs/performance.md from the measurements: the parts between `<!-- measured: NAME -->` and `<!-- end -->` are written
anew, everything else is by hand. Pure functions of the measurements; nothing here measures or knows a time of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Data = Mapping[str, Any]
_PART = re.compile(r"<!-- measured: (?P<name>[a-z ]+) -->\n.*?<!-- end -->", re.DOTALL)
NOTHING = "—"
SIZES = ("county", "province", "nation")
MIB, GIB = 1024**2, 1024**3


class Unknown(ValueError):
    """The document asks for a measured part that there is none of."""


# ---------------------------------------------------------------------------------------------------------- stages


@dataclass(frozen=True)
class Line:
    """A stage beside its floor; `label` and `floor_label` may name what the stage's answer holds."""

    key: str
    label: str
    floor: str = ""
    floor_label: str = ""
    zh: str = ""


LINES = (
    Line("intake", "intake: {files} files", "readers_on_every_core", "bare readers, every core", "收件"),
    Line(
        "intake_corrected", "intake: one corrected file", "reader_corrected", "bare reader, that file", "收件：一个更正"
    ),
    Line("work_file", "work file", zh="工作文件"),
    Line("build", "build: work file, dbt, {dbt_tests} data tests", "handwritten", "hand-written SQL", "构建"),
    Line("build_same", "build of what that SQL computes, nothing else", "handwritten", "hand-written SQL", "同表构建"),
    Line("dbt_alone", "`dbt build` alone", zh="仅构建"),
    Line("gate", "gate: {checks} checks, Data Docs", zh="检查"),
    Line("publish", "publish, all parts in one process", zh="发布"),
    Line("night_full", "night, full: the first", "dbt_alone", "`dbt build` alone", "整夜"),
    Line("night_corrected", "night, one corrected file", "dbt_alone", "`dbt build` alone", "更正之夜"),
    Line(
        "night_spark",
        "night on Spark, cluster (Spark itself {spark_cpu_s:.0f} CPU s more)",
        "night_corrected",
        "night, one corrected file",
        "Spark 集群之夜",
    ),
    Line(
        "night_spark_local",
        "night on Spark, in one process (Spark itself {spark_cpu_s:.0f} CPU s more)",
        "night_corrected",
        "night, one corrected file",
        "Spark 单进程之夜",
    ),
    Line("scoreboard", "`fenghuang scoreboard`, a new process", zh="看板"),
    Line("bureau_script", "pandas + openpyxl, one year of three figures", zh="手工脚本"),
)


def measured(size: Data, key: str) -> Data | None:
    """The record of a stage that was measured."""
    found = size["stages"].get(key)
    return found if found and "s" in found else None


def ratio(size: Data, key: str, floor: str, of: str = "s") -> float | None:
    """A stage's seconds (or `cpu_s`) to its floor's."""
    stage, below = measured(size, key), measured(size, floor)
    return stage[of] / below[of] if stage and below and below[of] else None


def stages(size: Data) -> str:
    """The table of a size, and below it what was not run."""
    rows, left_out = [], []
    newest = max(size["stages"].values(), key=lambda record: record["on"])["code"]
    for line in LINES:
        record = size["stages"].get(line.key)
        if record is None:
            continue
        if "s" not in record:
            left_out.append(f"* Not run: {re.split('[:(]', line.label)[0].strip()} ({_first(record['not_run'])}).")
            continue
        label = line.label.format_map(record["answer"])
        label += " †" if record["code"] != newest else ""
        below = measured(size, line.floor) if line.floor else None
        quotient = ratio(size, line.key, line.floor) if below else None
        rows.append(
            [
                label,
                f"{quotient:.2f}" if quotient else "",
                *_figures(record),
                line.floor_label if below else "",
                *(_figures(below) if below else ("", "", "")),
            ]
        )
    table = _table(["stage", "ratio", "s", "CPU s", "MiB", "floor", "s", "CPU s", "MiB"], rows)
    notes = [*left_out, *_agreement(size), *_refused(size), *_script(size)]
    if any("†" in row[0] for row in rows):
        notes.append("* †: measured on an earlier state of the code.")
    return "\n".join([_head(size), "", table, "", *notes]).strip()


def _head(size: Data) -> str:
    records = size["stages"].values()
    first, last = min(r["on"] for r in records), max(r["on"] for r in records)
    loads = [r["load"] for r in records if "load" in r]
    counted = f", {size['files']:,} files, {size['rows']:,} rows" if "rows" in size else ""
    busy = f"; load of the machine before a stage began: {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    return (
        f"{size['enterprises']:,} enterprises × {size['months']} months{counted}. Measured {first} to {last} UTC{busy}."
    )


def _figures(record: Data) -> tuple[str, str, str]:
    return f"{record['s']:.1f}", f"{record['cpu_s']:.1f}", f"{record['peak_mib']:.0f}"


def _first(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] + (f" … {lines[-1]}" if len(lines) > 1 else "")


def _agreement(size: Data) -> list[str]:
    same = measured(size, "compare")
    if not same:
        return []
    found = same["answer"]
    if found["different"] or found["months_by_hand"] != found["months_by_dbt"]:
        said = (
            "* **The hand-written SQL does not give dbt's answer, so the ratio of the build says nothing**: "
            f"{found['different']:,} of {found['rows']:,} rows of indicator_value differ; enterprise_month has "
            f"{found['months_by_hand']:,} rows, dbt's {found['months_by_dbt']:,}."
        )
    else:
        said = (
            f"* The hand-written SQL gives the same {found['rows']:,} rows of indicator_value within 1e-9, and as many "
            f"of enterprise_month ({found['months_by_hand']:,})."
        )
    if found["not_by_hand"]:
        said += (
            f" dbt publishes {len(found['not_by_hand'])} more indicators and every other mart, which the script does "
            "not compute; they are in its time, and so are the data tests."
        )
    return [said]


def _refused(size: Data) -> list[str]:
    gate = measured(size, "gate")
    failed = gate["answer"]["failed"] if gate else []
    nights = {line.key: line.label for line in LINES if line.key.startswith("night")}
    return [
        *(f"* The gate fails `{name}`." for name in failed),
        *(
            f"* **{label} published nothing** ({record['answer']['refused']}); its time is that until then."
            for key, label in nights.items()
            if (record := measured(size, key)) and record["answer"].get("refused")
        ),
    ]


def _script(size: Data) -> list[str]:
    record = measured(size, "bureau_script")
    if not record or not record["answer"].get("release"):
        return []
    found = record["answer"]
    off = found["script"] / found["release"] - 1
    return [
        f"* The bureau's script reads {found['read']} files of {found['year']} and leaves out {found['left_out']}; "
        f"its tax per mu of {found['period']} is {off:+.2%} off the release's, which knows corrections, former codes "
        "and names."
    ]


# ------------------------------------------------------------------------------------------------------------ parts


def parts(data: Data) -> str:
    """What publishing and building are made of, by size."""
    names = _sizes(data, "publish")
    longest: dict[str, float] = {}
    for size in names.values():
        for part, seconds in measured(size, "publish")["answer"]["parts"].items():
            longest[part] = max(seconds, longest.get(part, 0))
    shown = sorted(longest, key=lambda part: -longest[part])
    rows = [
        [part, *(_seconds(measured(size, "publish")["answer"]["parts"].get(part)) for size in names.values())]
        for part in shown
    ]
    return "\n\n".join(
        [
            "Seconds of each part of a release:",
            _table(["part", *names], rows),
            "Seconds of the build by kind of dbt node, as dbt counts them, and its slowest models:",
            "\n".join(f"* {name}: {_build(size)}" for name, size in _sizes(data, "build").items()),
        ]
    )


def _build(size: Data) -> str:
    answer = measured(size, "build")["answer"]
    kinds = ", ".join(f"{kind}s {seconds:.1f}" for kind, seconds in sorted(answer["nodes_s"].items()))
    slowest = sorted(answer["slowest_models"].items(), key=lambda pair: -pair[1])
    return f"{kinds}; " + ", ".join(f"`{name}` {seconds:.1f}" for name, seconds in slowest)


def disk(data: Data) -> str:
    """MiB of what lies on disk after the first night, by size."""
    names = {name: size for name, size in data["sizes"].items() if "disk" in size}
    kinds = list(dict.fromkeys(kind for size in names.values() for kind in size["disk"]))
    rows = [[kind, *(f"{size['disk'].get(kind, 0) / MIB:,.1f}" for size in names.values())] for kind in kinds]
    return "MiB on disk after the first night:\n\n" + _table(["", *names], rows)


# ----------------------------------------------------------------------------------------------------------- limits

# Stage → what it has to read, as `scan` names it.
READS = {"intake": "inbox", "build": "judged", "gate": "work file", "publish": "work file"}
NEAR, ALL, ONE = 1.5, 0.8, 0.8


def limits(data: Data) -> str:
    """Each stage against the time its bytes need to be read at all, and what keeps it longer."""
    cores = data["machine"]["cores"]
    rows, speeds = [], []
    for name, size in _sizes(data, "scan").items():
        scan = measured(size, "scan")["answer"]
        for stage, what in READS.items():
            record = measured(size, stage)
            if not record or not scan["bytes"].get(what):
                continue
            bare, decode = scan["read_s"][what], _decode(scan, stage, size)
            rows.append(
                [
                    name,
                    stage,
                    f"{scan['bytes'][what] / MIB:,.1f}",
                    f"{bare:.3f}",
                    f"{decode:.1f}" if decode else "",
                    f"{record['s']:.1f}",
                    f"{record['s'] / bare:,.0f}",
                    f"{record['s'] / decode:.1f}" if decode else "",
                    f"{record['cpu_s'] / record['s']:.1f}",
                    limited_by(record, max(bare, decode or 0), cores),
                ]
            )
        read = sum(scan["bytes"].values()) / sum(scan["read_s"].values()) / GIB
        speeds.append(
            f"{name} {read:.1f} GiB/s read, {scan['decoded_rows'] / scan['decode_s'] / 1e6:.1f} million rows/s"
        )
    heading = [
        "size",
        "stage",
        "reads MiB",
        "bare read s",
        "decoded s",
        "stage s",
        "× read",
        "× decoded",
        "cores",
        "kept by",
    ]
    return (
        "\n\n".join(
            [
                "Bare speeds of this machine (files from the page cache; Parquet decoded on every core): "
                f"{'; '.join(speeds)}.",
                _table(heading, rows),
                "**decoded**: an intake's files through the bare readers on every core; a build's Parquet decoded "
                "whole. **cores**: CPU s by s, of a stage.",
            ]
        )
        if rows
        else "Not measured."
    )


def _decode(scan: Data, stage: str, size: Data) -> float | None:
    if stage == "build":
        return scan["decode_s"]
    readers = measured(size, "readers_on_every_core")
    return readers["s"] if stage == "intake" and readers else None


def limited_by(record: Data, bare_s: float, cores: int) -> str:
    """What keeps a stage from being faster, as far as its own figures say."""
    busy = record["cpu_s"] / record["s"]
    if record["s"] <= NEAR * bare_s:
        return "reading"
    if busy >= ALL * cores:
        return "computing, every core"
    if busy >= ONE:
        return "computing, one core of them"
    return "waiting: disk, other processes"


# ---------------------------------------------------------------------------------------------------------- readers


def readers(data: Data) -> str:
    """p50 and p99 of every query, for one reader and for many."""
    tables = []
    for name, size in _sizes(data, "one_reader").items():
        one, many = measured(size, "one_reader"), measured(size, "many_readers")
        asked = {"one": one["answer"], **({"many": many["answer"]} if many else {})}
        rows = [
            [
                label,
                *(
                    f"{found['queries'][label][share]:,.1f}"
                    for found in asked.values()
                    for share in ("p50_ms", "p99_ms")
                ),
            ]
            for label in one["answer"]["queries"]
        ]
        heading = [f"{name}: ms"]
        heading += [f"{share}, {found['readers']}" for found in asked.values() for share in ("p50", "p99")]
        speeds = ", ".join(f"{found['per_second']:,.0f} answers/s by {found['readers']}" for found in asked.values())
        tables += [_table(heading, rows), f"All together: {speeds}.", _chart(f"readers-{name}")]
    return "\n\n".join(tables) or "Not measured."


# ----------------------------------------------------------------------------------------------------------- growth

AXES: dict[str, tuple[str, Callable[[Data], bool], str]] = {
    "enterprises": ("enterprises × 24 months", lambda p: p["months"] == 24, "enterprises"),
    "months": ("months", lambda p: p["enterprises"] in (900, 15_000), "months"),
}
GROWING = {
    "intake": ("intake", False),
    "build": ("build", True),
    "gate": ("gate", True),
    "publish": ("publish", True),
    "handwritten": ("hand-written SQL", True),
}


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Exponent of growth: least squares through the logarithms; 1 is proportional, 2 quadratic."""
    if len(points) < 2:
        return None
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else None


def series(data: Data, axis: str, key: str, straight: bool) -> list[tuple[int, Data]]:
    """(value on the axis, record) of a stage along an axis, in order."""
    _, belongs, column = AXES[axis]
    found = [
        (point[column], record)
        for name, point in data["growth"].items()
        if name.startswith("facts" if straight else "demo") and belongs(point) and (record := measured(point, key))
    ]
    return sorted(found, key=lambda pair: pair[0])


def growth(data: Data) -> str:
    """CPU seconds along each axis, and the exponent they grow with; between the last two points alone, too."""
    if not data["growth"]:
        return "Not measured."
    rows = []
    for axis, (label, _, _) in AXES.items():
        for key, (name, straight) in GROWING.items():
            found = [(at, record["cpu_s"]) for at, record in series(data, axis, key, straight)]
            if len(found) < 2:
                continue
            whole, last = slope(found), slope(found[-2:])
            shown = ", ".join(f"{at:,}: {seconds:.1f}" for at, seconds in found)
            rows.append([name, label, shown, f"{whole:.2f}", f"{last:.2f}"])
    table = _table(["stage", "along", "CPU s", "exponent", "of the last two"], rows)
    return "\n\n".join([table, *_files(data)])


def _files(data: Data) -> list[str]:
    """The same enterprise-months in few and in many files."""
    found = sorted(
        (point["files"], point["rows"], record["cpu_s"])
        for name in ("demo-1-1200x12", "demo-1-300x48")
        if (point := data["growth"].get(name)) and (record := measured(point, "intake"))
    )
    if len(found) < 2:
        return []
    (few, few_rows, few_s), (many, many_rows, many_s) = found
    each = (many_s - few_s) / (many - few)
    return [
        f"Files: {few_rows:,} rows in {few} files take the intake {few_s:.1f} CPU s, {many_rows:,} rows in {many} "
        f"files {many_s:.1f}: {1000 * each:.0f} ms a file more, whatever is in it."
    ]


# ------------------------------------------------------------------------------------------------------------- aims


def aims(data: Data) -> str:
    """The aims beside what was measured; whether they are reached is computed."""
    rows = []
    for size, label, above, below, at_most in (
        ("county", "warm night, one file corrected ≤ 1.2 × `dbt build` alone", "night_corrected", "dbt_alone", 1.2),
        ("province", "build ≤ 1.5 × the hand-written script", "build", "handwritten", 1.5),
        ("province", "the same, of what the script computes", "build_same", "handwritten", 1.5),
        (
            "county",
            "intake ≥ 0.8 of the bare readers' speed, both on every core: ≤ 1.25 × their time",
            "intake",
            "readers_on_every_core",
            1.25,
        ),
        ("province", "the same", "intake", "readers_on_every_core", 1.25),
        ("county", "a corrected file's night < 0.25 of the full one's", "night_corrected", "night_full", 0.25),
        ("province", "the same", "night_corrected", "night_full", 0.25),
    ):
        entry = data["sizes"].get(size, {"stages": {}})
        found, cpu = ratio(entry, above, below), ratio(entry, above, below, "cpu_s")
        shown = f"{found:.2f} (CPU {cpu:.2f})" if found and cpu else NOTHING
        rows.append([size, label, shown, verdict(found, at_most)])
    peak, whole = _nation(data)
    rows.append(
        [
            "nation",
            "in 8 GiB on 2 cores, intake to release",
            f"{peak / 1024:.1f} GiB" + ("" if whole else ", not to the end") if peak else NOTHING,
            verdict(peak / 1024, 8) if peak and whole else "not measured" if not peak else "not reached",
        ]
    )
    return _table(["size", "aim", "measured", ""], rows)


def verdict(value: float | None, at_most: float) -> str:
    if value is None:
        return "not measured"
    return "reached" if value <= at_most else "**not reached**"


def _nation(data: Data) -> tuple[float | None, bool]:
    """Largest memory of all stages of the nation in MiB, and whether it came to a release."""
    size = data["sizes"].get("nation", {"stages": {}})
    keys = ("intake", "work_file", "parse_project", "build", "gate", "publish")
    found = [record["peak_mib"] for key in keys if (record := measured(size, key))]
    return max(found, default=None), len(found) == len(keys)


# --------------------------------------------------------------------------------------------------------- document


def machine(data: Data) -> str:
    found = data["machine"]
    versions = ", ".join(f"{name} {found[name]}" for name in sorted(set(found) - {"cores", "memory_gib"}))
    return f"{found['cores']} cores, {found['memory_gib']:.0f} GiB; {versions}."


def blocks(data: Data) -> dict[str, str]:
    """Name of a measured part → its Markdown."""
    sizes = {
        name: f"{stages(data['sizes'][name])}\n\n{_chart(f'stages-{name}')}"
        if name in data["sizes"]
        else f"Not measured: `make bench-report SIZES={name}`."
        for name in SIZES
    }
    charts = [_chart(f"growth-{axis}") for axis in AXES] if data["growth"] else []
    return {
        "machine": machine(data),
        "aims": aims(data),
        **sizes,
        "parts": parts(data),
        "disk": disk(data),
        "limits": limits(data),
        "readers": readers(data),
        "growth": "\n\n".join([growth(data), *charts]),
    }


def _chart(name: str) -> str:
    return f"![{name}](performance/{name}.svg)"


def written_again(document: str, data: Data) -> str:
    """The document with every measured part made anew. Raises `Unknown` where it asks for another part."""
    found = blocks(data)

    def part(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in found:
            raise Unknown(f"no measured part {name!r}; there are: {', '.join(found)}")
        return f"<!-- measured: {name} -->\n\n{found[name]}\n\n<!-- end -->"

    return _PART.sub(part, document)


def _sizes(data: Data, key: str) -> dict[str, Data]:
    return {name: data["sizes"][name] for name in SIZES if name in data["sizes"] and measured(data["sizes"][name], key)}


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f}"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["--"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
