"""What a bulletin says, on small tables made by hand: words follow the data, marks where they belong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from docx import Document

from pipelines.reading import NothingThere
from pipelines.report.bulletin import Bulletin, compose
from pipelines.report.bulletin_docx import write_docx
from pipelines.report.bulletin_facts import choose, read_facts, reported_months
from pipelines.report.bulletin_numbers import figure_text, rounded, share_text
from pipelines.report.bulletin_pdf import NoFont, choose_fonts, write_pdf
from pipelines.report.bulletin_periods import NoSuchPeriod, due, edition
from pipelines.report.bulletin_probe import COLUMNS, RANKING_COLUMNS, TARGET_COLUMNS
from pipelines.report.bulletin_word_template import build
from pipelines.report.bulletin_wording import OWN_TEMPLATES, TemplateBroken, load_wording, placeholders
from pipelines.report.bulletin_xlsx import inert
from pipelines.report.revisions import public_revisions
from tests.scoreboard_tables import Tables

HASH = "0123456789abcdef" * 4
SUPPRESSED, LOW, ESTIMATED, REVISED = "⑤", "①", "②", "④"


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "public.duckdb")


def bulletin(tables: Tables, kind: str = "monthly", period: str = "2021-11", revisions: list | None = None) -> Bulletin:
    return compose(read_facts(tables.path, HASH, edition(kind, period), revisions or []), load_wording())


def row_of(found: Bulletin, name: str) -> dict[str, str]:
    (row,) = [r for c in found.content["campaigns"] for r in c["rows"] if r["name"].startswith(f"名称 {name}")]
    return row


def texts(found: Bulletin) -> str:
    return json.dumps({k: v for k, v in found.content.items() if k != "content_hash"}, ensure_ascii=False)


# figures


@pytest.mark.parametrize(
    ("value", "unit", "line", "text"),
    [
        (2.675, "亿元", None, "2.68"),  # 四舍五入 of what is written, not of its binary neighbour
        (39.75, "万元/亩", 39.8, "39.75"),
        (39.798, "万元/亩", 39.8, "39.798"),  # never rounded onto its target
        (39.8, "万元/亩", 39.8, "39.80"),
        (2.4004, "%", 2.4, "2.4004"),
        (0.0012, "亿美元", None, "0.001"),  # never zero where it is not
        (0.0, "亿元", None, "0.00"),
        (-0.001, "%", None, "-0.001"),
        (12345678.0, "家", None, "12345678"),
        (11.84, "家", None, "11.84"),  # a mean of what is counted whole
    ],
)
def test_a_figure_is_printed_as_it_compares(value: float, unit: str, line: float | None, text: str) -> None:
    assert figure_text(value, unit, load_wording()["decimals"], line) == text


def test_shares_and_signs() -> None:
    assert share_text(0.99996) == "99.996%"
    assert share_text(1.0) == "100.0%"
    assert share_text(0.125) == "12.5%"
    assert rounded(-0.004, 2) == "0.00"


# periods


def test_what_is_due_follows_the_latest_reported_month() -> None:
    assert [e.name for e in due("2021-01", "2021-12")] == ["monthly_2021-12", "quarterly_2021-Q4", "annual_2021"]
    assert [e.name for e in due("2021-01", "2022-05")] == ["monthly_2022-05", "quarterly_2022-Q1", "annual_2021"]
    assert [e.name for e in due("2021-01", "2021-02")] == ["monthly_2021-02"]


@pytest.mark.parametrize(("kind", "period"), [("monthly", "2021-13"), ("quarterly", "2021Q1"), ("annual", "21")])
def test_a_period_that_is_not_written_as_its_kind_is_refused(kind: str, period: str) -> None:
    with pytest.raises(NoSuchPeriod, match="2021"):
        edition(kind, period)


def test_a_period_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(NothingThere, match=r"quarterly 2021-Q1 … 2021-Q3"):
        choose("quarterly", "2021-Q4", "2021-01", "2021-11")
    with pytest.raises(NothingThere, match=r"2021-01 … 2021-11"):
        choose("annual", None, "2021-01", "2021-11")
    assert choose("quarterly", None, "2021-01", "2021-11").period == "2021-Q3"


def test_a_month_without_any_figure_is_not_reported(tables: Tables) -> None:
    tables.target("a")
    tables.month("a", "2021-10", 3)
    tables.month("a", "2021-11", None, "no_data", "grey")
    assert reported_months(tables.path) == ("2021-10", "2021-10")
    tables.month("a", "2021-12", None, None, None, "A")
    assert reported_months(tables.path) == ("2021-10", "2021-12")


# marks


def test_a_soft_target_is_never_red_and_a_binding_one_is(tables: Tables) -> None:
    for name, binding in (("soft_one", "soft"), ("hard_one", "binding")):
        tables.target(name, binding)
        tables.month(name, "2021-11", 1, "behind", "red")
    found = bulletin(tables)
    assert row_of(found, "soft_one")["light"] == "▲黄"
    assert row_of(found, "soft_one")["name"].endswith("（力争）")
    assert row_of(found, "hard_one")["light"] == "■红"
    assert "黄灯1项、红灯1项" in found.content["summary"][0]
    assert "（红灯1项、黄灯1项）" in found.content["lagging_note"]


def test_a_suppressed_figure_is_a_sign_and_its_value_nowhere(tables: Tables) -> None:
    tables.target("shown")
    tables.target("hidden")
    tables.month("shown", "2021-11", 7)
    tables.execute(
        "insert into marts.indicator_progress values ('hidden', '2021-11', null, null, 10, null, 0.5, null, null, 'A')"
    )
    tables.execute("update marts.campaign set campaign_id = 'headline'")
    found = bulletin(tables)
    row = row_of(found, "hidden")
    assert row["value"] == SUPPRESSED and row["achieved"] == "—" and row["light"] == "○灰"
    assert "名称 hidden数值按保密规则不予公布。" in found.content["summary"]
    assert f"{SUPPRESSED}已抑制" in found.content["legend"]
    assert any("不予公布的数值" in note for note in found.content["notes"])
    tables.execute("delete from marts.indicator_progress where target_id = 'hidden'")
    assert SUPPRESSED not in texts(bulletin(tables)), "no sign where nothing is suppressed"


def test_low_coverage_estimates_and_revisions_are_marked(tables: Tables) -> None:
    for name in ("plain", "thin", "guessed", "mended"):
        tables.target(name)
    tables.month("plain", "2021-11", 4, coverage=1.0, estimated=0.0)
    tables.month("thin", "2021-11", 4, coverage=0.5)
    tables.month("guessed", "2021-11", 4, coverage=1.0, estimated=0.4)
    tables.month("mended", "2021-11", 4)
    revised = [{"indicator_id": "mended", "period": "2021-11", "value_before": 3.0, "value_now": 4.0, "why": "更正"}]
    found = bulletin(tables, revisions=revised)
    assert row_of(found, "plain")["value"] == "4"
    assert row_of(found, "thin")["value"] == f"4{LOW}"
    assert row_of(found, "guessed")["value"] == f"4{ESTIMATED}"
    assert row_of(found, "mended")["value"] == f"4{REVISED}"
    for sign in (LOW, ESTIMATED, REVISED):
        assert sign in found.content["legend"]
    (revision,) = found.content["revisions"]
    assert (revision["before"], revision["now"], revision["why"]) == ("3家", "4家", "更正")
    assert bulletin(tables).content["revisions_note"] == "未见较上一发布版本的修订。"


def test_a_statistic_is_provisional_until_its_official_value_is_there(tables: Tables) -> None:
    tables.target("rate", kind="ratio")
    tables.execute("update marts.indicator set unit = '%'")
    tables.month("rate", "2021-11", 2.5)
    assert row_of(bulletin(tables), "rate")["value"] == "2.50*"
    tables.execute(
        "insert into marts.official_value values "
        "('rate', '2021-10', 'county', '0', 2.6, 2.5, 0.1, '统计公报', '2022-03-01', 'F')"
    )
    found = bulletin(tables)
    assert row_of(found, "rate")["value"] == "2.50"
    assert any("官方数值2.60%（统计公报），计算值2.50%，相差0.10百分点" in note for note in found.content["notes"])


def test_a_revision_shows_only_what_was_public_before(tmp_path: Path) -> None:
    internal, now, before = (Tables(tmp_path / f"{name}.duckdb") for name in ("internal", "now", "before"))
    internal.execute(
        "create schema audit; create view audit.revision as select * from (values "
        "('open', '2021-11', 'county', '0', 3.0, 4.0, 'r', '更正'), ('was_hidden', '2021-11', 'county', '0', 5.0, 6.0, "
        "'r', '更正'), ('is_hidden', '2021-11', 'county', '0', 7.0, 8.0, 'r', '更正'), "
        "('open', '2021-11', 'town', '1', 9.0, 9.5, 'r', '更正')) as v "
        "(indicator_id, period, breakdown, breakdown_code, value_before, value_now, release_before, why)"
    )
    for tables, values in ((now, {"open": 4, "was_hidden": 6}), (before, {"open": 3, "is_hidden": 7})):
        for name, value in values.items():
            tables.month(name, "2021-11", value)
    found = public_revisions(internal.path, now.path, before.path)
    assert [(r["indicator_id"], r["value_before"], r["value_now"]) for r in found] == [
        ("open", 3.0, 4.0),
        ("was_hidden", None, 6.0),
    ]
    assert public_revisions(now.path, now.path, None) == [], "no account of revisions kept"


# comparisons


def test_the_year_before_is_compared_only_where_it_is_there(tables: Tables) -> None:
    for name, kind in (("new", "level"), ("grown", "level"), ("summed", "cumulative_3y"), ("rate", "ratio")):
        tables.target(name, kind=kind)
        tables.month(name, "2021-11", 6)
    tables.execute("update marts.indicator set unit = '%' where target_id = 'rate'")
    for name in ("grown", "summed", "rate"):
        tables.month(name, "2020-11", 4)
    found = bulletin(tables)
    assert row_of(found, "new")["change"] == "—"
    assert row_of(found, "grown")["change"] == "+50.0%"
    assert row_of(found, "summed")["change"] == "—", "a sum over years has no same month before"
    assert row_of(found, "rate")["change"] == "+2.00百分点"
    tables.execute("update marts.indicator_value set value = null, conf_status = 'D' where period = '2020-11'")
    assert row_of(bulletin(tables), "grown")["change"] == "—", "a suppressed year before is none"


def test_a_rolling_figure_is_compared_with_a_rolling_one(tables: Tables) -> None:
    tables.target("rolling", kind="level")
    tables.month("rolling", "2021-11", 6)
    tables.month("rolling", "2020-11", 2)
    tables.execute("update marts.indicator_value set rolling12_value = value, value = 1 where period = '2021-11'")
    assert row_of(bulletin(tables), "rolling")["change"] == "—", "no rolling figure a year before"
    tables.execute("update marts.indicator_value set rolling12_value = 5 where period = '2020-11'")
    assert row_of(bulletin(tables), "rolling")["change"] == "+20.0%"


def test_lights_that_changed_are_named_and_suppressed_ones_are_not(tables: Tables) -> None:
    for name in ("better", "same", "now_hidden"):
        tables.target(name)
        tables.month(name, "2021-10", 2, "behind", "red")
    tables.month("better", "2021-11", 9, "on_track", "green")
    tables.month("same", "2021-11", 2, "behind", "red")
    tables.month("now_hidden", "2021-11", None, None, None, "A")
    found = bulletin(tables)
    assert found.content["summary"][1] == "与上月相比，灯色变动1项：名称 better由红转绿。"
    assert "没有上月的判定可比" in bulletin(tables, period="2021-10").content["summary"][1]


# ranking


def ranked(tables: Tables) -> Bulletin:
    tables.target("tax", kind="level")
    tables.month("tax", "2021-10", 6)
    tables.month("tax", "2021-11", 6)
    for period, towns in {
        "2021-10": [("1", 5.0, 2), ("2", 9.0, 1), ("3", 4.0, 3), ("4", None, None)],
        "2021-11": [("1", 8.0, 1), ("2", 8.0, 1), ("3", 3.0, 3), ("4", 99.0, None)],
    }.items():
        for code, value, rank in towns:
            tables.town("tax", period, code, value, rank, ranked=True)
    return bulletin(tables)


def test_ties_share_a_rank_and_the_unranked_has_none(tables: Tables) -> None:
    found = ranked(tables)
    (table,) = found.content["rankings"]
    shown = {row["area"]: (row["rank"], row["before"], row["change"]) for row in table["rows"]}
    assert shown == {
        "东镇": ("1", "2", "升1"),
        "<西>镇": ("1", "1", "持平"),
        "南镇": ("3", "3", "持平"),
        "北镇": ("不排名", "—", "—"),
    }
    assert table["rows"][-1]["area"] == "北镇", "the unranked come last, however large"
    assert "名次并列，其后名次顺延" in found.content["ranking_note"]


def test_a_withheld_rank_is_a_sign(tables: Tables) -> None:
    ranked(tables)
    tables.execute(
        "update marts.area_ranking set value = null, rank = null, conf_status = 'D' where breakdown_code = '3'"
    )
    rows = {row["area"]: row for row in bulletin(tables).content["rankings"][0]["rows"]}
    assert (rows["南镇"]["rank"], rows["南镇"]["value"], rows["南镇"]["change"]) == (SUPPRESSED, SUPPRESSED, "—")


# what is needed


def test_what_a_lagging_target_needs(tables: Tables) -> None:
    tables.target("far", kind="level")
    tables.execute("update marts.indicator set co_units = '县科技局'")
    tables.month("far", "2021-11", 4)
    tables.execute(
        "insert into marts.indicator_need values ('far', '2021-11', 'county', '0', 25, 6, '家', 0.24, -3842.5175, "
        "'吨标准煤', -153.7, 'F')"
    )
    (row,) = bulletin(tables).content["lagging"]
    assert (row["lead"], row["co"]) == ("县经信局", "县科技局")
    assert row["need"] == ("还差6家，余25个月，月均0.24家；按现有分母，分子需减少3842.52吨标准煤，月均153.70吨标准煤")


# the annual assessment


def yearly(tables: Tables) -> Bulletin:
    """A yearly test met, failed, met again; a sum of three years that is met at its end: mistake 19."""
    for name, kind in (("each_year", "annual_minimum"), ("in_all", "cumulative_3y")):
        tables.target(name, kind=kind)
    for year, value, status, light in (
        (2021, 12, "achieved", "green"),
        (2022, 3, "missed", "red"),
        (2023, 11, "achieved", "green"),
    ):
        tables.month("each_year", f"{year}-12", value, status, light)
    for year, value, status, light in (
        (2021, 5, "on_track", "green"),
        (2022, 8, "on_track", "green"),
        (2023, 26, "achieved", "green"),
    ):
        tables.month("in_all", f"{year}-12", value, status, light)
    tables.execute(
        "update marts.indicator_progress set elapsed_share = 1 where target_id = 'each_year' or period = '2023-12'"
    )
    return bulletin(tables, "annual", "2023")


def test_verdicts_by_year_and_over_the_plan(tables: Tables) -> None:
    found = {row["name"]: row for row in yearly(tables).content["verdicts"]}
    assert found["名称 each_year"]["years"] == "2021年：●已达标，12家；2022年：■未完成，3家；2023年：●已达标，11家"
    assert found["名称 each_year"]["window"] == "3次到期，达标2次"
    assert found["名称 in_all"]["window"] == "1次到期，达标1次"
    earlier = {row["name"]: row for row in bulletin(tables, "annual", "2022").content["verdicts"]}
    assert earlier["名称 in_all"]["window"] == "未到期"
    tables.execute(
        "update marts.indicator_progress set value = null, status = null, light = null, conf_status = 'A' "
        "where target_id = 'each_year' and period = '2022-12'"
    )
    hidden = {row["name"]: row for row in bulletin(tables, "annual", "2023").content["verdicts"]}
    assert hidden["名称 each_year"]["window"] == "2次到期，达标2次⑤", "neither met nor missed is told"
    assert "2022年：⑤；" in hidden["名称 each_year"]["years"]
    only = {row["name"]: row for row in bulletin(tables, "annual", "2022").content["verdicts"]}
    assert only["名称 each_year"]["window"] == "1次到期，达标1次⑤"


def test_the_tally_of_a_unit_counts_its_targets(tables: Tables) -> None:
    yearly(tables)
    tables.execute("update marts.indicator set lead_unit = '县科技局' where target_id = 'in_all'")
    found = {row["unit"]: row for row in bulletin(tables, "annual", "2022").content["unit_tally"]}
    assert found["县经信局"] == {
        **{"unit": "县经信局", "n": "1", "green": "0", "yellow": "0", "red": "1", "grey": "0", "due": "1", "met": "0"}
    }
    assert found["县科技局"]["green"] == "1" and found["县科技局"]["due"] == "0"


def test_a_moved_target_is_reported_with_both_verdicts(tables: Tables) -> None:
    yearly(tables)
    assert bulletin(tables, "annual", "2023").content["goalposts"] == []
    tables.execute(
        "update marts.indicator_progress set target_value = 30 where target_id = 'in_all' and period >= '2023'"
    )
    found = bulletin(tables, "annual", "2023").content
    assert found["goalposts_note"].startswith("方案目标值有调整的1项")
    (row,) = found["goalposts"]
    assert (row["since"], row["plan"], row["before"], row["now"]) == ("2023年12月", "10家", "10家", "30家")
    assert (row["by_plan"], row["by_now"]) == ("达到", "未达到")
    assert bulletin(tables, "annual", "2022").content["goalposts"] == [], "not moved yet"


def test_the_tally_of_an_area(tables: Tables) -> None:
    ranked(tables)
    for code, rank in (("1", 2), ("2", 1)):
        tables.execute(
            f"insert into marts.area_ranking values ('composite', '2021-12', 'town', '{code}', 50, {rank}, 50, 'F')"
        )
        tables.town("tax", "2021-12", code, 8.0, 5 - rank, ranked=True)
        tables.execute(
            "insert into marts.area_progress values "
            f"('tax', '2021-12', 'town', '{code}', 8, null, 10, 0.8, 1, 'missed', 'red', 'F')"
        )
    tables.month("tax", "2021-12", 6)
    found = {row["area"]: row for row in bulletin(tables, "annual", "2021").content["area_tally"]}
    assert (found["东镇"]["rank"], found["东镇"]["ranked"], found["东镇"]["first_three"]) == ("2", "1", "1")
    assert (found["<西>镇"]["first_three"], found["<西>镇"]["lights"]) == ("0", "0/0/1")


# templates and wording


def test_the_shipped_template_is_what_its_script_writes() -> None:
    assert (OWN_TEMPLATES / "bulletin.docx").read_bytes() == build() == build()


def test_every_list_of_a_bulletin_has_the_columns_templates_may_name(tables: Tables) -> None:
    ranked(tables)
    yearly(tables)
    tables.execute(
        "update marts.indicator_progress set target_value = 30 where target_id = 'in_all' and period >= '2023'"
    )
    revised = [{"indicator_id": "tax", "period": "2021-11", "value_before": None, "value_now": 6.0, "why": "更正"}]
    monthly, annual = bulletin(tables, revisions=revised).content, bulletin(tables, "annual", "2023").content
    for name, columns in COLUMNS.items():
        rows = monthly[name] or annual[name]
        if name != "area_tally":
            assert rows and tuple(rows[0]) == columns, name
    assert tuple(monthly["campaigns"][0]["rows"][0]) == TARGET_COLUMNS
    assert tuple(monthly["rankings"][0]["rows"][0]) == RANKING_COLUMNS


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "office"
    folder.mkdir()
    monkeypatch.setenv("FENGHUANG_TEMPLATES", str(folder))
    return folder


def test_an_offices_wording_is_laid_over_the_projects(tables: Tables, office: Path) -> None:
    (office / "wording.yml").write_text(
        yaml.safe_dump(
            {"titles": {"monthly": "{county}进度快报"}, "paper": {"issuer": "攻坚行动专班"}}, allow_unicode=True
        )
    )
    tables.target("a")
    tables.month("a", "2021-11", 3)
    found = bulletin(tables)
    assert (found.content["title"], found.content["issuer"]) == ("甲县进度快报", "攻坚行动专班")
    assert found.content["heading"]["targets"] == "二、目标进度"


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"sentences": {"achieved": "完成{shrae}"}}, r"sentences.achieved.*\{shrae\}; known: \{share\}"),
        ({"titles": {"monthly": "{count}监测"}}, r"titles.monthly.*\{count\}; known: \{county\}"),
        ({"sentences": {"achieved": "完成{share:.2f}"}}, r"unknown placeholder"),
        ({"sentences": {"achieved": "完成{share"}}, "braces"),
        ({"sentences": {"acheived": "完成{share}"}}, "sentences.acheived.*no such entry; known: .*achieved"),
        ({"sentences": {"met": "成效显著"}}, "sentences.met.*'显著'"),
        ({"headings": {"notes": 3}}, "headings.notes.*must be a str"),
        ({"sections": {"monthly": ["summary", "weather"]}}, "sections.monthly.*'weather'; known: .*summary"),
        ({"phrases": {}}, "phrases.*known: paper"),
    ],
)
def test_a_wording_that_cannot_be_used_is_named(office: Path, said: dict, named: str) -> None:
    (office / "wording.yml").write_text(yaml.safe_dump(said, allow_unicode=True))
    with pytest.raises(TemplateBroken, match=named) as broken:
        load_wording()
    assert str(office / "wording.yml") in str(broken.value)


def test_the_projects_own_wording_says_no_word_that_no_figure_carries() -> None:
    wording = load_wording()
    said = " ".join([*wording["sentences"].values(), *wording["headings"].values(), *wording["titles"].values()])
    assert not [word for word in wording["not_said"] if word in said]
    assert placeholders(wording["sentences"]["lights"]) == {"month_end", "n", "green", "yellow", "red", "grey"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ tilte }}", r"unknown placeholder 'tilte'; known: .*title"),
        ("{{ heading.weather }}", r"unknown placeholder 'weather'; known: .*summary"),
        ("{%p for row in lagging %}{{ row.cause }}{%p endfor %}", r"unknown placeholder 'cause'; known: co, lead"),
        ("{{ title ", "malformed"),
        ("{{ title.__class__.__mro__ }}", "unsafe|unknown placeholder"),
        ("成效显著", "显著"),
    ],
)
def test_a_word_template_that_cannot_be_used_is_named(tables: Tables, office: Path, text: str, named: str) -> None:
    tables.target("a")
    tables.month("a", "2021-11", 30, "achieved", "green")
    found = bulletin(tables)
    assert found.content["lagging"] == [], "the list with the unknown column is empty, and it is found all the same"
    document = Document()
    for paragraph in text.replace("{%p", "\n{%p").replace("%}{{", "%}\n{{").split("\n"):
        document.add_paragraph(paragraph)
    document.save(str(office / "bulletin.docx"))
    with pytest.raises(TemplateBroken, match=named) as broken:
        write_docx(found, load_wording()["not_said"])
    assert str(office / "bulletin.docx") in str(broken.value)


def test_a_pdf_template_that_cannot_be_used_is_named(tables: Tables, office: Path) -> None:
    tables.target("a")
    tables.month("a", "2021-11", 3)
    own = (OWN_TEMPLATES / "bulletin.typ").read_text(encoding="utf-8")
    (office / "bulletin.typ").write_text(own + "\n#content.weather\n", encoding="utf-8")
    with pytest.raises(TemplateBroken, match=r'key "weather"; known: .*title') as broken:
        write_pdf(bulletin(tables), load_wording())
    assert str(office / "bulletin.typ") in str(broken.value)
    (office / "bulletin.docx").write_bytes(b"no zip")
    with pytest.raises(TemplateBroken, match="no Word file"):
        write_docx(bulletin(tables), [])


def test_without_a_chinese_font_the_mend_is_named() -> None:
    with pytest.raises(NoFont, match=r"apt-get install fonts-noto-cjk"):
        choose_fonts(load_wording()["fonts"], frozenset({"DejaVu Sans"}))
    found = choose_fonts({"body": ["FangSong", "Noto Serif CJK SC"]}, frozenset({"Noto Serif CJK SC", "fangsong"}))
    assert found == {"body": "fangsong"}, "the first that is there, however it is written"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("+a", "'+a"),
        ("-a", "'-a"),
        ("-1.5%", "-1.5%"),
        ("+12.0%", "+12.0%"),
        ("甲", "甲"),
    ],
)
def test_what_could_be_a_formula_is_text(text: str, kept: str) -> None:
    assert inert(text) == kept


def test_no_sentence_is_left_unfilled(tables: Tables) -> None:
    found = yearly(tables)
    for paragraph in [*found.content["summary"], *found.content["notes"]]:
        assert not re.search(r"[{}]|None|nan", paragraph), paragraph
