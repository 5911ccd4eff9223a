"""Which counties a province has: `province.csv` (one row) and `counties.csv` (a row a county) in `FENGHUANG_HOME`."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from pipelines.home import Home
from pipelines.plan import VARIABLE as PLAN
from pipelines.release.files import write_file

PROVINCE_FILE, COUNTIES_FILE = "province.csv", "counties.csv"
COUNTY_CODE = re.compile(r"\d{6}")
# Where a county's sources are pulled from: of a province each is named with the county's code, as
# PATENT_API_URL_330521, for one county's list must never be taken in by another.
OF_ONE_COUNTY = ("PATENT_API_URL", "PATENT_API_TOKEN", "INVESTMENT_DB_URL")
# Files below a county belong to its group, whoever makes them.
SETGID = 0o2755


class RegistryBroken(ValueError):
    """A registry that cannot be used; the message names file, row, column and mend."""


@dataclass(frozen=True)
class Area:
    """The province itself."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class County:
    """A row of `counties.csv`. `plan`: the folder of its plan, seen from the province's folder, empty for the
    checkout's; `unix_group`: the group of its analysts, empty for the group of whoever runs the night."""

    county_code: str
    name_zh: str
    name_en: str
    plan: str = ""
    unix_group: str = ""


@dataclass(frozen=True)
class Province:
    """`home`: where the roll-up is published, as a county's release is in its own."""

    home: Home
    area: Area
    counties: tuple[County, ...]

    def county(self, code: str) -> County:
        """Raises `RegistryBroken`."""
        found = next((county for county in self.counties if county.county_code == code), None)
        if found is None:
            known = ", ".join(county.county_code for county in self.counties) or "none yet"
            raise RegistryBroken(f"{COUNTIES_FILE}: no county {code}; there are {known}")
        return found

    def home_of(self, county: County) -> Home:
        return Home(self.home.root / "counties" / county.county_code)

    def plan_of(self, county: County) -> Path | None:
        return (self.home.root / county.plan).resolve() if county.plan else None

    def environment_of(self, county: County, environment: Mapping[str, str]) -> dict[str, str]:
        """The variables of a process that works on one county: its folder, its plan, its own sources and no other's."""
        code = county.county_code
        own = {key: value for key, value in environment.items() if not _of_a_county(key) and key != PLAN}
        own["FENGHUANG_HOME"] = str(self.home_of(county).root)
        if plan := self.plan_of(county):
            own[PLAN] = str(plan)
        for name in OF_ONE_COUNTY:
            if value := environment.get(f"{name}_{code}"):
                own[name] = value
        # Ninety nights at once in one Dagster store would wait for each other: a county has its own, or none.
        instance = self.home_of(county).dagster
        own.pop("DAGSTER_HOME", None)
        if (instance / "dagster.yaml").is_file():
            own["DAGSTER_HOME"] = str(instance)
        return own


def _of_a_county(variable: str) -> bool:
    return any(variable == name or re.fullmatch(rf"{name}_\d{{6}}", variable) for name in OF_ONE_COUNTY)


def is_province(home: Home) -> bool:
    return (home.root / PROVINCE_FILE).is_file()


def read_province(home: Home) -> Province:
    """Raises `RegistryBroken`."""
    if not is_province(home):
        raise RegistryBroken(
            f"{home.root}: 不是省级安装 no province here; run: fenghuang province new CODE NAME_ZH NAME_EN"
        )
    areas = [Area(*row.values()) for row in _rows(home.root / PROVINCE_FILE, [f.name for f in fields(Area)])]
    if len(areas) != 1 or not COUNTY_CODE.fullmatch(areas[0].code):
        raise RegistryBroken(f"{PROVINCE_FILE}: one row with the code of the province, six digits, as 330000")
    counties = [County(*row.values()) for row in _rows(home.root / COUNTIES_FILE, [f.name for f in fields(County)])]
    for number, county in enumerate(counties, start=2):
        if fault := _fault(areas[0], county, counties[: number - 2]):
            raise RegistryBroken(f"{COUNTIES_FILE} row {number}, {fault}")
    return Province(home, areas[0], tuple(counties))


def new_province(home: Home, area: Area) -> Province:
    """Raises `RegistryBroken` where the folder holds an installation already."""
    for taken in (home.root / PROVINCE_FILE, home.archive, home.releases):
        if taken.exists():
            raise RegistryBroken(f"{taken}: is there already; set FENGHUANG_HOME to an empty folder")
    if not COUNTY_CODE.fullmatch(area.code):
        raise RegistryBroken(f"{area.code}: a province has a code of six digits, as 330000")
    home.root.mkdir(parents=True, exist_ok=True)
    _write(home.root / COUNTIES_FILE, County, [])
    _write(home.root / PROVINCE_FILE, Area, [area])
    return read_province(home)


def add_county(province: Province, county: County) -> Province:
    """The province with one county more, whose folders are made; where it has a group, they belong to that.

    Raises `RegistryBroken`.
    """
    if fault := _fault(province.area, county, province.counties):
        raise RegistryBroken(fault)
    plan = province.plan_of(county)
    if plan is not None and not plan.is_dir():
        raise RegistryBroken(f"plan: {plan} is no folder")
    home = province.home_of(county)
    for needed in (home.inbox, home.releases, home.work):
        needed.mkdir(parents=True, exist_ok=True)
    home.root.parent.chmod(0o755)
    for folder in (home.root, home.raw, home.inbox, home.warehouse, home.releases, home.work):
        if county.unix_group:
            try:
                shutil.chown(folder, group=_group(county.unix_group))
            except (LookupError, PermissionError) as error:
                raise RegistryBroken(
                    f"unix_group: {county.unix_group} cannot be given {folder} ({error}); "
                    "make the group, and the account that runs the nights its member"
                ) from error
        folder.chmod(SETGID & ~0o007 if folder in (home.raw, home.work) else SETGID)
    _write(province.home.root / COUNTIES_FILE, County, [*province.counties, county])
    return read_province(province.home)


def _group(name: str) -> str | int:
    return int(name) if name.isdigit() else name


def _fault(area: Area, county: County, before: tuple[County, ...] | list[County]) -> str | None:
    code = county.county_code
    # 330000 is a province, 330500 a city: the counties of it begin with 33, with 3305.
    begins = re.sub(r"(00)+$", "", area.code)
    if not COUNTY_CODE.fullmatch(code):
        return f"county_code: {code or 'empty'}; write the six digits of GB/T 2260"
    if not code.startswith(begins) or code == area.code:
        return f"county_code: {code} does not lie in {area.code} {area.name_zh}"
    if any(other.county_code == code for other in before):
        return f"county_code: {code} stands there more than once"
    if not county.name_zh or not county.name_en:
        return f"name_zh, name_en: {code} has no name"
    return None


def _rows(path: Path, columns: list[str]) -> list[dict[str, str]]:
    if not path.is_file():
        raise RegistryBroken(f"{path.name}: missing; its heading is {','.join(columns)}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != columns:
            raise RegistryBroken(f"{path.name} row 1: the heading must be {','.join(columns)}")
        return [{column: (row[column] or "").strip() for column in columns} for row in reader]


def _write(path: Path, kind: type, rows: list[Area] | list[County]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(kind)])
    writer.writerows(astuple(row) for row in rows)
    write_file(path, text.getvalue().encode())


def enter_county(code: str) -> None:
    """From here on this process works on one county of the province in `FENGHUANG_HOME`. Raises `RegistryBroken`."""
    province = read_province(Home.from_env())
    entered = province.environment_of(province.county(code), os.environ)
    for name in set(os.environ) - set(entered):
        del os.environ[name]
    os.environ.update(entered)
