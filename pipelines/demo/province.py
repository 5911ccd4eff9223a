"""A made-up province: counties with codes, names and towns of their own, each with its deliveries, plan and truth."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.demo.setting import Place, at, setting
from pipelines.demo.write import DemoReport, write_demo
from pipelines.home import Home
from pipelines.plan.check import OWN_SEEDS, REQUIRED
from pipelines.province.registry import Area, County, add_county, new_province

PROVINCE = Area("330000", "演示省", "Demo Province")
# No county of China has these codes or names.
FIRST_CODE = 337101
_FIRST = {
    "云": "yun", "苇": "wei", "鹭": "lu", "澄": "cheng", "桐": "tong", "蕙": "hui", "梨": "li", "笺": "jian",
    "翠": "cui", "霁": "ji",
}  # fmt: skip
_SECOND = {
    "溪": "xi", "坞": "wu", "山": "shan", "渚": "zhu", "川": "chuan", "湾": "wan", "岭": "ling", "桥": "qiao",
    "浦": "pu",
}  # fmt: skip
_TOWNS = {
    "东": "Dong", "南": "Nan", "西": "Xi", "北": "Bei", "上": "Shang", "下": "Xia", "新": "Xin", "古": "Gu",
    "前": "Qian", "后": "Hou", "中": "Zhong", "大": "Da", "小": "Xiao",
}  # fmt: skip
MOST_COUNTIES = len(_FIRST) * len(_SECOND)
LARGER = 7


def place(number: int) -> Place:
    """The `number`-th made-up county, from 0 on."""
    first, second = list(_FIRST)[number % 10], list(_SECOND)[(number // 10 + number) % 9]
    english = f"{_FIRST[first]}{_SECOND[second]}".capitalize()
    kinds = ["街道" if town["name"].endswith("街道") else "镇" for town in setting()["towns"]]
    towns = tuple(f"{word}{second}{kind}" for word, kind in zip(_TOWNS, kinds, strict=True))
    return Place(f"{FIRST_CODE + number}", f"{first}{second}县", f"{english} County", towns)


def write_plan(where: Place, folder: Path) -> None:
    """The checkout's plan for another county: its own areas, and the registry as it is. Rules are the checkout's."""
    folder.mkdir(parents=True)
    for name in REQUIRED:
        if name != "area":
            shutil.copyfile(OWN_SEEDS / f"{name}.csv", folder / f"{name}.csv")
    shutil.copyfile(OWN_SEEDS / "platform.csv", folder / "platform.csv")
    with at(where):
        towns = setting()["towns"]
    english = list(_TOWNS.values())
    rows = [(where.code, where.name_zh, where.name_en, "county", where.code[:2] + "0000")]
    for town, word in zip(towns, english, strict=True):
        kind = "subdistrict" if town["name"].endswith("街道") else "town"
        rows.append((town["code"], town["name"], f"{word} {kind}".title(), kind, where.code))
    _write(folder / "area.csv", ("code", "name_zh", "name_en", "area_type", "parent_code"), rows)
    aliases = [(town["old_code"], town["code"], "旧代码 / older code") for town in towns if "old_code" in town]
    _write(folder / "area_alias.csv", ("alias_code", "area_code", "note"), aliases)


def write_province(
    home: Home,
    counties: int,
    *,
    enterprises: int,
    years: Sequence[int],
    defects: float,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> list[DemoReport]:
    """A province of `counties` made-up counties, each larger than the one before, in the empty `home`.

    The same arguments write the same bytes. The truth of each county is kept in its `raw/demo_truth/`. Raises
    `RegistryBroken` where the home is not empty, ValueError for sizes that cannot be written.
    """
    if not 1 <= counties <= MOST_COUNTIES:
        raise ValueError(f"a made-up province has 1 to {MOST_COUNTIES} counties, not {counties}")
    say = progress or (lambda message: None)
    province = new_province(home, PROVINCE)
    reports = []
    for number in range(counties):
        where = place(number)
        plan = Path("plans") / where.code
        write_plan(where, home.root / plan)
        county = County(where.code, where.name_zh, where.name_en, plan=str(plan))
        province = add_county(province, county)
        own = province.home_of(county)
        say(f"[{number + 1}/{counties}] {where.code} {where.name_zh}")
        with at(where):
            reports.append(
                write_demo(
                    own.inbox,
                    own.demo_truth,
                    enterprises=enterprises + LARGER * number,
                    years=years,
                    defects=defects,
                    seed=seed + number,
                )
            )
    return reports


def _write(path: Path, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)
