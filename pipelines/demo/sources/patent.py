"""`patent`: the list of patents, as the API's objects; as drops, the list of December 1st and that of year-end."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import numpy as np

from pipelines.demo.county import County
from pipelines.demo.desk import Desk
from pipelines.demo.setting import setting, stream
from pipelines.demo.sheet import Column, Form, Sheet
from pipelines.demo.spoil import spoil
from pipelines.demo.untidy import untidy_identities

FORM = Form(
    source="patent",
    stem="专利清单",
    channel="jsonl",
    columns=(
        Column("application_no"),
        Column("patent_no"),
        Column("kind"),
        Column("holder_name", "name"),
        Column("holder_code", "code"),
        Column("application_date", "date", bad=("不详", "2019-13-01")),
        Column("grant_date", "date", bad=("待定日期",)),
        Column("expiry_date"),
        Column("legal_status"),
        Column("strategic_emerging", "flag"),
        Column("overseas_family", "flag"),
        Column("pledge_amount_wan", "number", decimals=2, bad=("见附件", "12..5")),
        Column("award"),
        Column("town_code"),
    ),
    ways={"unknown_enterprise": 2, "not_a_number": 2, "not_a_date": 2, "conflicting_duplicate": 1, "duplicate": 1},
    conflict="strategic_emerging",
    empty_codes=0.08,
    at_least=5,
)
_PER_ENTERPRISE = 3.2
_AWARDS = ("中国专利优秀奖", "浙江省专利金奖", "浙江省专利优秀奖")
_DAY = np.timedelta64(1, "D")


def draw(county: County) -> Sheet:
    """The clean list at the end of the last year, edge cases of the high-value rule last."""
    rng = stream(county.seed, "patents")
    count = round(county.enterprises * _PER_ENTERPRISE)
    last = len(county.years) - 1
    end = np.datetime64(f"{county.years[-1]}-12-31")
    kind = rng.choice(np.array(["发明", "实用新型", "外观设计"], dtype=object), size=count, p=[0.5, 0.32, 0.18])
    known_holder = county.in_register(last)[rng.integers(county.enterprises, size=count)]
    small = rng.integers(county.n, county.total, size=count)
    holder = np.where(rng.random(count) < 0.85, known_holder, small)
    begin = np.datetime64("2008-01-01")
    applied = begin + rng.integers(0, int((end - begin) / _DAY), size=count)
    lag = np.where(kind == "发明", rng.integers(400, 1100, size=count), rng.integers(150, 350, size=count))
    granted = applied + lag
    expired = granted + rng.integers(200, 4000, size=count)
    pledge = np.where(rng.random(count) < 0.08, np.round(rng.uniform(50, 3000, size=count), 2), np.nan)
    award = np.array(_AWARDS, dtype=object)[rng.integers(3, size=count)]
    award[rng.random(count) >= 0.02] = None
    emerging, overseas = rng.random(count) < 0.45, rng.random(count) < 0.12
    lapses = (rng.random(count) < 0.35) & (expired <= end)

    # The edges: a pledge of just enough and just too little, one that ends and one that turns ten on a month's last
    # day, and four that have nothing but one merit each.
    edges = np.arange(min(8, count))
    kind[edges] = "发明"
    applied[edges], granted[edges] = end - 365 * 4, end - 365 * 2
    emerging[edges], overseas[edges], award[edges], pledge[edges] = False, False, None, np.nan
    lapses[edges] = False
    pledge[0], pledge[1] = 500.0, 499.99
    middle = np.datetime64(f"{county.years[-1]}-06-30")
    emerging[2], expired[2], lapses[2] = True, middle, True
    applied[3] = np.datetime64(f"{county.years[-1] - 10}-06-30")
    emerging[4] = overseas[5] = True
    award[6], pledge[7] = _AWARDS[0], 1200.0

    pending = granted > end
    year = np.datetime_as_string(applied, unit="Y").astype(object)
    serial = np.array([f"1{number:07d}.{number % 11 if number % 11 < 10 else 'X'}" for number in range(count)], object)
    application_no = np.array(["CN"], dtype=object) + year + serial
    patent_no = np.where(pending, application_no, np.array(["ZL"], dtype=object) + year + serial)
    towns = np.array([town["code"] for town in setting()["towns"]], dtype=object)
    status = np.where(pending, "审中", np.where(lapses, "失效", "有效")).astype(object)

    def day(values: np.ndarray, there: np.ndarray) -> np.ndarray:
        texts = np.datetime_as_string(values, unit="D").astype(object)
        texts[~there] = None
        return texts

    everywhere = np.ones(count, dtype=bool)
    return Sheet(
        FORM,
        {
            "application_no": application_no,
            "patent_no": patent_no,
            "kind": kind,
            "holder_name": county.name[last, holder],
            "holder_code": county.code[last, holder],
            "application_date": day(applied, everywhere),
            "grant_date": day(granted, ~pending),
            "expiry_date": day(expired, ~pending & lapses),
            "legal_status": status,
            "strategic_emerging": emerging,
            "overseas_family": overseas,
            "pledge_amount_wan": [None if np.isnan(amount) else amount for amount in pledge.tolist()],
            "award": award,
            "town_code": towns[county.town[last, holder]],
        },
        by_code_only=county.by_code_only(last)[holder],
        former_name=county.former_names[last, holder],
        former_code=county.former_code[last, holder],
    )


def newest(county: County, defects: float) -> tuple[Sheet, Counter[str]]:
    """The newest list, as the API serves it and as it is dropped, spoiled and untidy; with what was planted."""
    sheet = draw(county)
    rng = stream(county.seed, "patent", "newest")
    planted = spoil(sheet, defects, rng, shared_name=county.shared_name)
    untidy_identities(sheet, rng)
    return sheet, planted


def objects(sheet: Sheet) -> list[dict[str, object]]:
    """The rows as the API's objects."""
    names = list(sheet.cells)
    return [dict(zip(names, row, strict=True)) for row in zip(*sheet.cells.values(), strict=True)]


def _drop(desk: Desk, county: County, sheet: Sheet, day: str) -> str:
    name = f"{FORM.stem}_{county.years[-1]}{day}.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in objects(sheet))
    with desk.path(FORM.source, name).open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(lines)
    if desk.progress:
        desk.progress(f"{FORM.source} {name}")
    return name


def deliver_list(desk: Desk, county: County) -> None:
    older = draw(county)
    first = dt.date(county.years[-1], 12, 1).isoformat()
    older.drop({row for row, applied in enumerate(older.cells["application_date"]) if str(applied) > first})
    # An older list is superseded as a whole; nobody counts its rows.
    desk.rows += len(older)
    desk.book(FORM.source, _drop(desk, county, older, "1201"), "superseded", "", None)

    sheet, planted = newest(county, desk.defects)
    desk.planted += planted
    desk.book(FORM.source, _drop(desk, county, sheet, "1231"), "accepted", "", sheet)
