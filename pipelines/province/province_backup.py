"""A province copied onto another disk: its counties first, then the roll-ups that stand on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from pipelines.home import Home
from pipelines.province.registry import COUNTIES_FILE, PROVINCE_FILE, Province
from pipelines.release.backup import Copied, back_up
from pipelines.release.files import write_file


def back_up_province(province: Province, to: Home, say: Callable[[str], None]) -> Copied:
    """Bring `to` up to date. Plans that lie outside the province are the administrator's to keep."""
    to.root.mkdir(parents=True, exist_ok=True)
    copies = []
    for county in province.counties:
        own = province.home_of(county)
        copy = Home(to.root / own.root.relative_to(province.home.root))
        copies.append(back_up(own, copy, lambda message, code=county.county_code: say(f"{code} {message}")))  # type: ignore[misc]
        plan = province.plan_of(county)
        if plan is not None and plan.is_relative_to(province.home.root):
            shutil.copytree(plan, to.root / plan.relative_to(province.home.root), dirs_exist_ok=True)
    copies.append(back_up(province.home, to, say))
    for name in (COUNTIES_FILE, PROVINCE_FILE):
        write_file(to.root / name, (province.home.root / name).read_bytes())
    return Copied(sum(c.releases for c in copies), sum(c.files for c in copies), copies[-1].current)
