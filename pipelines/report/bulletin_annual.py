"""What only the annual assessment says: verdicts by year, tallies, moved targets."""

from __future__ import annotations

from collections import Counter

from pipelines.report.bulletin_facts import Row
from pipelines.report.bulletin_numbers import unit_text
from pipelines.report.bulletin_writer import COMPOSITE, Writer, month_zh, progress_key, shown
from pipelines.report.scoreboard_figures import is_suppressed
from pipelines.scoreboard import GREY, LIGHTS, STATUS_ZH

DUE = 1.0  # elapsed share of a time that is over


def verdicts(writer: Writer) -> list[dict[str, str]]:
    """Each target's verdict by year (its December), and of those years in which it was due."""
    by_target: dict[str, list[Row]] = {}
    for row in writer.facts.verdicts:
        by_target.setdefault(row["target_id"], []).append(row)
    table = []
    for target in writer.facts.targets:
        years = by_target.get(target.row["target_id"], [])
        table.append(
            {
                "name": writer.name(target.row),
                "years": "；".join(verdict(writer, row) for row in years) or writer.nothing(),
                "window": window(writer, [row for row in years if row["elapsed_share"] == DUE]),
            }
        )
    return table


def window(writer: Writer, past: list[Row]) -> str:
    """Over the years in which a target was due, `past`: how often it was judged, and met."""
    if not past:
        return writer.say("window_open")
    judged = [row["status"] for row in past if row["status"] in ("achieved", "missed")]
    text = (
        writer.say("window_due", due=len(judged), met=judged.count("achieved"))
        if judged
        else writer.say("window_unknown")
    )
    return text + (writer.sign("suppressed") if any(map(is_suppressed, past)) else "")


def verdict(writer: Writer, row: Row) -> str:
    words = {
        "year": row["period"][:4],
        "light": LIGHTS.get(shown(row), GREY)[0],
        "status": STATUS_ZH[row["status"]],
    }
    if is_suppressed(row):
        return writer.say("verdict_suppressed", year=words["year"], sign=writer.sign("suppressed"))
    if row["value"] is None:
        return writer.say("verdict", **words)
    value = writer.figure(
        row["value"], row["unit"], "indicator_progress", "value", progress_key(row), row["target_value"]
    )
    return writer.say("verdict_value", **words, value=value + unit_text(row["unit"]))


def unit_tally(writer: Writer) -> list[dict[str, str]]:
    """Targets of each lead unit by light, and how many of those due this year were met."""
    by_unit: dict[str, list[Row]] = {}
    for target in writer.facts.targets:
        by_unit.setdefault(target.row["lead_unit"] or writer.nothing(), []).append(target.row)
    table = []
    for unit, found in sorted(by_unit.items(), key=lambda item: (-len(item[1]), item[0])):
        counts = Counter(shown(row) for row in found)
        due = [row for row in found if is_due(row, writer.facts.edition.end)]
        table.append(
            {
                "unit": unit,
                "n": str(len(found)),
                **{light: str(counts[light]) for light in ("green", "yellow", "red", "grey")},
                "due": str(len(due)),
                "met": str(sum(row["status"] == "achieved" for row in due)),
            }
        )
    return table


def area_tally(writer: Writer) -> list[dict[str, str]]:
    """Each area: its composite rank, in how many indicators it is ranked and among the first three, its lights."""
    areas: dict[tuple[str, str], list[Row]] = {}
    for row in writer.facts.ranking:
        areas.setdefault((row["breakdown"], row["breakdown_code"]), []).append(row)
    lights: dict[tuple[str, str], Counter[str]] = {}
    for row in writer.facts.area_progress:
        lights.setdefault((row["breakdown"], row["breakdown_code"]), Counter())[shown(row)] += 1
    table = []
    for (breakdown, code), found in areas.items():
        composite = next((row for row in found if row["indicator_id"] == COMPOSITE), None)
        ranked = [row for row in found if row["indicator_id"] != COMPOSITE and row["rank"] is not None]
        own = lights.get((breakdown, code))
        table.append(
            {
                "group": writer.wording["groups"].get(breakdown, breakdown),
                "area": found[0]["area"],
                "rank": writer.place(composite)["rank"] if composite else writer.nothing(),
                "change": writer.moved(composite["rank"], composite["rank_before"]) if composite else writer.nothing(),
                "ranked": str(len(ranked)),
                "first_three": str(sum(row["rank"] <= 3 for row in ranked)),
                "lights": writer.say("area_target_lights", **{c: own[c] for c in ("green", "yellow", "red")})
                if own
                else writer.nothing(),
            }
        )
    return table


def goalposts(writer: Writer) -> list[dict[str, str]]:
    """Each change of a target value: from which month, before and after, and the latest figure against both."""
    found = []
    for row in writer.facts.goalposts:
        unit = unit_text(row["unit"])
        key = {"target_id": row["target_id"], "period": row["period"]}
        plan_key = {"target_id": row["target_id"]}
        before, table, key_before = row["planned"], "indicator", plan_key
        if row["target_before"] is not None:
            before, table = row["target_before"], "indicator_progress"
            key_before = {**plan_key, "period": row["period_before"]}
        found.append(
            {
                "name": row["name_zh"],
                "since": month_zh(row["period"]),
                "before": writer.line(before, row["unit"], table, "target_value", key_before) + unit,
                "now": writer.line(row["target_value"], row["unit"], "indicator_progress", "target_value", key) + unit,
                "plan": writer.line(row["planned"], row["unit"], "indicator", "target_value", plan_key) + unit,
                "by_plan": met(writer, row, row["planned"]),
                "by_now": met(writer, row, row["target_value"]),
            }
        )
    return found


def met(writer: Writer, row: Row, line: float) -> str:
    if row["value"] is None:
        return writer.hidden(row)
    holds = meets(row["value"], row["comparator"], line)
    return writer.nothing() if holds is None else writer.say("goal_met" if holds else "goal_not_met")


def is_due(row: Row, end: str) -> bool:
    """Is this the month in which a target's time is over?"""
    return row["period"] == end and row["elapsed_share"] == DUE and row["status"] in ("achieved", "missed")


def meets(value: float, comparator: str, line: float) -> bool | None:
    """Does a value meet a target value? None for comparators that a line alone does not decide."""
    if comparator in (">=", "decline>=", "between"):
        return value >= line
    if comparator == ">":
        return value > line
    if comparator == "<=":
        return value <= line
    return value == line if comparator == "=" else None
