"""`title`: 企业资质名单, the whole list of titles each year; many holders are known by their name only.

`county.json` says of each title how many hold it before the first year (`start`), how many are awarded it for the first
time in each (`new`), whether both go with the size of the county (`scales`), for how long it holds and which share is
renewed, which share of its holders is below scale (`small`), in which months it is awarded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.county import County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import setting, stream, table
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="title",
    stem="企业资质名单",
    channel="workbook",
    title="{when}企业资质名单",
    columns=(
        Column("企业名称", "name"),
        Column("统一社会信用代码", "code"),
        Column("资质名称"),
        Column("认定日期", "date"),
        Column("有效期至", "date"),
        Column("所属平台", choices=("高新区", "经开区")),
    ),
    ways={"unknown_enterprise": 2, "not_a_date": 3, "conflicting_duplicate": 1, "duplicate": 1},
    conflict="所属平台",
    empty_codes=0.35,
    below_scale_by_name=True,
    at_least=1,
)
# The county the plan was made for; what the setting's table says is about one of that size.
_PLAN_SIZE = 900
_FOREVER = np.datetime64("NaT", "D")
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Awards:
    """One element an award, in the order of the list; `until` is NaT where it holds until revoked."""

    holder: np.ndarray
    title: np.ndarray
    awarded: np.ndarray
    until: np.ndarray
    revoked: np.ndarray
    """Its end was nobody's plan: it is printed once it has come."""


def draw(county: County) -> Awards:
    """Every award up to the end of the last year."""
    drawn: dict[str, Awards] = {}
    for entry in table("title"):
        other = drawn.get(entry["shares_one_with"])
        drawn[entry["title"]] = _draw_title(county, entry, other)
    parts = [(a.holder, a.title, a.awarded, a.until, a.revoked) for a in drawn.values()]
    return Awards(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _draw_title(county: County, entry: dict, other: Awards | None) -> Awards:
    rng = stream(county.seed, "title", entry["title"])
    last = len(county.years) - 1
    scale = county.enterprises / _PLAN_SIZE if entry["scales"] else 1.0
    new = [round(count * scale) or min(count, 1) for count in entry["new"][: last + 1]]
    before = max(1, round(entry["start"] * scale))
    holder = _choose_holders(county, before + sum(new), entry["small"], other, rng)
    count = len(holder)

    # Those of before the first year were awarded over the years for which a title holds, or over a decade.
    reach = entry["valid_years"] or 10
    year = np.concatenate([county.years[0] - rng.integers(1, reach + 1, size=before), np.repeat(county.years, new)])
    # Awards come in batches: all of one month bear one date.
    month = rng.choice(entry["months"], size=count)
    batch_days = rng.integers(1, 29, size=(12, 13))
    day = batch_days[year[:count] % 12, month]
    awarded = _dates(year[:count], month, day)
    if other is not None:
        # Whoever got the other title last has this one too.
        holder[-1] = other.holder[np.argmax(other.awarded)]

    if not entry["valid_years"]:
        revoked = rng.random(count) < 0.03
        end = awarded + rng.integers(400, 2500, size=count)
        until = np.where(revoked, end, _FOREVER)
        return Awards(holder, np.full(count, entry["title"], dtype=object), awarded, until, revoked)
    return _renew(county, entry, holder, awarded, rng)


def _renew(county: County, entry: dict, holder: np.ndarray, awarded: np.ndarray, rng: np.random.Generator) -> Awards:
    """Awards that end after so many years and are mostly made anew, some of them after a gap."""
    end = np.datetime64(f"{county.years[-1]}-12-31")
    rounds = []
    edge = len(holder) > 2
    if edge:
        # One that holds up to and including the last day of a month, and ends there.
        awarded[1] = np.datetime64(f"{county.years[-1] - entry['valid_years']}-07-01")
    while len(holder):
        months = awarded.astype("datetime64[M]")
        until = (months + 12 * entry["valid_years"]).astype("datetime64[D]") + (awarded - months) - _DAY
        again = rng.random(len(holder)) < entry["renewed"]
        if edge:
            again[1], edge = False, False
        rounds.append((holder, awarded, until))
        following = until + 1 + np.where(rng.random(len(holder)) < 0.2, rng.integers(20, 120, size=len(holder)), 0)
        again &= following <= end
        holder, awarded = holder[again], following[again]
    who, begun, until = (np.concatenate(column) for column in zip(*rounds, strict=True))
    return Awards(who, np.full(len(who), entry["title"], dtype=object), begun, until, np.zeros(len(who), dtype=bool))


def _choose_holders(
    county: County, count: int, small_share: float, other: Awards | None, rng: np.random.Generator
) -> np.ndarray:
    """Different holders in random order: small ones, and enterprises of every register, mostly of the 高新区."""
    holders = county.holders
    steady = holders.steady
    if other is not None:
        steady = np.setdiff1d(steady, other.holder)
    small = np.concatenate([np.arange(county.n, county.total), holders.named])
    few = min(round(count * small_share), len(small))
    weights = np.where(county.platform[-1, steady] == "高新区", 4.0, 1.0)
    many = min(count - few, len(steady))
    large = rng.choice(steady, size=many, replace=False, p=weights / weights.sum())
    # Whom the registers cannot give is a small one.
    chosen = rng.choice(small, size=min(count - many, len(small)), replace=False)
    return rng.permutation(np.concatenate([large, chosen]))


def _dates(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]")
    return first + (day - 1)


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    awards = draw(county)
    end = np.datetime64(f"{facts.year}-12-31")
    listed = np.flatnonzero(awards.awarded <= end)
    who = awards.holder[listed]
    until = np.where(awards.revoked[listed] & (awards.until[listed] > end), _FOREVER, awards.until[listed])
    platform = county.holders.platform(k)[who]

    def sheet() -> Sheet:
        return Sheet(
            FORM,
            {
                "企业名称": county.holders.name(k)[who],
                "统一社会信用代码": county.holders.code(k)[who],
                "资质名称": awards.title[listed],
                "认定日期": awards.awarded[listed],
                "有效期至": until,
                "所属平台": platform,
            },
            **county.holders.known_by(k, who),
        )

    taken = desk.deliver(FORM, sheet, facts.year)
    if taken is not None:
        codes = setting()["platforms"]
        good = taken.accepted
        known.titles = pl.DataFrame(
            {
                "holder": who[good],
                "title": awards.title[listed][good],
                "awarded_on": awards.awarded[listed][good],
                "valid_until": until[good],
                "platform": [codes.get(name) for name in platform[good]],
            },
            schema_overrides={"platform": pl.String},
        )
