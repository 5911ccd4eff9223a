"""The proxy of a province: a county's password opens that county and no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.province.registry import Area, County, add_county, new_province
from pipelines.release.access import PUBLIC
from pipelines.release.store import clean_up
from tests.operations.test_access import public_parts
from tests.operations.test_deploy import DEPLOY, Proxy, proxied
from tests.release.test_store import publish_one

MINE, OTHER, SHUT = "330521", "330523", "330522"
NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    def prepare(root: Path, passwords: Callable[[str, str], None]) -> None:
        province = new_province(Home(root), Area("330000", "浙江省", "Zhejiang"))
        for code in (MINE, OTHER, SHUT):
            province = add_county(province, County(code, f"县{code}", f"County {code}"))
        for home in (province.home, *(province.home_of(county) for county in province.counties)):
            clean_up(home)
            publish_one(home, "run1", at=NOW, parts=(lambda draft: public_parts(draft.folder),))
        passwords("htpasswd", "province")
        passwords(f"htpasswd-{MINE}", "mine")
        passwords(f"htpasswd-{OTHER}", "other")

    with proxied("fenghuang-province.conf", prepare) as running:
        yield running


def test_what_is_public_is_for_everybody(proxy: Proxy) -> None:
    assert proxy.get("/public.duckdb").status == 200
    for code in (MINE, OTHER, SHUT):
        assert proxy.get(f"/counties/{code}/public.duckdb").status == 200
        assert proxy.get(f"/counties/{code}/passports/deeper/page.html").body == "passports"
        assert "deeper/" in proxy.get(f"/counties/{code}/parquet/").body


@pytest.mark.parametrize(
    ("password", "opens"), [("mine", f"/counties/{MINE}"), ("other", f"/counties/{OTHER}"), ("province", "")]
)
def test_a_password_opens_its_own(proxy: Proxy, password: str, opens: str) -> None:
    for base in ("", *(f"/counties/{code}" for code in (MINE, OTHER, SHUT))):
        for file in ("internal.duckdb", "manifest.json", "internal/passports/index.html"):
            status = proxy.get(f"{base}/internal/{file}", password).status
            assert status == 200 if base == opens else status in (401, 403), (base, file, status)


def test_nothing_else_is_served(proxy: Proxy) -> None:
    for path in (
        "/counties.csv",
        "/province.csv",
        f"/counties/{MINE}/internal.duckdb",
        f"/counties/{MINE}/manifest.json",
        f"/counties/{MINE}/raw/inbox/",
        f"/counties/{MINE}/warehouse/work/run1/run.log",
        f"/counties/{MINE}/passports/../internal.duckdb",
        f"/counties/{MINE}/parquet/../../../work/run1/run.log",
        "/warehouse/current/internal.duckdb",
    ):
        assert proxy.get(path).status in (400, 403, 404), path
    traversal = f"/counties/{MINE}/internal/../../{OTHER}/internal/internal.duckdb"
    assert proxy.get(traversal, "mine").status in (400, 401, 403, 404)


def test_the_proxy_serves_as_public_just_what_is_public() -> None:
    site = (DEPLOY / "nginx" / "fenghuang-province.conf").read_text(encoding="utf-8")
    named = re.findall(r"\(\?<page>\(([^)]*)\)", site)
    assert {name.replace("\\", "") for group in named for name in group.split("|")} == PUBLIC
