"""How a bulletin prints a figure, a target and a rank, and the account it keeps of what it printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pipelines.reading import FREE
from pipelines.report.bulletin_facts import Facts, Row, year_before
from pipelines.report.bulletin_numbers import POINTS, figure_text, rounded, share_text, unit_text
from pipelines.report.bulletin_wording import Wording
from pipelines.report.scoreboard_figures import Target, is_suppressed, mark_rules
from pipelines.scoreboard import GREY, LIGHTS, shown_light

COMPARATORS = {">=": "≥", ">": ">", "=": "＝", "<=": "≤", "<": "<", "~": "≈", "decline>=": "≥"}
COMPOSITE = "composite"


@dataclass(frozen=True)
class Cited:
    """A printed figure and where it stands: `column` of `table` in the row that `key` names."""

    text: str
    value: float
    unit: str
    table: str
    column: str
    key: Mapping[str, str]


def month_zh(month: str) -> str:
    return f"{month[:4]}年{int(month[5:7])}月"


class Writer:
    """Words and figures of one bulletin; `cited` is every measured figure it printed, `signs` every mark."""

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

    def name(self, row: Row) -> str:
        text: str = row["name_zh"] + (self.wording["soft"] if row["binding"] == "soft" else "")
        return text

    # ranks

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

    # marks that were used

    def legend(self) -> str:
        """The signs that were used, each with what it says; empty where none was."""
        words = {kind: said["zh"] for kind, said in mark_rules()["words"].items()}
        words["provisional"] = self.say("provisional")
        used = [f"{sign}{words[kind]}" for kind, sign in self.wording["signs"].items() if kind in self.signs]
        return self.say("legend", signs="；".join(used)) if used else ""


def shown(row: Row) -> str:
    """The light that is shown: a soft target is never red."""
    return shown_light(row["light"], row["binding"])


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
