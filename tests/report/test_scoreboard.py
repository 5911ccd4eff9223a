"""The scoreboard page says what the marts say, and marks what has to be marked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.home import Home
from pipelines.reading import opened, share
from pipelines.release.draft import Draft
from pipelines.release.store import current_release
from pipelines.report.scoreboard_charts import remembered
from pipelines.report.scoreboard_figures import mark_rules, read_figures
from pipelines.report.scoreboard_page import INTERNAL, PUBLIC, render_page, scoreboard, write_page
from tests.scoreboard_tables import Tables, public_copy

CHECKOUT = Path(__file__).resolve().parents[2]
HASH = "0123456789abcdef"
SUPPRESSED = "tax_per_mu_above_scale"
VOID = {"meta", "link", "br", "input", "rect", "path", "line"}


class Figures(HTMLParser):
    """`found`: every figure of the page, a dict of its column, full value, printed text, and where it stands
    (`of`: table, `target`, `period`, `breakdown`, `area`); `texts`: text without figures by the target it stands in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict[str, str]]] = []
        self.found: list[dict[str, str]] = []
        self.rows: list[dict[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        data = {name.removeprefix("data-"): value or "" for name, value in attrs if name.startswith("data-")}
        self.stack.append((tag, data))
        if "value" in data and "col" in data:
            self.found.append({**self._context(), "text": ""})
        if "row" in data:
            self.rows.append({**data, "text": ""})

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.stack.pop()[0] == tag, f"{tag} is not nested well"

    def handle_data(self, text: str) -> None:
        if any("col" in data for _, data in self.stack):
            self.found[-1]["text"] += text
        if any("row" in data for _, data in self.stack):
            self.rows[-1]["text"] += text

    def _context(self) -> dict[str, str]:
        known: dict[str, str] = {}
        for _, data in self.stack:
            known |= data
        return known


def page_of(tables: Path, edition=PUBLIC, period: str | None = None) -> str:
    return render_page(read_figures(tables, HASH, period), edition)


@pytest.fixture(scope="module")
def internal(published_home: Home) -> Path:
    release = current_release(published_home)
    assert release is not None
    return release.tables


@pytest.fixture(scope="module")
def public(internal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("public") / "public.duckdb"
    public_copy(internal, path, SUPPRESSED)
    return path


@pytest.fixture(scope="module")
def page(public: Path) -> str:
    return page_of(public)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "public.duckdb")


KEYS = {
    "indicator_value": ("indicator_id", "period", "breakdown", "breakdown_code"),
    "area_ranking": ("indicator_id", "period", "breakdown", "breakdown_code"),
    "area_progress": ("target_id", "period", "breakdown", "breakdown_code"),
    "indicator_progress": ("target_id", "period"),
    "indicator_need": ("target_id", "period", "breakdown"),
    "indicator_forecast": ("target_id", "period"),
    "official_value": ("indicator_id", "period", "breakdown"),
}


def of_history(figure: dict[str, str]) -> tuple[str, str]:
    """Table and column of a figure of the history."""
    column = figure["col"]
    if column in ("value", "rolling12_value", "coverage"):
        return "indicator_value", column
    return "indicator_progress", "value" if column == "judged_value" else column


def test_every_number_of_the_page_is_in_the_marts_with_the_same_value(page: str, public: Path) -> None:
    found = Figures(page).found
    assert len(found) > 4000
    with opened(public) as connection:
        marts = {}
        for table, key in KEYS.items():
            cursor = connection.execute(f"select * from marts.{table}")
            names = [column[0] for column in cursor.description]
            marts[table] = {
                tuple(row[names.index(k)] for k in key): dict(zip(names, row, strict=True)) for row in cursor.fetchall()
            }
    seen = set()
    for figure in found:
        table, column = of_history(figure) if figure["of"] == "history" else (figure["of"], figure["col"])
        where = {
            "indicator_id": figure["target"],
            "target_id": figure["target"],
            "period": figure["period"],
            "breakdown": figure.get("breakdown", "county"),
            "breakdown_code": figure.get("area", "330521"),
        }
        row = marts[table][tuple(where[k] for k in KEYS[table])]
        assert float(figure["value"]) == row[column], figure
        assert is_printed(figure["text"], row[column]), figure
        seen.add((table, column))
    assert len(seen) >= 17, sorted(seen)


def is_printed(text: str, value: float) -> bool:
    """Is the text the value, rounded as far as it is printed?"""
    if "–" in text:
        return float(text.partition("–")[0]) == value
    digits = re.sub(r"[≥>=≤≈\s,]", "", text)
    scale = 100 if digits.endswith("%") else 1
    digits = digits.removesuffix("%")
    mantissa, _, exponent = digits.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return abs(float(digits) - value * scale) <= 0.5000001 * 10.0**-decimals


def test_the_check_of_printed_numbers_finds_a_wrong_one() -> None:
    assert is_printed("1,234.5", 1234.46) and is_printed("≥ 39.8", 39.8) and is_printed("33.3%", 1 / 3)
    assert not is_printed("1,234.5", 1234.56) and not is_printed("39.8", 39.9) and not is_printed("33%", 0.34)


def test_lights_are_counted_as_the_marts_have_them_and_every_target_stands_once(page: str, public: Path) -> None:
    rows = Figures(page).rows
    with opened(public) as connection:
        asked = connection.execute(
            "select target_id from marts.indicator where row_type = 'target' "
            "union select target_id from marts.indicator_progress"
        ).fetchall()
        lights = connection.execute("""
            select case when light = 'red' and binding = 'soft' then 'yellow' else light end, count(*)
            from marts.indicator_progress inner join marts.indicator using (target_id)
            where period = '2021-12' group by 1
        """).fetchall()
    assert sorted(row["target"] for row in rows) == sorted(name for (name,) in asked)
    shown = dict(re.findall(r'data-count="(\w+)">(\d+)<', page))
    assert {light: int(count) for light, count in shown.items()} == dict(lights)
    for light, count in lights:
        assert sum(row["light"] == light for row in rows) == count


def test_charts_print_the_figures_of_the_tables(page: str, public: Path) -> None:
    section = page.partition('id="t-labour_productivity_mfg"')[2].partition("</section>")[0]
    chart = section.partition('aria-labelledby="ca-')[2].partition("</svg>")[0]
    labels = [t for t in re.findall(r">([^<>]+)</text>", chart) if re.fullmatch(r"[\d.,]+", t)]
    with opened(public) as connection:
        towns = connection.execute(
            "select value from marts.indicator_value where indicator_id = 'labour_productivity_mfg' "
            "and period = '2021-12' and breakdown = 'town'"
        ).fetchall()
    assert len(labels) == len(towns) > 5
    assert all(any(is_printed(label, value) for (value,) in towns) for label in labels)
    assert "武康街道" in page and "Wukang Subdistrict" in page


def test_a_suppressed_figure_is_marked_and_nowhere_printed(page: str, internal: Path) -> None:
    section = page.partition(f'id="t-{SUPPRESSED}"')[2].partition("</section>")[0]
    towns = section.partition("<caption>")[2].partition("</table>")[0]
    assert towns.count("已抑制") >= 5
    with duckdb.connect(str(internal), read_only=True) as connection:
        secret = connection.execute(
            "select value from marts.indicator_value where indicator_id = $1 and breakdown = 'town' "
            "and period = '2021-12' and value is not null",
            [SUPPRESSED],
        ).fetchall()
    assert secret and not any(f'data-col="value" data-value="{value}"' in section for (value,) in secret)


def test_a_suppressed_county_figure_is_marked(tables: Tables) -> None:
    tables.target("a")
    tables.month("a", "2021-01", 3)
    tables.month("a", "2021-02", None, "no_data", "grey", conf="A")
    (row,) = Figures(page_of(tables.path)).rows
    assert "已抑制" in row["text"] and "数据滞后" not in row["text"]


def test_a_soft_target_is_never_red(tables: Tables) -> None:
    for name, binding in (("hard", "binding"), ("gentle", "soft")):
        tables.target(name, binding)
        tables.month(name, "2021-06", 1, "behind", "red")
    page = page_of(tables.path)
    shown = {row["target"]: row for row in Figures(page).rows}
    assert {name: row["light"] for name, row in shown.items()} == {"hard": "red", "gentle": "yellow"}
    assert "黄灯 滞后" in shown["gentle"]["text"] and "力争" in shown["gentle"]["text"]
    section = page.partition('id="t-gentle"')[2].partition("</section>")[0]
    assert "red" not in re.findall(r'class="(?:badge )?(green|yellow|red|grey)"', section) and "不亮红灯" in section


def test_ranks_are_shown_with_their_rule_and_not_where_there_are_none(tables: Tables) -> None:
    for name in ("ranked", "unranked"):
        tables.target(name)
        tables.month(name, "2021-06", 1)
    for code, value, rank in (("1", 9.0, 1), ("2", 9.0, 1), ("3", 5.0, 3), ("4", 99.0, None)):
        tables.town("ranked", "2021-06", code, value, rank, ranked=True)
        tables.town("unranked", "2021-06", code, value, None, ranked=False)
    page = page_of(tables.path)
    section = {n: page.partition(f'id="t-{n}"')[2].partition("</section>")[0] for n in ("ranked", "unranked")}
    ranks = [(f["area"], f["text"]) for f in Figures(page).found if f["col"] == "rank"]
    assert ranks == [("1", "1"), ("2", "1"), ("3", "3")]
    assert "1、2、2、4" in section["ranked"] and section["ranked"].count("不排名</span>") == 1
    assert "名次" not in section["unranked"] and "1、2、2、4" not in section["unranked"]
    # not in the order of their values either
    assert [f["area"] for f in Figures(page).found if f["target"] == "unranked" and f["col"] == "n_enterprises"] == [
        "1",
        "2",
        "3",
        "4",
    ]
    assert "&lt;西&gt;镇" in page and "<西>" not in page


def test_the_composite_ranking_stands_beside_the_one_before(tables: Tables) -> None:
    tables.target("a")
    tables.month("a", "2021-06", 1)
    for period, scores in (("2021-05", (50.0, 100.0, None, None)), ("2021-06", (100.0, 50.0, 50.0, None))):
        for code, score in zip("1234", scores, strict=True):
            better = sum(other > score for other in scores if other is not None) if score is not None else 0
            tables.execute(
                "insert into marts.area_ranking values ('composite', $1, 'town', $2, $3, $4, $3, 'F')",
                *(period, code, score, None if score is None else better + 1),
            )
    section = page_of(tables.path).partition('id="ranking"')[2].partition("</section>")[0]
    rows = re.findall(r'<tr data-period="2021-06".*?</tr>', section, re.DOTALL)
    shown = [(re.search(r'data-area="(.)"', row)[1], re.findall(r'data-before="(.*?)"', row)[0]) for row in rows]
    assert shown == [("1", "2"), ("2", "1"), ("3", ""), ("4", "")]
    assert [f["text"] for f in Figures(page_of(tables.path)).found if f["col"] == "rank"] == ["1", "2", "2"]
    assert "1、2、2、4" in section and "不排名</span>" in rows[3]


def test_low_coverage_estimates_a_late_source_and_a_revision_are_marked(tables: Tables) -> None:
    for name in ("low", "enough", "estimated", "late", "yearly", "revised"):
        tables.target(name)
    for year in (2021, 2022):
        for month in ("01", "02", "03") if year == 2022 else ("01", "02", "03", "12"):
            period = f"{year}-{month}"
            tables.month("low", period, 1, coverage=0.899)
            tables.month("enough", period, 1, coverage=0.9)
            tables.month("estimated", period, 1, coverage=1, estimated=0.051)
            tables.month("revised", period, 1)
            if period != "2022-03":
                tables.month("late", period, 1)
            if month == "12":
                tables.month("yearly", period, 1)
    tables.execute(
        "create schema audit; create table audit.revision as select 'revised' as indicator_id, "
        "'2022-03' as period, 'county' as breakdown, '0' as breakdown_code"
    )
    words = ("覆盖率低", "含估算", "数据滞后", "本版修订")
    marked = {r["target"]: [w for w in words if w in r["text"]] for r in Figures(page_of(tables.path)).rows}
    assert marked == {
        "low": ["覆盖率低"],
        "enough": [],
        "estimated": ["含估算"],
        "late": ["数据滞后"],
        "yearly": [],
        "revised": ["本版修订"],
    }
    assert "最近一次有数值的月份：2022-02" in page_of(tables.path)
    before = {
        r["target"]: [w for w in words if w in r["text"]] for r in Figures(page_of(tables.path, period="2022-02")).rows
    }
    assert before["late"] == [] and before["revised"] == []


def test_a_month_without_a_value_is_late_from_the_first_year_on(tables: Tables) -> None:
    tables.target("a")
    tables.month("a", "2021-01", 1)
    tables.month("a", "2021-02", None, "no_data", "grey")
    (row,) = Figures(page_of(tables.path)).rows
    assert "数据滞后" in row["text"] and "已抑制" not in row["text"]


def test_a_target_that_was_never_judged_is_grey_and_there(tables: Tables) -> None:
    tables.target("new")
    tables.target("old")
    tables.target("threshold", row_type="threshold")
    tables.month("old", "2021-06", 12, "achieved", "green")
    rows = {row["target"]: row["light"] for row in Figures(page_of(tables.path)).rows}
    assert rows == {"new": "grey", "old": "green"}


def test_the_bounds_of_marks_are_those_of_the_gate() -> None:
    suite = yaml.safe_load((CHECKOUT / "expectations" / "indicator_value.yml").read_text(encoding="utf-8"))
    queries = {e["meta"]["check"]: e["kwargs"].get("unexpected_rows_query", "") for e in suite["expectations"]}
    assert f"coverage_weighted < {mark_rules()['low_coverage_below']}" in queries["nearly_all_value_added_is_covered"]
    assert f"estimated_share > {mark_rules()['estimated_above']}" in queries["little_is_estimated"]


def test_a_share_is_never_rounded_to_a_full_hundred() -> None:
    assert [share(x) for x in (None, 0.5, 0.9994, 0.99961, 1.0, 1.2)] == [
        "",
        "50.0%",
        "99.9%",
        "99.961%",
        "100.0%",
        "120.0%",
    ]


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    assert "default-src 'none'" in page and "unsafe" not in page
    assert not re.findall(r'(?:src|href|action|data)="(?!#|data:,)[^"]*"', page)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|<iframe|<object|<img", page)
    assert 'style="' not in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert len(page.encode()) < 5_000_000


def test_only_the_internal_edition_names_enterprises(page: str, internal: Path, published_home: Home) -> None:
    release = current_release(published_home)
    assert release is not None
    inside = (release.path / "internal" / "reports" / "scoreboard.html").read_text(encoding="utf-8")
    with duckdb.connect(str(internal), read_only=True) as connection:
        everybody = {
            value
            for row in connection.execute("select credit_code, enterprise_name from marts.enterprise_year").fetchall()
            for value in row
        }
        listed = connection.execute(
            "select enterprise_name from marts.two_high_screening "
            "where year = (select max(year) from marts.two_high_screening)"
        ).fetchall()
        (overdue,) = connection.execute("select count(*) from marts.project_life_cycle where overdue").fetchall()[0]
    assert listed and all(name in inside for (name,) in listed) and f'<span class="period">{overdue}</span>' in inside
    assert "亩均税收低于5万元/亩" in inside and "tax_per_mu_below_5" not in inside
    assert not [value for value in everybody if value in page]
    assert release.content_hash in inside and "内部版" in inside and "公开版" in page
    assert (release.path / "public.duckdb").exists() == (release.path / "reports" / "scoreboard.html").exists()


def test_the_same_release_gives_the_same_bytes(internal: Path, tmp_path: Path) -> None:
    write_page(internal, HASH, INTERNAL, tmp_path / "here.html")
    script = (
        "import sys; from pathlib import Path; from pipelines.report.scoreboard_page import INTERNAL, write_page; "
        f"write_page(Path(sys.argv[1]), '{HASH}', INTERNAL, Path(sys.argv[2]))"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONHASHSEED": "7",
        "TZ": "America/Lima",
        "LC_ALL": "C",
    }
    there = tmp_path / "there.html"
    subprocess.run([sys.executable, "-c", script, str(internal), str(there)], env=environment, check=True)
    assert there.read_bytes() == (tmp_path / "here.html").read_bytes()


def test_charts_of_figures_that_stayed_are_not_drawn_again(tables: Tables, tmp_path: Path) -> None:
    for target, more in (("a", 0), ("b", 3)):
        tables.target(target)
        for month, value in (("2021-01", 3), ("2021-02", 4)):
            tables.month(target, month, value + more)
    kept, pages, drawings = tmp_path / "charts.json", [], []
    for change in (None, None, 5.0, None):
        if change:
            with duckdb.connect(str(tables.path)) as con:
                con.execute("UPDATE marts.indicator_value SET value = ? WHERE indicator_id = 'b'", [change])
                con.execute("UPDATE marts.indicator_progress SET value = ? WHERE target_id = 'b'", [change])
        with remembered(kept):
            write_page(tables.path, HASH, PUBLIC, tmp_path / "page.html")
        pages.append((tmp_path / "page.html").read_bytes())
        drawings.append(json.loads(kept.read_text(encoding="utf-8")))
    assert len(drawings[0]) > 0
    assert drawings[0] == drawings[1] and pages[0] == pages[1]
    assert drawings[1].keys() - drawings[2].keys() and drawings[1].keys() & drawings[2].keys()
    assert pages[1] != pages[2] == pages[3]
    # a drawing that is kept is not drawn: what stands there is printed
    mark = "<!-- kept -->"
    kept.write_text(json.dumps({name: svg + mark for name, svg in drawings[3].items()}), encoding="utf-8")
    with remembered(kept):
        write_page(tables.path, HASH, PUBLIC, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_bytes().replace(mark.encode(), b"") == pages[3]
    assert mark.encode() in (tmp_path / "page.html").read_bytes()


def test_a_link_to_a_passport_only_where_there_is_one(tables: Tables, tmp_path: Path) -> None:
    tables.target("a")
    tables.month("a", "2021-01", 3)
    write_page(tables.path, HASH, PUBLIC, tmp_path / "reports" / "scoreboard.html")
    assert "passports" not in (tmp_path / "reports" / "scoreboard.html").read_text(encoding="utf-8")
    (tmp_path / "passports" / "a").mkdir(parents=True)
    (tmp_path / "passports" / "a" / "2021-01.html").touch()
    write_page(tables.path, HASH, PUBLIC, tmp_path / "reports" / "scoreboard.html")
    assert 'href="../passports/a/2021-01.html"' in (tmp_path / "reports" / "scoreboard.html").read_text(
        encoding="utf-8"
    )


def test_the_public_page_marks_what_the_release_revises(tables: Tables, tmp_path: Path) -> None:
    """The public file keeps no account of revisions; the page is told."""
    tables.target("a")
    tables.month("a", "2021-01", 3)
    pages = []
    for revisions in ((), ({"indicator_id": "a", "period": "2021-01"},), ({"indicator_id": "a", "period": "2020-12"},)):
        page = tmp_path / "reports" / "scoreboard.html"
        write_page(tables.path, HASH, PUBLIC, page, revisions=revisions)
        pages.append(page.read_bytes())
    plain, marked, other = pages
    assert plain == other != marked
    assert marked.count("修订".encode()) > plain.count("修订".encode())


@pytest.fixture
def run(published_home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FENGHUANG_HOME", str(published_home.root))

    def invoke(*arguments: str):
        return CliRunner().invoke(app, ["scoreboard", *arguments], env={"COLUMNS": "160"})

    return invoke


def test_the_page_is_written_for_any_release_and_month(run, published_home: Home, tmp_path: Path) -> None:
    release = current_release(published_home)
    assert release is not None
    there = (release.path / "internal" / "reports" / "scoreboard.html").read_bytes()
    day = release.release_id[:8]
    for named in ((), ("--release", release.release_id[:18]), ("--as-of", f"{day[:4]}-{day[4:6]}-{day[6:]}")):
        page = tmp_path / f"{len(list(tmp_path.iterdir()))}.html"
        assert run("--html", str(page), "--internal", *named).exit_code == 0
        # the page of the release itself, but for links that lead somewhere only beside its passports
        assert page.read_bytes() == re.sub(rb'<p><a href="\.\./passports/.*?</p>', b"", there)
    earlier = tmp_path / "earlier.html"
    assert run("2021-06", "--html", str(earlier), "--internal").exit_code == 0
    text = earlier.read_text(encoding="utf-8")
    assert "数据截至 2021-06" in text and not re.search(r'data-period="2021-(?:0[789]|1\d)"', text)


def test_what_cannot_be_written_is_said(run, published_home: Home, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    release = current_release(published_home)
    assert release is not None
    result = run("--html", str(page))
    if (release.path / "public.duckdb").exists():
        assert result.exit_code == 0 and page.exists()
    else:
        assert result.exit_code == 1 and "public.duckdb" in result.output and not page.exists()
    assert "2021-01 … 2021-12" in run("2025-01", "--html", str(page), "--internal").output
    assert run("--internal").exit_code == 2
    assert run("--as-of", "2021-01-01", "--release", "2").exit_code == 2
    assert run("--release", "1999").exit_code == 1


def test_before_the_first_month_of_the_plan_there_is_no_page(tables: Tables, tmp_path: Path) -> None:
    tables.target("a")
    draft = Draft(Home(tmp_path), tmp_path / "draft", tmp_path / "work.duckdb", None, HASH)
    draft.folder.mkdir()
    tables.path.rename(draft.tables)
    scoreboard(draft)
    assert [path.name for path in draft.folder.iterdir()] == ["internal.duckdb"]
