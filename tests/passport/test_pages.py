"""Pages say what the tables say, lead to each other and nowhere else, and come out alike every time."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from pipelines.passport import contributions, evidence, figures, pages, part
from pipelines.passport.vintages import chain, earlier_values
from pipelines.reading import number
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE, TABLES_FILE, Release
from pipelines.scoreboard import GREY, LIGHTS
from tests.passport.conftest import Night

VOID = {"meta", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """Tags in balance, links, text, and the figure for programs."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[tuple[str, str | None]] = []
        self.ids: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.machine = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert not self.open, (path, self.open)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.attributes |= set(values)
        if tag == "a":
            self.links.append((values["href"], values.get("rel")))
        if "id" in values:
            assert values["id"] not in self.ids
            self.ids.add(values["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.machine += data
        elif not self.open or self.open[-1] != "style":
            self.text += data


def _figures(tables: Path) -> list[dict]:
    with duckdb.connect(str(tables), read_only=True) as con:
        cursor = con.execute("select * from marts.indicator_value where breakdown = 'county'")
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_every_figure_of_the_county_has_a_page_that_says_what_the_table_says(night: Night) -> None:
    figures = _figures(night.release.tables)
    pages = {path for path in night.passports.rglob("*.html") if path.name != "index.html"}
    assert {night.passports / f["indicator_id"] / f"{f['period']}.html" for f in figures} == pages
    for figure in figures:
        page = Page(night.passports / figure["indicator_id"] / f"{figure['period']}.html")
        said = json.loads(page.machine)
        for name in ("indicator_id", "period", "breakdown_code", "value", "numerator", "denominator"):
            assert said[name] == figure[name]
        assert said["content_hash"] == night.release.content_hash
        assert f"{number(figure['value'])} " in page.text
        for side in ("numerator", "denominator"):
            if figure[side] is not None and figure["value"] is not None:
                assert number(figure[side]) in page.text


def test_links_lead_to_each_other_and_nowhere_else(night: Night) -> None:
    root = night.passports.resolve()
    neighbours, fragments = {}, set()
    for path in sorted(root.rglob("*.html")):
        page = Page(path)
        assert not page.attributes & {"src", "onclick", "onload", "action"}
        for href, rel in page.links:
            name, _, fragment = href.partition("#")
            target = (path.parent / name).resolve()
            assert target.is_file() and target.is_relative_to(root), (path, href)
            if fragment:
                assert fragment in Page(target).ids
            if rel:
                neighbours[path, rel] = target
    assert all(fragment in Page(target).ids for target, fragment in fragments)
    assert len(neighbours) > 2_000
    for (path, rel), target in neighbours.items():
        assert neighbours[target, "next" if rel == "prev" else "prev"] == path
    text = (root / "tax_per_mu_above_scale" / "2021-06.html").read_text(encoding="utf-8")
    assert "http:" not in text and "https:" not in text and "url(" not in text
    assert str(night.home.root) not in text and night.release.release_id not in text


def test_a_page_tells_what_was_missing_refused_or_quarantined(night: Night) -> None:
    page = Page(night.passports / "tax_per_mu_above_scale" / "2020-09.html")
    assert "退回 refused (period_mismatch)" in page.text and "未知" in page.text
    page = Page(night.passports / "tax_per_mu_above_scale" / "2021-06.html")
    assert "隔离 quarantined" in page.text
    assert "÷ 实际用地 Land in use" in page.text and "全县规上工业亩均税收达到39.8万元" in page.text
    assert "县经信局" in page.text and "--contributions" in page.text
    page = Page(night.passports / "energy_intensity_decline_3y" / "2021-06.html")
    assert "价格指数 price index" in page.text and "2020-06: " in page.text


@pytest.fixture(scope="module")
def drafted(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A draft of the very same release with a public file in which June 2021 of every count and growth is withheld."""
    folder = tmp_path_factory.mktemp("draft")
    for name in (TABLES_FILE, PUBLIC_FILE):
        shutil.copy(night.release.tables, folder / name)
        (folder / name).chmod(0o644)
    with duckdb.connect(str(folder / PUBLIC_FILE)) as con:
        con.execute("drop schema audit cascade")
        for table in ("indicator_value", "indicator_progress", "official_value"):
            con.execute(f"alter table marts.{table} add column conf_status varchar default 'F'")
        con.execute(
            "update marts.indicator_value set value = null, numerator = null, denominator = null, coverage = null, "
            "coverage_weighted = null, estimated_share = null, rolling12_value = null, n_enterprises = null, "
            "conf_status = 'A' where period = '2021-06'"
        )
        con.execute(
            "update marts.indicator_progress set value = null, achieved_share = null, status = null, light = null, "
            "conf_status = 'A' where period = '2021-06'"
        )
        for (table,) in con.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts' and (table_name like 'enterprise%' or "
            "table_name in ('project', 'project_stage', 'project_life_cycle', 'high_consumption_low_efficiency', "
            "'two_high_screening', 'carbon_efficiency', 'remediation_action'))"
        ).fetchall():
            con.execute(f"drop table marts.{table}")
    draft = Draft(night.home, folder, night.work_file, None, night.release.content_hash)
    part.passports(draft)
    part.passport_evidence(draft)
    part.public_passports(draft)
    return folder


def test_the_same_release_gives_the_same_bytes(night: Night, drafted: Path) -> None:
    again = drafted / part.INTERNAL
    names = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert names == {path.relative_to(night.passports) for path in night.passports.rglob("*") if path.is_file()}
    differing = [n for n in names if (again / n).read_bytes() != (night.passports / n).read_bytes()]
    assert not differing, sorted(differing)[:5]


def test_slices_of_contributors_give_the_same_bytes_as_all_at_once(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a province needs: more contributions than are looked at together."""
    monkeypatch.setattr(contributions, "SLICE_ROWS", 500)
    taken: list[str] = []
    take = contributions.take

    def kept(con: duckdb.DuckDBPyConnection, first: str, behind: str) -> None:
        taken.append(first)
        take(con, first, behind)

    monkeypatch.setattr(contributions, "take", kept)
    shutil.copyfile(night.release.tables, tmp_path / "internal.duckdb")
    part.passports(Draft(night.home, tmp_path, night.work_file, None, night.release.content_hash))
    assert len(taken) > 3
    again = tmp_path / part.INTERNAL
    pages_of = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert pages_of == {path.relative_to(night.passports) for path in night.passports.rglob("*.html")}
    assert [n for n in pages_of if (again / n).read_bytes() != (night.passports / n).read_bytes()] == []


def test_a_page_counts_the_rows_of_each_file_as_they_are_listed(night: Night) -> None:
    """They are counted by classes of contributors; listed, each row is there once."""
    with evidence.of_release(night.passports, night.release.tables) as con:
        for indicator in ("energy_intensity_decline_3y", "tax_per_mu_above_scale", "high_value_patents_per_10k"):
            ((period,),) = con.execute(
                "select max(period) from marts.indicator_value where indicator_id = $i and breakdown = 'county' "
                "and value is not null",
                {"i": indicator},
            ).fetchall()
            (passport,) = figures.read(con, internal=True, indicators=[indicator], months=(period, period))
            listed = Counter((source, sha256) for source, _, _, _, sha256 in contributions.delivered_rows(con))
            counted = {(d["source"], d["sha256"]): d["n_rows"] for d in passport.deliveries if d["n_rows"]}
            assert counted == listed and sum(counted.values()) > 20


def test_the_public_edition_names_no_enterprise_and_nothing_of_one(night: Night, drafted: Path) -> None:
    public = drafted / part.PUBLIC
    assert not [path for path in public.rglob("*") if path.is_file() and path.suffix != ".html"]
    with duckdb.connect(str(night.work_file), read_only=True) as con:
        secrets = {
            name
            for (name,) in con.execute(
                "select enterprise_code from staging.stg_register union select enterprise_name from "
                "staging.stg_register union select project_id from marts.project union select name from marts.project "
                "union select patent_no from staging.stg_patent union select holder_name from staging.stg_patent"
            ).fetchall()
            if name
        }
    assert len(secrets) > 200
    everything = "\n".join(path.read_text(encoding="utf-8") for path in sorted(public.rglob("*.html")))
    assert not [secret for secret in secrets if secret in everything]
    internal = (night.passports / "tax_per_mu_above_scale" / "2021-05.html").read_text(encoding="utf-8")
    assert [secret for secret in secrets if secret in internal]  # the search would find one


def test_a_suppressed_figure_shows_no_number_nor_one_it_follows_from(night: Night, drafted: Path) -> None:
    public = drafted / part.PUBLIC
    for figure in _figures(night.release.tables):
        page = Page(public / figure["indicator_id"] / f"{figure['period']}.html")
        said = json.loads(page.machine)
        if figure["period"] != "2021-06":
            assert said["value"] == figure["value"]
            continue
        assert said["value"] is None and said["numerator"] is None and said["denominator"] is None
        assert "不公布" in page.text and "算式" not in page.text
        assert not [sign for sign, *_ in (*LIGHTS.values(), GREY) if sign in page.text]
        digits = number(figure["value"])
        if figure["value"] is not None and len(digits) > 4:
            assert digits not in page.text
    # nor does a growth show the ratio it is of, where that is withheld
    base = next(
        f["value"]
        for f in _figures(night.release.tables)
        if (f["indicator_id"], f["period"]) == ("tax_per_mu_above_scale", "2021-06")
    )
    growth = public / "tax_per_mu_growth"
    assert number(base) not in Page(growth / "2021-06.html").text
    assert "÷" in Page(growth / "2021-07.html").text


def test_earlier_releases_are_named_by_content_and_only_where_they_differ(tmp_path: Path) -> None:
    def release(name: str, content: str, previous: str | None, value: float | None) -> Release:
        folder = tmp_path / name
        folder.mkdir()
        with duckdb.connect(str(folder / TABLES_FILE)) as con:
            con.execute("create schema marts")
            con.execute(
                "create table marts.indicator_value as select 'a' as indicator_id, '2021-01' as period, 'county' as "
                "breakdown, '1' as breakdown_code, cast(? as double) as value",
                [value],
            )
        manifest = {"content_hash": content * 8, "previous": previous, "latest_period": "2021-01"}
        return Release(name, folder, manifest, False)

    known = [
        release("r1", "11111111", None, 1.0),
        release("r2", "22222222", "r1", 1.0),
        release("r3", "33333333", "r2", None),
        release("r4", "44444444", "r3", 4.0),
    ]
    before = chain(known[-1], known, "44444444" * 8)
    assert [r.release_id for r in before] == ["r3", "r2", "r1"]  # not the one of the very same content
    said = earlier_values(before, TABLES_FILE)["a", "2021-01", "county", "1"]
    assert [(v["content"], v["value"]) for v in said] == [("33333333", None), ("11111111", 1.0)]
    assert chain(known[-1], known[2:], "x") == [known[3], known[2]]  # the rest was pruned


def test_why_a_figure_was_revised_stands_on_its_page_where_the_release_says_so(night: Night, tmp_path: Path) -> None:
    tables = tmp_path / TABLES_FILE
    shutil.copy(night.release.tables, tables)
    tables.chmod(0o644)
    key = "'tax_per_mu_above_scale' as indicator_id, '2021-06' as period, 'county' as breakdown, "
    key += "'330521' as breakdown_code"
    with duckdb.connect(str(tables)) as con:
        con.execute(
            f"create or replace table audit.revision as select {key}, 1.5 as value_before, 2.5 as value_now, "
            "'20220101T000000Z-00000000' as release_before, '更正 <企业入库税收>' as why"
        )
    with evidence.of_work_file(tables, night.work_file) as con:
        (found,) = figures.read(
            con, internal=True, indicators=["tax_per_mu_above_scale"], months=("2021-06", "2021-06")
        )
        pages.write(tmp_path, [found], lambda kind: [], "c0ffee", internal=True)
    page = Page(tmp_path / "tax_per_mu_above_scale" / "2021-06.html")
    assert "1.5 → 2.5：更正 <企业入库税收>" in page.text
    assert "20220101T000000Z" not in page.text
