"""What the analysts of one county may read: their own release, everybody's public part, and nothing else; tried by
real users."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.province.registry import Area, County, Province, add_county, new_province
from pipelines.release.access import close_to_others
from pipelines.release.store import clean_up
from tests.operations.test_access import public_parts
from tests.province.conftest import GROUP, GROUPED, OTHER_PLAN, Made
from tests.release.test_store import publish_one

NOBODY = 65534
GROUPS = {"330521": 60001, "330523": 60002}
NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user to try")


@pytest.fixture
def province() -> Iterator[Province]:
    """Not below pytest's own folder, which keeps strangers out by itself. Its own release belongs to root's group."""
    folder = Path(tempfile.mkdtemp(prefix="fenghuang-province-"))
    folder.chmod(0o755)
    province = new_province(Home(folder), Area("330000", "浙江省", "Zhejiang"))
    for code, group in GROUPS.items():
        province = add_county(province, County(code, f"县{code}", f"County {code}", unix_group=str(group)))
    for home in (province.home, *(province.home_of(county) for county in province.counties)):
        clean_up(home)
        publish_one(home, "run1", at=NOW, parts=(lambda draft: public_parts(draft.folder),))
        (home.archive / "objects").mkdir(parents=True)
        (home.archive / "objects" / "bytes").write_text("rows of enterprises")
        (home.inbox / "tax").mkdir(parents=True)
        (home.inbox / "tax" / "delivery.xlsx").write_text("rows")
        close_to_others(home)
    yield province
    shutil.rmtree(folder)


def files(home: Home) -> tuple[set[Path], set[Path], set[Path]]:
    """Public, released but internal, and not released."""
    current = home.current
    public = {current / "public.duckdb", current / "passports" / "deeper" / "page.html"}
    internal = {
        current / "internal.duckdb",
        current / "manifest.json",
        current / "internal" / "passports" / "index.html",
        current / "data_docs" / "index.html",
    }
    closed = {home.inbox / "tax" / "delivery.xlsx", home.archive / "objects" / "bytes", home.work / "run1" / "run.log"}
    assert all(path.is_file() for path in public | internal | closed)
    return public, internal, closed


def readable(paths: set[Path], group: int) -> set[Path]:
    done = {
        path: subprocess.run(["cat", str(path)], user=NOBODY, group=group, extra_groups=[], capture_output=True)
        for path in paths
    }
    assert all(run.returncode == 0 or b"Permission denied" in run.stderr for run in done.values())
    return {path for path, run in done.items() if run.returncode == 0}


def test_analysts_read_their_own_county_and_what_is_public(province: Province) -> None:
    homes = {code: province.home_of(province.county(code)) for code in GROUPS} | {"province": province.home}
    kinds = {name: files(home) for name, home in homes.items()}
    everything = set().union(*(paths for kind in kinds.values() for paths in kind))
    everybodys = set().union(*(public for public, _, _ in kinds.values()))
    assert readable(everything, NOBODY) == everybodys, "a stranger"
    for code, group in GROUPS.items():
        mine = readable(everything, group)
        assert everybodys | kinds[code][1] <= mine
        for other in kinds.keys() - {code}:
            assert mine.isdisjoint(kinds[other][1] | kinds[other][2]), f"{code} reads of {other}"
    ours = readable(everything, os.getegid())
    assert everybodys | kinds["province"][1] <= ours, "the province's own analysts read its roll-up"
    for code in GROUPS:
        assert ours.isdisjoint(kinds[code][1] | kinds[code][2]), "and of a county what is public"


def test_whatever_a_night_makes_belongs_to_the_countys_group(made: Made) -> None:
    """Also what helper processes wrote and what was moved there."""
    province = made.province
    mine = province.home_of(province.county(GROUPED))
    paths = [mine.root, *mine.root.rglob("*")]
    assert len(paths) > 200
    assert {path.lstat().st_gid for path in paths if not path.is_symlink()} == {GROUP}
    other = province.home_of(province.county(OTHER_PLAN))
    assert GROUP not in {path.lstat().st_gid for path in other.root.rglob("*")}
    for home in (mine, other, province.home):
        for folder in (home.raw, home.work):
            assert not folder.exists() or folder.stat().st_mode & 0o007 == 0, folder
        assert (home.current / "internal.duckdb").stat().st_mode & 0o777 == 0o440
        assert (home.current / "public.duckdb").stat().st_mode & 0o777 == 0o444
