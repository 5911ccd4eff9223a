"""A bulletin's content: facts in words, the same for Word, PDF and Excel. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from textwrap import wrap
from typing import Any

from pipelines.reading import FREE
from pipelines.report.bulletin_facts import Facts, Row, year_before
from pipelines.report.bulletin_numbers import POINTS, figure_text, points_text, rounded, share_text, unit_text
from pipelines.report.bulletin_periods import ANNUAL, Edition
from pipelines.report.bulletin_wording import Wording
from pipelines.report.scoreboard_figures import Target, is_suppressed, mark_rules
from pipelines.scoreboard import GREY, LIGHTS, STATUS_ZH, caveats, shown_light

COMPARATORS = {">=": "≥", ">": ">", "=": "＝", "<=": "≤", "<": "<", "~": "≈", "decline>=": "≥"}
LAGGING = {"red": 0, "yellow": 1}
# Light tints for a printer; the sign and the word say the same.
TINTS = {"green": "DCEFDC", "yellow": "FFF2CC", "red": "F8D7DA", "grey": "EDEDED"}
NUMERALS = "一二三四五六七八九十"
COMPOSITE = "composite"
HEADLINE = "headline"
DUE = 1.0  # elapsed share of a time that is over


@dataclass(frozen=True)
class Cited:
    """A printed figure and where it stands: `column` of `table` in the row that `key` names."""

    text: str
    value: float
    unit: str
    table: str
    column: str
    key: Mapping[str, str]


@dataclass(frozen=True)
class Bulletin:
    """`content`: what templates may print, see docs/reports.md; `cited`: every measured figure in it; `definitions`:
    rows for the annex: name, target_id, unit, clause, lead, co, definition, caveat."""

    edition: Edition
    data_date: str
    content: dict[str, Any]
    cited: list[Cited] = field(default_factory=list)
    definitions: list[Row] = field(default_factory=list)

    def figures(self) -> list[dict[str, Any]]:
        """`cited` for machines, each once, in the order of printing."""
        found: dict[str, dict[str, Any]] = {}
        for one in self.cited:
            row = asdict(one)
            found.setdefault(repr(row), row)
        return list(found.values())


def month_zh(month: str) -> str:
    return f"{month[:4]}年{int(month[5:7])}月"


class _Writer:
    """Words and figures of one bulletin; keeps account of what it prints."""

    def __init__(self, facts: Facts, wording: Wording) -> None:
        self.facts = facts
        self.wording = wording
        self.say = wording.say
        self.cited: list[Cited] = []
        self.signs: set[str] = set()
        self.revised = {(row["indicator_id"], row["period"]) for row in facts.revisions}
        self.before_word = self.say(f"before_{facts.edition.kind}")

    # figures

    def figure(
        self, value: float, unit: str, table: str, column: str, key: Mapping[str, str], line: float | None = None
    ) -> str:
        """A measured figure without its unit."""
        text = figure_text(value, unit, self.wording["decimals"], line)
        self.cited.append(Cited(text, value, unit, table, column, key))
        return text

    def line(self, value: float, unit: str, table: str, column: str, key: Mapping[str, str]) -> str:
        """A target value, with no more digits than the plan gave it."""
        text = f"{Decimal(repr(float(value))).normalize():f}"
        self.cited.append(Cited(text, value, unit, table, column, key))
        return text

    def with_unit(self, value: float, unit: str, table: str, column: str, key: Mapping[str, str]) -> str:
        return self.figure(value, unit, table, column, key) + unit_text(unit)

    def share(self, value: float, column: str, key: Mapping[str, str]) -> str:
        text = share_text(value)
        self.cited.append(Cited(text, value, "", "indicator_progress", column, key))
        return text

    def nothing(self) -> str:
        nothing: str = self.wording["nothing"]
        return nothing

    def sign(self, *kinds: str) -> str:
        self.signs.update(kinds)
        return "".join(self.wording["signs"][kind] for kind in self.wording["signs"] if kind in kinds)

    def hidden(self, row: Row, column: str = "value") -> str:
        """What stands for a figure that is not there: the sign of a suppressed one, else the dash."""
        return self.sign("suppressed") if is_suppressed(row, column) else self.nothing()

    # one target

    def marks(self, target: Target) -> list[str]:
        found = [kind for kind in target.marks if kind != "suppressed"]
        if (target.row["target_id"], target.row["period"]) in self.revised and "revised" not in found:
            found.append("revised")
        if self.is_provisional(target):
            found.append("provisional")
        return found

    def is_provisional(self, target: Target) -> bool:
        """A statistic of a year of which no official value stands beside it."""
        row = target.row
        if row["value"] is None or row["kind"] not in self.wording["provisional_kinds"]:
            return False
        if self.wording["decimals"].get(row["unit"]) == 0:
            return False  # counted, not measured
        return not any(official["period"][:4] == row["period"][:4] for official in target.officials)

    def value_of(self, target: Target) -> str:
        row = target.row
        if row["value"] is None:
            return self.hidden(row) + self.sign(*self.marks(target))
        text = self.figure(
            row["value"], row["unit"], "indicator_progress", "value", progress_key(row), row["target_value"]
        )
        return text + self.sign(*self.marks(target))

    def asked(self, row: Row) -> str:
        """The target as a condition, without its unit."""
        key = progress_key(row) if row["period"] else {"target_id": row["target_id"]}
        table = "indicator_progress" if row["period"] else "indicator"
        if row["target_value"] is None:
            return self.nothing()
        text = self.line(row["target_value"], row["unit"], table, "target_value", key)
        if row["comparator"] == "between" and row["target_upper"] is not None:
            upper = self.line(
                row["target_upper"], row["unit"], "indicator", "target_upper", {"target_id": row["target_id"]}
            )
            return f"{text}—{upper}"
        return COMPARATORS.get(row["comparator"], "") + text

    def light(self, light: str) -> str:
        sign, _, word = LIGHTS.get(light, GREY)
        return sign + word

    def change(self, target: Target) -> tuple[str, str]:
        """同比 as a cell and as part of a sentence; both empty where there is nothing to compare with.

        The judged figure is compared with the one of the same measure a year before: rolling with rolling.
        """
        row = target.row
        now, past = compared(target)
        if now is None or past is None or row["kind"] in self.wording["no_comparison_kinds"]:
            return "", ""
        if row["unit"] == "%":
            text = rounded(abs(now - past), 2)
            if float(text) == 0:
                return "0.00" + POINTS, self.say("same")
            sentence = self.say("points_rose" if now > past else "points_fell", points=text)
            return ("+" if now > past else "-") + text + POINTS, sentence
        if past <= 0:
            return "", ""
        text = rounded(abs(100 * (now / past - 1)), 1)
        if float(text) == 0:
            return "0.0%", self.say("same")
        sentence = self.say("rose" if now > past else "fell", change=f"{text}%")
        return ("+" if now > past else "-") + f"{text}%", sentence

    # sections

    def summary(self) -> list[str]:
        lights = [shown(target.row) for target in self.facts.targets]
        counts = Counter(lights)
        last = month_zh(self.facts.edition.end) + "底"
        paragraphs = [
            self.say(
                "lights",
                month_end=last,
                n=len(lights),
                **{light: counts[light] for light in ("green", "yellow", "red", "grey")},
            ),
            self.light_changes(),
            *(
                self.headline(target)
                for target in self.facts.targets
                if target.row["campaign_id"] == HEADLINE and target.row["row_type"] == "target"
            ),
        ]
        for group, name in self.wording["groups"].items():
            first = [
                row
                for row in self.facts.ranking
                if row["indicator_id"] == COMPOSITE and row["breakdown"] == group and (row["rank"] or 4) <= 3
            ]
            if first:
                areas = "、".join(self.say("place", area=row["area"], rank=row["rank"]) for row in first)
                paragraphs.append(self.say("first_places", group=name, ranking=self.wording["composite"], areas=areas))
        return paragraphs

    def light_changes(self) -> str:
        before = self.facts.lights_before
        if before is None:
            return self.say("nothing_before", before=self.before_word)
        changes = []
        for target in self.facts.targets:
            row = target.row
            if row["target_id"] not in before or is_suppressed(row):
                continue
            was = shown_light(before[row["target_id"]], row["binding"])
            if was != shown(row):
                words = (LIGHTS.get(light, GREY)[2] for light in (was, shown(row)))
                light_before, light_now = words
                changes.append(
                    self.say("light_change", name=row["name_zh"], light_before=light_before, light_now=light_now)
                )
        if not changes:
            return self.say("no_light_changes", before=self.before_word)
        return self.say("light_changes", before=self.before_word, n=len(changes), changes="；".join(changes))

    def headline(self, target: Target) -> str:
        row = target.row
        if row["value"] is None:
            unknown = "headline_suppressed" if is_suppressed(row) else "headline_unknown"
            return self.say(unknown, name=row["name_zh"]) + "。"
        key = progress_key(row)
        name = row["name_zh"] + (self.wording["soft"] if row["binding"] == "soft" else "")
        if row["period"] != self.facts.edition.end:
            name += self.say("headline_of", month=month_zh(row["period"]))
        unit = unit_text(row["unit"])
        value = self.figure(row["value"], row["unit"], "indicator_progress", "value", key, row["target_value"])
        parts = [self.say("headline_value", name=name, value=value + unit + self.sign(*self.marks(target)))]
        parts.append(self.say("asked", target=self.asked(row) + unit))
        if row["status"] == "achieved":
            parts.append(self.say("met"))
        if row["achieved_share"] is not None:
            parts.append(self.say("achieved", share=self.share(row["achieved_share"], "achieved_share", key)))
            if row["elapsed_share"] is not None and row["status"] not in ("achieved", "missed"):
                ahead = row["achieved_share"] - row["elapsed_share"]
                points = points_text(ahead)
                parts.append(
                    self.say("level")
                    if float(points) == 0
                    else self.say("ahead" if ahead > 0 else "behind", points=points)
                )
        _, change = self.change(target)
        return "，".join([*parts, change] if change else parts) + "。"

    def targets(self) -> list[dict[str, Any]]:
        campaigns: dict[str, list[dict[str, Any]]] = {}
        for target in self.facts.targets:
            row = target.row
            key = progress_key(row) if row["period"] else {}
            light = shown(row)
            campaigns.setdefault(row["campaign_zh"], []).append(
                {
                    "name": self.name(row),
                    "unit": unit_text(row["unit"]) or self.nothing(),
                    "target": self.asked(row),
                    "value": self.value_of(target),
                    "achieved": self.nothing()
                    if row["achieved_share"] is None
                    else self.share(row["achieved_share"], "achieved_share", key),
                    "elapsed": self.nothing()
                    if row["elapsed_share"] is None
                    else self.share(row["elapsed_share"], "elapsed_share", key),
                    "change": self.change(target)[0] or self.nothing(),
                    "light": self.light(light),
                    "tint": TINTS[light],
                    "lead": row["lead_unit"],
                    "status": STATUS_ZH[row["status"]],
                    "month": row["period"] or "",
                }
            )
        return [{"campaign": name, "rows": found} for name, found in campaigns.items()]

    def name(self, row: Row) -> str:
        text: str = row["name_zh"] + (self.wording["soft"] if row["binding"] == "soft" else "")
        return text

    def rankings(self) -> list[dict[str, Any]]:
        found: dict[str, list[Row]] = {}
        for row in self.facts.ranking:
            found.setdefault(row["indicator_id"], []).append(row)
        tables = []
        for indicator, areas in found.items():
            unit = "" if indicator == COMPOSITE else unit_text(areas[0]["unit"])
            name = self.wording["composite"] if indicator == COMPOSITE else areas[0]["name_zh"]
            title = self.say("ranking_title_unit" if unit else "ranking_title", name=name, unit=unit)
            tables.append({"indicator": indicator, "title": title, "rows": [self.place(row) for row in areas]})
        return tables

    def place(self, row: Row) -> dict[str, str]:
        key = {name: row[name] for name in ("indicator_id", "period", "breakdown", "breakdown_code")}
        unit = row["unit"] or ""
        if row["rank"] is not None:
            rank = str(row["rank"])
        elif row["conf_status"] not in (None, FREE):
            rank = self.sign("suppressed")
        else:
            rank = self.say("unranked")
        return {
            "group": self.wording["groups"].get(row["breakdown"], row["breakdown"]),
            "rank": rank,
            "area": row["area"],
            "value": self.hidden(row)
            if row["value"] is None
            else self.figure(row["value"], unit, "area_ranking", "value", key),
            "before": self.nothing() if row["rank_before"] is None else str(row["rank_before"]),
            "change": self.moved(row["rank"], row["rank_before"]),
        }

    def moved(self, now: int | None, before: int | None) -> str:
        if now is None or before is None:
            return self.nothing()
        if now == before:
            return self.say("rank_same")
        return self.say("rank_up" if now < before else "rank_down", places=abs(now - before))

    def lagging_targets(self) -> list[Target]:
        late = [target for target in self.facts.targets if shown(target.row) in LAGGING]
        return sorted(late, key=lambda target: LAGGING[shown(target.row)])

    def lagging_summary(self) -> str:
        late = self.lagging_targets()
        if not late:
            return self.say("no_lagging")
        counts = Counter(shown(target.row) for target in late)
        units = {target.row["lead_unit"] for target in late}
        return self.say("lagging", n=len(late), red=counts["red"], yellow=counts["yellow"], units=len(units))

    def lagging(self) -> list[dict[str, str]]:
        return [
            {
                "no": str(number),
                "name": self.name(target.row),
                "light": self.light(shown(target.row)),
                "tint": TINTS[shown(target.row)],
                "lead": target.row["lead_unit"] or self.nothing(),
                "co": target.row["co_units"] or self.nothing(),
                "need": self.need(target),
            }
            for number, target in enumerate(self.lagging_targets(), 1)
        ]

    def need(self, target: Target) -> str:
        """What a target needs: its gap, what that is a month, and the same in its numerator."""
        need = target.need
        if need is None:
            return self.say("no_need" if target.row["status"] == "missed" else "unknown_need")
        if need["gap"] is None:
            return self.hidden(need, "gap")
        key = {name: need[name] for name in ("target_id", "period", "breakdown", "breakdown_code")}

        def amount(column: str, unit: str) -> str:
            sign = -1 if need[column] < 0 else 1
            text = figure_text(abs(need[column]), unit, self.wording["decimals"])
            self.cited.append(Cited(text, sign * abs(need[column]), unit, "indicator_need", column, key))
            return text + (f"个{POINTS}" if unit == POINTS else unit_text(unit))

        parts = [self.say("gap" if need["gap"] >= 0 else "gap_over", gap=amount("gap", need["unit"]))]
        if need["months_remaining"] and need["gap_per_month"] is not None:
            each = amount("gap_per_month", need["unit"])
            parts.append(self.say("each_month", months=need["months_remaining"], each=each))
        text = "，".join(parts)
        if need["numerator_gap"] is not None:
            more = "numerator_more" if need["numerator_gap"] >= 0 else "numerator_less"
            numerator = self.say(more, amount=amount("numerator_gap", need["numerator_unit"]))
            if need["months_remaining"] and need["numerator_gap_per_month"] is not None:
                each = amount("numerator_gap_per_month", need["numerator_unit"])
                numerator += "，" + self.say("numerator_each", each=each)
            text += "；" + numerator
        return text

    # annual

    def verdicts(self) -> list[dict[str, str]]:
        """Each target's verdict by year (its December), and of those years in which it was due."""
        by_target: dict[str, list[Row]] = {}
        for row in self.facts.verdicts:
            by_target.setdefault(row["target_id"], []).append(row)
        table = []
        for target in self.facts.targets:
            years = by_target.get(target.row["target_id"], [])
            past = [row for row in years if row["elapsed_share"] == DUE]
            due = [row for row in past if row["status"] in ("achieved", "missed")]
            table.append(
                {
                    "name": self.name(target.row),
                    "years": "；".join(map(self.verdict, years)) or self.nothing(),
                    "window": self.say("window_due", due=len(due), met=sum(r["status"] == "achieved" for r in due))
                    if due
                    else self.say("window_open"),
                }
            )
        return table

    def verdict(self, row: Row) -> str:
        words = {
            "year": row["period"][:4],
            "light": LIGHTS.get(shown(row), GREY)[0],
            "status": STATUS_ZH[row["status"]],
        }
        if is_suppressed(row):
            return self.say("verdict_suppressed", year=words["year"], sign=self.sign("suppressed"))
        if row["value"] is None:
            return self.say("verdict", **words)
        value = self.figure(
            row["value"], row["unit"], "indicator_progress", "value", progress_key(row), row["target_value"]
        )
        return self.say("verdict_value", **words, value=value + unit_text(row["unit"]))

    def unit_tally(self) -> list[dict[str, str]]:
        """Targets of each lead unit by light, and how many of those due this year were met."""
        by_unit: dict[str, list[Row]] = {}
        for target in self.facts.targets:
            by_unit.setdefault(target.row["lead_unit"] or self.nothing(), []).append(target.row)
        table = []
        for unit, found in sorted(by_unit.items(), key=lambda item: (-len(item[1]), item[0])):
            counts = Counter(shown(row) for row in found)
            due = [row for row in found if is_due(row, self.facts.edition.end)]
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

    def area_tally(self) -> list[dict[str, str]]:
        """Each area: its composite rank, in how many indicators it is ranked and among the first three, its lights."""
        areas: dict[tuple[str, str], list[Row]] = {}
        for row in self.facts.ranking:
            areas.setdefault((row["breakdown"], row["breakdown_code"]), []).append(row)
        lights: dict[tuple[str, str], Counter[str]] = {}
        for row in self.facts.area_progress:
            lights.setdefault((row["breakdown"], row["breakdown_code"]), Counter())[shown(row)] += 1
        table = []
        for (breakdown, code), found in areas.items():
            composite = next((row for row in found if row["indicator_id"] == COMPOSITE), None)
            ranked = [row for row in found if row["indicator_id"] != COMPOSITE and row["rank"] is not None]
            own = lights.get((breakdown, code))
            table.append(
                {
                    "group": self.wording["groups"].get(breakdown, breakdown),
                    "area": found[0]["area"],
                    "rank": self.place(composite)["rank"] if composite else self.nothing(),
                    "change": self.moved(composite["rank"], composite["rank_before"]) if composite else self.nothing(),
                    "ranked": str(len(ranked)),
                    "first_three": str(sum(row["rank"] <= 3 for row in ranked)),
                    "lights": self.say("area_target_lights", **{c: own[c] for c in ("green", "yellow", "red")})
                    if own
                    else self.nothing(),
                }
            )
        return table

    def goalposts(self) -> list[dict[str, str]]:
        """Each change of a target value: from which month, before and after, and the latest figure against both."""
        found = []
        for row in self.facts.goalposts:
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
                    "before": self.line(before, row["unit"], table, "target_value", key_before) + unit,
                    "now": self.line(row["target_value"], row["unit"], "indicator_progress", "target_value", key)
                    + unit,
                    "plan": self.line(row["planned"], row["unit"], "indicator", "target_value", plan_key) + unit,
                    "by_plan": self.met(row, row["planned"]),
                    "by_now": self.met(row, row["target_value"]),
                }
            )
        return found

    def met(self, row: Row, line: float) -> str:
        if row["value"] is None:
            return self.hidden(row)
        holds = meets(row["value"], row["comparator"], line)
        return self.nothing() if holds is None else self.say("goal_met" if holds else "goal_not_met")

    # what is said about the data

    def revisions(self) -> list[dict[str, str]]:
        by_id = {target.row["target_id"]: target.row for target in self.facts.targets}
        table = []
        for row in self.facts.revisions:
            known = by_id.get(row["indicator_id"])
            if known is None:
                continue
            unit = known["unit"]
            key = {"indicator_id": row["indicator_id"], "period": row["period"], "breakdown": "county"}
            table.append(
                {
                    "name": known["name_zh"],
                    "month": month_zh(row["period"]),
                    "before": self.nothing()
                    if row["value_before"] is None
                    else figure_text(row["value_before"], unit, self.wording["decimals"]) + unit_text(unit),
                    "now": self.with_unit(row["value_now"], unit, "indicator_value", "value", key),
                    "why": row["why"] or self.nothing(),
                }
            )
        return table

    def notes(self) -> list[str]:
        facts = self.facts
        day = facts.data_date
        plain = [
            self.say("data_date", data_date=f"{day.year}年{day.month}月{day.day}日"),
            # in groups, so that it can be broken between two lines
            self.say("content_hash", content_hash=" ".join(wrap(facts.content_hash, 16))),
            *(self.say(name) for name in ("elapsed", "achieved_rule", "compared_rule")),
        ]
        if any(target.row["binding"] == "soft" for target in facts.targets):
            plain.append(self.say("soft_rule"))
        if "suppressed" in self.signs:
            plain.append(self.say("suppressed_rule"))
        return [*plain, *self.officials(), *self.definitions_of(HEADLINE)]

    def officials(self) -> Iterator[str]:
        for target in self.facts.targets:
            unit = target.row["unit"]
            gap_unit = POINTS if unit == "%" else unit
            for row in target.officials:
                if row["official_value"] is None or row["computed_value"] is None:
                    continue
                key = {name: row[name] for name in ("indicator_id", "period", "breakdown", "breakdown_code")}
                yield self.say(
                    "official",
                    name=target.row["name_zh"],
                    month=month_zh(row["period"]),
                    official=self.with_unit(row["official_value"], unit, "official_value", "official_value", key),
                    source=row["source"],
                    computed=self.with_unit(row["computed_value"], unit, "official_value", "computed_value", key),
                    difference=self.with_unit(row["difference"], gap_unit, "official_value", "difference", key),
                )

    def definitions_of(self, campaign: str) -> Iterator[str]:
        for target in self.facts.targets:
            definition = (target.row["definition"] or "").partition(" / ")[0]
            if target.row["campaign_id"] == campaign and definition:
                yield self.say("definition", name=target.row["name_zh"], definition=definition)

    def legend(self) -> str:
        """The signs that were used, each with what it says; empty where none was."""
        words = {kind: said["zh"] for kind, said in mark_rules()["words"].items()}
        words["provisional"] = self.say("provisional")
        used = [f"{sign}{words[kind]}" for kind, sign in self.wording["signs"].items() if kind in self.signs]
        return self.say("legend", signs="；".join(used)) if used else ""


def compose(facts: Facts, wording: Wording) -> Bulletin:
    """The bulletin of these facts."""
    writer = _Writer(facts, wording)
    edition = facts.edition
    annual = edition.kind == ANNUAL
    numbers = {"year": edition.year, "month": edition.month, "quarter": edition.quarter}
    period = writer.say(f"period_{edition.kind}", **numbers)
    sections = wording["sections"][edition.kind]
    every_ranking = writer.rankings()
    late, goalposts, revisions = writer.lagging(), writer.goalposts(), writer.revisions()
    content: dict[str, Any] = {
        "title": wording["titles"][edition.kind].format(county=facts.county),
        "subtitle": writer.say("subtitle", period=period),
        "period": period,
        "mark": wording["paper"]["mark"],
        "number": wording["paper"]["number"],
        "issuer": wording["paper"]["issuer"],
        # every heading has a place, so that a template may ask for any; one that is not in the bulletin is empty
        "heading": {
            name: f"{NUMERALS[sections.index(name)]}、{text}" if name in sections else ""
            for name, text in wording["headings"].items()
        },
        "summary": writer.summary(),
        "campaigns": writer.targets(),
        "rankings": every_ranking[:1] if wording["rankings"][edition.kind] == COMPOSITE else every_ranking,
        "every_ranking": every_ranking,
        "ranking_note": writer.say("tie_rule", before=writer.before_word)
        if every_ranking
        else writer.say("no_ranking"),
        "lagging_note": writer.lagging_summary(),
        "lagging": late,
        "verdicts": writer.verdicts() if annual else [],
        "unit_tally": writer.unit_tally() if annual else [],
        "area_tally": writer.area_tally() if annual else [],
        "goalposts_note": writer.say("goalposts", n=len({row["name"] for row in goalposts}))
        if goalposts
        else writer.say("no_goalposts"),
        "goalposts": goalposts,
        "revisions_note": writer.say("revisions", n=len(revisions)) if revisions else writer.say("no_revisions"),
        "revisions": revisions,
        "notes": writer.notes(),
        "data_date": facts.data_date.isoformat(),
        "content_hash": facts.content_hash,
    }
    content["legend"] = writer.legend()
    return Bulletin(
        edition, facts.data_date.isoformat(), content, writer.cited, [_definition(t.row) for t in facts.targets]
    )


def shown(row: Row) -> str:
    """The light that is shown: a soft target is never red."""
    return shown_light(row["light"], row["binding"])


def is_due(row: Row, end: str) -> bool:
    """Is this the month in which a target's time is over?"""
    return row["period"] == end and row["elapsed_share"] == DUE and row["status"] in ("achieved", "missed")


def progress_key(row: Row) -> dict[str, str]:
    return {"target_id": row["target_id"], "period": row["period"]}


def compared(target: Target) -> tuple[float | None, float | None]:
    """The judged figure and the same measure a year before; None where it is not known which, or there is none."""
    months = {row["period"]: row for row in target.history}
    now = months.get(target.row["period"])
    if now is None or target.row["value"] is None:
        return None, None
    past = months.get(year_before(target.row["period"]), {})
    for column in ("value", "rolling12_value"):
        if now[column] == target.row["value"]:
            return now[column], past.get(column)
    return None, None


def meets(value: float, comparator: str, line: float) -> bool | None:
    """Does a value meet a target value? None for comparators that a line alone does not decide."""
    if comparator in (">=", "decline>=", "between"):
        return value >= line
    if comparator == ">":
        return value > line
    if comparator == "<=":
        return value <= line
    return value == line if comparator == "=" else None


def _definition(row: Row) -> Row:
    return {
        "name": row["name_zh"],
        "target_id": row["target_id"],
        "unit": row["unit"],
        "clause": row["clause"],
        "lead": row["lead_unit"],
        "co": row["co_units"] or "",
        "definition": (row["definition"] or "").partition(" / ")[0],
        "caveat": "；".join(caveats(row["caveat"])),
    }


__all__: Sequence[str] = ("Bulletin", "Cited", "compose")
