"""Which counties there are, and what a process that works on one of them may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.province.registry import Area, County, RegistryBroken, add_county, new_province, read_province

ZHEJIANG = Area("330000", "浙江省", "Zhejiang")
DEQING = County("330521", "德清县", "Deqing County")
ANJI = County("330523", "安吉县", "Anji County", plan="plans/anji", unix_group="")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "home" / "plans" / "anji").mkdir(parents=True)
    return tmp_path / "home"


def test_counties_are_kept_in_a_file(root: Path) -> None:
    province = add_county(add_county(new_province(Home(root), ZHEJIANG), DEQING), ANJI)
    assert province == read_province(Home(root))
    assert province.counties == (DEQING, ANJI)
    assert (root / "counties.csv").read_text(encoding="utf-8").splitlines() == [
        "county_code,name_zh,name_en,plan,unix_group",
        "330521,德清县,Deqing County,,",
        "330523,安吉县,Anji County,plans/anji,",
    ]
    assert (root / "counties" / "330521" / "raw" / "inbox").is_dir()
    assert province.plan_of(ANJI) == root / "plans" / "anji" and province.plan_of(DEQING) is None


@pytest.mark.parametrize(
    ("county", "words"),
    [
        (County("33052", "德清县", "Deqing County"), "six digits"),
        (County("320521", "张家港", "Zhangjiagang"), "does not lie in 330000"),
        (County("330521", "德清县", "Deqing County"), "more than once"),
        (County("330522", "长兴县", ""), "has no name"),
        (County("330522", "长兴县", "Changxing", plan="nowhere"), "is no folder"),
        (County("330522", "长兴县", "Changxing", unix_group="no-such-group"), "no-such-group cannot be given"),
    ],
)
def test_what_is_wrong_is_named(root: Path, county: County, words: str) -> None:
    province = add_county(new_province(Home(root), ZHEJIANG), DEQING)
    with pytest.raises(RegistryBroken, match=words):
        add_county(province, county)
    assert read_province(Home(root)).counties == (DEQING,)


def test_a_city_has_its_own_counties(root: Path) -> None:
    city = new_province(Home(root), Area("330500", "湖州市", "Huzhou"))
    assert add_county(city, DEQING).counties == (DEQING,)
    with pytest.raises(RegistryBroken, match="does not lie in 330500"):
        add_county(city, County("330122", "桐庐县", "Tonglu County"))


def test_a_broken_file_names_its_row(root: Path) -> None:
    new_province(Home(root), ZHEJIANG)
    counties = root / "counties.csv"
    counties.write_text(counties.read_text(encoding="utf-8") + "330521,德清县,Deqing,,\n330521,又,Again,,\n")
    with pytest.raises(RegistryBroken, match=r"counties\.csv row 3, county_code: 330521"):
        read_province(Home(root))
    counties.write_text("code,name\n", encoding="utf-8")
    with pytest.raises(RegistryBroken, match="the heading must be county_code,name_zh"):
        read_province(Home(root))


def test_an_installation_is_never_made_a_province(root: Path) -> None:
    Home(root).releases.mkdir(parents=True)
    with pytest.raises(RegistryBroken, match="is there already"):
        new_province(Home(root), ZHEJIANG)


def test_a_county_sees_its_own_sources_and_no_other(root: Path) -> None:
    province = add_county(add_county(new_province(Home(root), ZHEJIANG), DEQING), ANJI)
    given = {
        "PATH": "/bin",
        "FENGHUANG_HOME": str(root),
        "FENGHUANG_PLAN": "/the/province's",
        "DAGSTER_HOME": "/the/province's",
        "PATENT_API_URL": "https://nobody's",
        "PATENT_API_URL_330521": "https://deqing",
        "PATENT_API_TOKEN_330521": "deqing's",
        "INVESTMENT_DB_URL_330523": "postgresql://anji",
    }
    assert province.environment_of(DEQING, given) == {
        "PATH": "/bin",
        "FENGHUANG_HOME": str(root / "counties" / "330521"),
        "PATENT_API_URL": "https://deqing",
        "PATENT_API_TOKEN": "deqing's",
    }
    assert province.environment_of(ANJI, given) == {
        "PATH": "/bin",
        "FENGHUANG_HOME": str(root / "counties" / "330523"),
        "FENGHUANG_PLAN": str(root / "plans" / "anji"),
        "INVESTMENT_DB_URL": "postgresql://anji",
    }
