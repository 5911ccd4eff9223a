"""One passport of a published release: by target, month and area, or by its id."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from pipelines.passport import contributions, evidence, figures, vintages
from pipelines.passport.part import INTERNAL, with_history
from pipelines.reading import NothingThere, rows
from pipelines.release.store import TABLES_FILE, Release
from pipelines.scoreboard import find_target

Key = tuple[str, str, str, str]


def find_figure(release: Release, target: str, period: str, area: str | None) -> Key:
    """(indicator_id, period, breakdown, breakdown_code) of a published figure. `target`: id or Chinese name; `area`:
    code or name of a town, platform or division, the county where None.

    Raises `NothingThere`, naming the nearest targets, the areas, or the months that there are.
    """
    with duckdb.connect(str(release.tables), read_only=True) as con:
        found = find_target(con, target)
        # a repeat has no figures of its own
        indicator = found["same_as"] if found["row_type"] == "duplicate_ref" else found["target_id"]
        there = rows(
            con,
            "select v.period, v.breakdown, v.breakdown_code, d.name_zh, d.name_en from marts.indicator_value as v "
            "left join marts.dimension as d on v.breakdown = d.breakdown and v.breakdown_code = d.breakdown_code "
            "where v.indicator_id = $indicator order by v.period, v.breakdown, v.breakdown_code",
            indicator=indicator,
        )
    if not there:
        raise NothingThere(f"{indicator}: 该指标没有公布的数 no figure of this target is published")
    asked = area.strip().lower() if area else None
    of_area = [row for row in there if (row["breakdown"] == "county" if asked is None else asked in _called(row))]
    if not of_area and asked is not None:
        # part of a name will do where it is that of one area only
        of_area = [row for row in there if any(asked in name for name in _called(row))]
        if len({(row["breakdown"], row["breakdown_code"]) for row in of_area}) > 1:
            of_area = []
    if not of_area:
        raise NothingThere(
            f"{area}: 该指标没有这个区域 no figure for this area; there are: "
            + "、".join(sorted({f"{r['breakdown_code']} {r['name_zh'] or ''}".strip() for r in there}))
        )
    for row in of_area:
        if row["period"] == period:
            return indicator, period, row["breakdown"], row["breakdown_code"]
    months = [row["period"] for row in of_area]
    raise NothingThere(f"{period}: 没有这一期 no such month; there are {_listed(months)}")


def _called(row: dict[str, Any]) -> set[str]:
    names = (row["breakdown_code"], row["name_zh"], row["name_en"])
    return {name.lower() for name in names if name}


def _listed(months: list[str]) -> str:
    return f"{months[0]} … {months[-1]} ({len(months)})" if len(months) > 12 else "、".join(months)


def figure_of_id(release: Release, figure_id: str) -> Key:
    """The figure of a passport id in a release. Raises `NothingThere`."""
    with duckdb.connect(str(release.tables), read_only=True) as con:
        try:
            found = con.execute(
                "select indicator_id, period, breakdown, breakdown_code from marts.indicator_value "
                "where passport_id(indicator_id, period, breakdown, breakdown_code) = $id",
                {"id": figure_id},
            ).fetchall()
        except duckdb.CatalogException as error:
            raise NothingThere(f"{release.release_id} 没有数字护照 was published without passports") from error
    if not found:
        raise NothingThere(f"{figure_id}: {release.release_id} 没有此护照 holds no figure of this id")
    (key,) = found
    return key


def read_one(release: Release, key: Key, known: Iterable[Release]) -> figures.Passport:
    """The internal passport of a figure, areas too. Raises `NothingThere` where the release holds no passports."""
    indicator, period, breakdown, code = key
    try:
        with evidence.of_release(release.path / INTERNAL, release.tables) as con:
            months = (period, period)
            (passport,) = figures.read(
                con, internal=True, breakdown=breakdown, indicators=[indicator], months=months, code=code
            )
    except FileNotFoundError as missing:
        raise NothingThere(str(missing)) from missing
    known = list(known)
    first = next((r for r in known if r.release_id == release.manifest["previous"]), None)
    before = vintages.chain(first, known, release.content_hash)
    return with_history(passport, vintages.earlier_values(before, TABLES_FILE, breakdown))


def write_contributions(release: Release, key: Key, path: Path) -> int:
    """Everything that adds up to a figure to `path`, a new Parquet file: how many rows it has.

    Columns: indicator_id, side, fact_period, contributor_kind, contributor, name, town_code, platform_code, division,
    numerator, denominator (units of `int_formula`), is_counted; source, file_name, sheet, row_number, sha256 of one row
    that the contribution stands on. One that stands on several rows comes as often.

    Raises `FileExistsError`; `NothingThere` where the release holds no passports.
    """
    if path.exists():
        raise FileExistsError(f"{path}: 已存在，不覆盖 is there already and is not overwritten; name another file")
    indicator, period, breakdown, code = key
    try:
        with evidence.of_release(release.path / INTERNAL, release.tables) as con:
            figures.ask(con, breakdown=breakdown, indicators=[indicator], months=(period, period), code=code)
            return contributions.write(con, path)
    except FileNotFoundError as missing:
        raise NothingThere(str(missing)) from missing


def as_json(passport: figures.Passport, content_hash: str) -> dict[str, Any]:
    """Everything of a passport by name, for programs."""
    return {
        "figure": passport.figure,
        "content_hash": content_hash,
        "indicator": passport.indicator,
        "rule": passport.rule,
        "formula": passport.formula,
        "progress": passport.progress,
        "official": passport.officials,
        "contributors": passport.contributors,
        "largest": passport.largest,
        "deliveries": passport.deliveries,
        "checks_passed": passport.n_passed,
        "warnings": passport.n_warned,
        "earlier_releases": passport.earlier,
        "revisions": passport.revisions,
    }
