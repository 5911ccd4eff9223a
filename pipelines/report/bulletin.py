"""A bulletin's content: facts in words, the same for Word, PDF and Excel. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from textwrap import wrap
from typing import Any

from pipelines.report.bulletin_annual import area_tally, goalposts, unit_tally, verdicts
from pipelines.report.bulletin_facts import Facts, Row
from pipelines.report.bulletin_numbers import POINTS, figure_text, points_text, unit_text
from pipelines.report.bulletin_periods import ANNUAL, Edition
from pipelines.report.bulletin_wording import Wording
from pipelines.report.bulletin_writer import COMPOSITE, Cited, Writer, month_zh, progress_key, shown
from pipelines.report.scoreboard_figures import Target, is_suppressed
from pipelines.scoreboard import GREY, LIGHTS, STATUS_ZH, caveats, shown_light

LAGGING = {"red": 0, "yellow": 1}
# Light tints for a printer; the sign and the word say the same.
TINTS = {"green": "DCEFDC", "yellow": "FFF2CC", "red": "F8D7DA", "grey": "EDEDED"}
NUMERALS = "一二三四五六七八九十"
HEADLINE = "headline"


@dataclass(frozen=True)
class Bulletin:
    """`content`: what templates may print, see docs/reports.md; `cited`: every measured figure in it; `definitions`:
    rows for the annex: name, target_id, unit, clause, lead, co, definition, caveat; `passports`: see `Facts`."""

    edition: Edition
    data_date: str
    content: dict[str, Any]
    cited: list[Cited] = field(default_factory=list)
    definitions: list[Row] = field(default_factory=list)
    passports: Sequence[Row] = ()

    def figures(self) -> list[dict[str, Any]]:
        """`cited` for machines, each once, in the order of printing."""
        found: dict[str, dict[str, Any]] = {}
        for one in self.cited:
            row = asdict(one)
            found.setdefault(repr(row), row)
        return list(found.values())


class _Sections(Writer):
    """The sections of every bulletin."""

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


def compose(facts: Facts, wording: Wording) -> Bulletin:
    """The bulletin of these facts."""
    writer = _Sections(facts, wording)
    edition = facts.edition
    annual = edition.kind == ANNUAL
    numbers = {"year": edition.year, "month": edition.month, "quarter": edition.quarter}
    period = writer.say(f"period_{edition.kind}", **numbers)
    sections = wording["sections"][edition.kind]
    every_ranking = writer.rankings()
    late, moved, revisions = writer.lagging(), goalposts(writer), writer.revisions()
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
        "verdicts": verdicts(writer) if annual else [],
        "unit_tally": unit_tally(writer) if annual else [],
        "area_tally": area_tally(writer) if annual else [],
        "goalposts_note": writer.say("goalposts", n=len({row["name"] for row in moved}))
        if moved
        else writer.say("no_goalposts"),
        "goalposts": moved,
        "revisions_note": writer.say("revisions", n=len(revisions)) if revisions else writer.say("no_revisions"),
        "revisions": revisions,
        "notes": writer.notes(),
        "data_date": facts.data_date.isoformat(),
        "content_hash": facts.content_hash,
    }
    content["legend"] = writer.legend()
    definitions = [_definition(target.row) for target in facts.targets]
    return Bulletin(edition, facts.data_date.isoformat(), content, writer.cited, definitions, facts.passports)


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
