"""Passports as static pages: one a figure, an index an indicator, an index of all. Nothing leaves a page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.passport.figures import Passport
from pipelines.reading import number
from pipelines.scoreboard import GREY, LIGHTS, STATUS_ZH

TEMPLATES = Path(__file__).with_name("templates")
INDEX = "index.html"
# What verifying reads of a page, under the id `passport`.
MACHINE = ("figure_id", "indicator_id", "period", "breakdown", "breakdown_code")
NUMBERS = ("value", "numerator", "denominator", "rolling12_value")


def write(
    folder: Path,
    passports: Sequence[Passport],
    checks: Callable[[str], list[dict[str, Any]]],
    content_hash: str,
    *,
    internal: bool,
) -> None:
    """`<indicator>/<period>.html`, `<indicator>/index.html` and `index.html` below `folder`.

    `checks`: a kind of rule to its checks. Equal arguments give equal bytes.
    """
    environment = _environment()
    page, list_page, front = (
        environment.get_template(f"{name}.html.j2") for name in ("passport", "indicator", "index")
    )
    by_indicator: dict[str, list[Passport]] = defaultdict(list)
    for passport in passports:
        by_indicator[passport.figure["indicator_id"]].append(passport)
    folder.mkdir(parents=True, exist_ok=True)
    for indicator, found in sorted(by_indicator.items()):
        own = folder / indicator
        own.mkdir(exist_ok=True)
        for passport in found:
            text = page.render(
                p=passport,
                internal=internal,
                content_hash=content_hash,
                machine=machine(passport, content_hash, internal=internal),
            )
            (own / f"{passport.figure['period']}.html").write_text(text, encoding="utf-8")
        text = list_page.render(
            indicator=found[0].indicator, passports=found, checks=checks(found[0].rule["kind"]), internal=internal
        )
        (own / INDEX).write_text(text, encoding="utf-8")
    latest = [found[-1] for _, found in sorted(by_indicator.items())]
    (folder / INDEX).write_text(front.render(latest=latest, content_hash=content_hash), encoding="utf-8")


def machine(passport: Passport, content_hash: str, *, internal: bool) -> Markup:
    """The figure for programs: JSON that stands safely within a script element. A suppressed one holds no number."""
    facts: dict[str, Any] = {name: passport.figure[name] for name in MACHINE}
    facts |= {name: None if passport.is_suppressed else passport.figure[name] for name in NUMBERS}
    facts |= {"content_hash": content_hash, "edition": "internal" if internal else "public"}
    text = json.dumps(facts, ensure_ascii=True, sort_keys=True)
    return Markup(text.replace("<", "\\u003c"))  # JSON in ASCII: no tag can begin in it


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(number=number, percent=percent, light=light, status=status, outcome=outcome)
    return environment


def percent(share: float) -> str:
    return f"{number(share * 100)} %"


def light(name: str | None) -> str:
    sign, _, zh = LIGHTS.get(name or "", GREY)
    return f"{sign} {zh}灯" if name else sign


def status(name: str | None) -> str:
    return f"{STATUS_ZH[name]} {name}" if name else ""


def outcome(delivery: dict[str, Any]) -> str:
    """What became of a file that a figure looks for."""
    if delivery["status"] is None:
        return "缺失 missing"
    if delivery["status"] == "refused":
        detail = f": {delivery['detail']}" if delivery["detail"] else ""
        return f"退回 refused ({delivery['reason']}){detail}"
    if delivery["rows_quarantined"]:
        reasons = f" ({delivery['reasons']})" if delivery["reasons"] else ""
        return f"采用 accepted; 隔离 quarantined {delivery['rows_quarantined']}{reasons}"
    return "采用 accepted"
