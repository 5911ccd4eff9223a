"""Bulletins of the sample county as people get them: Word, PDF and Excel read back, opened, rendered, made twice."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.home import Home
from pipelines.release.draft import Draft
from pipelines.release.store import current_release
from pipelines.report.bulletin import Bulletin, compose
from pipelines.report.bulletin_docx import write_docx
from pipelines.report.bulletin_facts import read_facts
from pipelines.report.bulletin_pdf import write_pdf
from pipelines.report.bulletin_periods import edition
from pipelines.report.bulletin_wording import load_wording
from pipelines.report.bulletin_xlsx import write_xlsx
from pipelines.report.bulletins import NO_PDF, bulletins
from tests.report.bulletin_reading import (
    WordFile,
    faults,
    formulas,
    is_rounded,
    not_said_by,
    outside_margins,
    pdf_pages,
    query,
    workbook,
)
from tests.scoreboard_tables import public_copy

CHECKOUT = Path(__file__).resolve().parents[2]
HASH = "0123456789abcdef" * 4
HIDDEN = "mfg_investment_3y"
HIDDEN_TOWNS = "tax_per_mu_above_scale"
EDITIONS = (("monthly", "2021-11"), ("quarterly", "2021-Q3"), ("annual", "2021"))


@dataclass(frozen=True)
class Made:
    bulletin: Bulletin
    tables: Path
    docx: bytes
    pdf: bytes
    xlsx: bytes


@pytest.fixture(scope="module")
def public(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Public tables of the sample county: one county figure and the towns of one indicator withheld."""
    release = current_release(published_home)
    assert release
    path = tmp_path_factory.mktemp("bulletins") / "public.duckdb"
    public_copy(release.tables, path, HIDDEN_TOWNS)
    with duckdb.connect(str(path)) as connection:
        for table, key in (("indicator_progress", "target_id"), ("indicator_value", "indicator_id")):
            connection.execute(
                f"update marts.{table} set value = null, conf_status = 'A' where {key} = $1"
                + (" and breakdown = 'county'" if table == "indicator_value" else ""),
                [HIDDEN],
            )
        connection.execute(
            "update marts.indicator_progress set achieved_share = null, status = null, light = null "
            "where target_id = $1",
            [HIDDEN],
        )
        connection.execute(
            "update marts.area_ranking set value = null, rank = null, score = null, conf_status = 'A' "
            "where indicator_id = $1 and breakdown = 'town'",
            [HIDDEN_TOWNS],
        )
    return path


@pytest.fixture(scope="module", params=EDITIONS, ids=[kind for kind, _ in EDITIONS])
def made(request: pytest.FixtureRequest, public: Path) -> Made:
    wording = load_wording()
    bulletin = compose(read_facts(public, HASH, edition(*request.param)), wording)
    return Made(
        bulletin, public, write_docx(bulletin, wording["not_said"]), write_pdf(bulletin, wording), write_xlsx(bulletin)
    )


def rankings_of(made: Made) -> int:
    return 1 if made.bulletin.edition.kind == "monthly" else 4


def test_every_figure_of_the_word_file_is_that_of_the_marts(made: Made) -> None:
    found = faults(WordFile(made.docx), made.tables, made.bulletin.edition, rankings_of(made))
    assert not found, "\n".join(found)


def test_a_figure_that_is_not_that_of_the_marts_is_found(made: Made, tmp_path: Path) -> None:
    """The comparison can fail: each kind of figure moved by a little in the tables is missed in the document."""
    word, end = WordFile(made.docx), made.bulletin.edition.end
    for change in (
        "update marts.indicator_progress set value = value * 1.02 + 1 where target_id = 'labour_productivity_mfg'",
        "update marts.indicator_progress set achieved_share = achieved_share + 0.01 where target_id = 'co2_reduced_3y'",
        "update marts.indicator_progress set light = 'green' where target_id = 'co2_reduced_3y'",
        "update marts.indicator set co_units = '县某局' where target_id = 'co2_reduced_3y'",
        f"update marts.area_ranking set value = value + 1 where indicator_id = 'composite' and period = '{end}'",
        f"update marts.area_ranking set rank = rank + 1 where indicator_id = 'composite' and period = '{end}'",
        "update marts.indicator_need set gap_per_month = gap_per_month + 1",
        "update marts.indicator_need set numerator_gap = numerator_gap + 1",
    ):
        copy = tmp_path / "changed.duckdb"
        shutil.copyfile(made.tables, copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute(change)
        assert faults(word, copy, made.bulletin.edition, rankings_of(made)), change


def test_the_sums_of_the_summary_are_those_of_the_marts(made: Made) -> None:
    lights = query(
        made.tables,
        "select case when i.binding = 'soft' and p.light = 'red' then 'yellow' else coalesce(p.light, 'grey') end "
        "as shown "
        "from marts.indicator as i left join (select * from marts.indicator_progress where period <= $period "
        "qualify row_number() over (partition by target_id order by period desc) = 1) as p using (target_id) "
        "inner join marts.campaign using (target_id) where p.target_id is not null or i.row_type = 'target'",
        period=made.bulletin.edition.end,
    )
    counts = [len(lights), *(sum(r["shown"] == s for r in lights) for s in ("green", "yellow", "red", "grey"))]
    (sentence,) = [p for p in WordFile(made.docx).paragraphs if p.startswith("截至") and "绿灯" in p]
    assert [int(n) for n in re.findall(r"(\d+)项", sentence)] == counts
    assert counts[3] > 0 and counts[2] > 0


def test_the_annual_verdicts_and_tallies_are_those_of_the_marts(made: Made) -> None:
    if made.bulletin.edition.kind != "annual":
        assert not list(WordFile(made.docx).table("各年判定"))
        return
    word = WordFile(made.docx)
    facts = {
        row["name_zh"]: row
        for row in query(
            made.tables,
            "select i.name_zh, p.* from marts.indicator_progress as p "
            "inner join marts.indicator as i using (target_id) where p.period = '2021-12'",
        )
    }
    verdicts = {row["指标"].removesuffix("（力争）"): row for _, row in word.table("各年判定")}
    for name, fact in facts.items():
        printed = verdicts[name]["各年判定"].removeprefix("2021年：")
        if fact["value"] is not None:
            assert is_rounded(re.findall(r"，(-?[\d.]+)", printed)[0], fact["value"]), (name, printed)
        is_judged = fact["status"] in ("achieved", "missed")
        due = f"1次到期，达标{int(fact['status'] == 'achieved')}次" if is_judged else "到期，无判定"
        expected = due if fact["elapsed_share"] == 1 else "未到期"
        assert verdicts[name]["到期考核"] == expected, name
    units = {row["牵头单位"]: row for _, row in word.table("目标数", "其中达标")}
    for row in query(
        made.tables,
        "select i.lead_unit, count(*) as n, count_if(p.light = 'green') as green, count_if(p.elapsed_share = 1 "
        "and p.status in ('achieved', 'missed')) as due, "
        "count_if(p.elapsed_share = 1 and p.status = 'achieved') as met "
        "from marts.indicator_progress as p inner join marts.indicator as i using (target_id) "
        "where p.period = '2021-12' group by 1",
    ):
        shown = units[row["lead_unit"]]
        found = [int(shown[heading]) for heading in ("目标数", "绿灯", "本期到期", "其中达标")]
        assert found == [row["n"], row["green"], row["due"], row["met"]], row


def test_a_suppressed_figure_stands_nowhere(made: Made, published_home: Home) -> None:
    release = current_release(published_home)
    assert release
    end = made.bulletin.edition.end
    (secret,) = query(
        release.tables,
        "select value from marts.indicator_progress where target_id = $target and period = $period",
        target=HIDDEN,
        period=end,
    )
    word = WordFile(made.docx)
    assert secret["value"] and not [f for f in made.bulletin.cited if f.value == secret["value"]]
    (row,) = [row for _, row in word.table("指标", "完成率", "同比") if row["指标"] == "完成制造业投资"]
    assert (row["完成"], row["完成率"], row["同比"]) == ("⑤", "—", "—")
    assert f"{secret['value']:.2f}亿元" not in "".join(word.stream)
    assert "完成制造业投资数值按保密规则不予公布。" in word.paragraphs


def test_the_pdf_says_what_the_word_file_says(made: Made) -> None:
    word = WordFile(made.docx)
    headings = {"".join(rows[0]) for _, rows in word.tables if rows}
    pages = pdf_pages(made.pdf)
    assert not_said_by(pages, word.stream, [re.sub(r"\s", "", heading) for heading in headings]) == []
    changed = [text.replace("0.", "1.") for text in pages]
    assert not_said_by(changed, word.stream, list(headings)), "the comparison can fail"


def test_the_pdf_carries_every_figure_with_its_place(made: Made) -> None:
    document = pypdfium2.PdfDocument(made.pdf)
    assert document.count_attachments() == 1
    attached = json.loads(bytes(document.get_attachment(0).get_data()))
    assert (attached["content_hash"], attached["period"]) == (HASH, made.bulletin.edition.period)
    assert b"pdfaid:part>3" in made.pdf or b'pdfaid:part="3"' in made.pdf
    assert len(attached["figures"]) > 200
    with duckdb.connect(str(made.tables), read_only=True) as connection:
        for figure in attached["figures"]:
            where = " and ".join(f"{name} = ${name}" for name in figure["key"])
            found = connection.execute(
                f"select {figure['column']} from marts.{figure['table']} where {where}", figure["key"]
            ).fetchall()
            assert found == [(figure["value"],)], figure
            scale = 100 if figure["text"].endswith("%") else 1
            assert is_rounded(figure["text"].removesuffix("%"), scale * figure["value"]) or is_rounded(
                figure["text"], abs(figure["value"])
            ), figure
    printed = "".join(WordFile(made.docx).stream)
    known = query(
        made.tables,
        "select indicator_id, value, numerator from marts.indicator_value where breakdown = 'county' and period = "
        f"'{made.bulletin.edition.end}' order by indicator_id",
    )
    assert known and known == [{k: row[k] for k in known[0]} for row in attached["passports"]]
    main = [f for f in attached["figures"] if f["table"] == "indicator_progress"]
    assert main and all(figure["text"] in printed for figure in main)


def test_the_workbook_holds_the_same_tables(made: Made) -> None:
    sheets, word = workbook(made.xlsx), WordFile(made.docx)
    assert formulas(made.xlsx) == []
    printed = [
        {k: row[k] for k in ("指标", "目标", "完成", "完成率", "同比", "灯")} for _, row in word.table("指标", "完成率")
    ]
    assert [{k: row[k] for k in printed[0]} for row in sheets["目标进度"]] == printed
    needs = [row["赶上所需"] for _, row in word.table("赶上所需")]
    assert [row["赶上所需"] for row in sheets["滞后目标"]] == needs
    assert len({row["排名"] for row in sheets["区域排名"]}) == 4, "every ranking, also of the monthly monitor"
    defined = {row["target_id"]: row for row in query(made.tables, "select * from marts.indicator")}
    for row in sheets["口径"]:
        assert row["条款"] == defined[row["指标编号"]]["clause"]
    # a workbook keeps sixteen digits
    values = [f["value"] for f in made.bulletin.figures()]
    assert [row["数值（未四舍五入）"] for row in sheets["数值"]] == pytest.approx(values, rel=1e-15)


def test_no_text_of_the_pdf_leaves_the_margins(made: Made) -> None:
    assert outside_margins(made.pdf) == []


@pytest.fixture(scope="module")
def opened_by_libreoffice(made: Made, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (tests/install_services.sh installs it): Word files are not opened")
    folder = tmp_path_factory.mktemp("office")
    (folder / "bulletin.docx").write_bytes(made.docx)
    done = subprocess.run(
        [
            *(office, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf"),
            *("--outdir", str(folder), str(folder / "bulletin.docx")),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (folder / "bulletin.pdf").is_file(), done.stdout + done.stderr
    return (folder / "bulletin.pdf").read_bytes()


def test_libreoffice_opens_the_word_file_and_nothing_is_lost_or_spilled(
    opened_by_libreoffice: bytes, made: Made
) -> None:
    word = WordFile(made.docx)
    headings = [re.sub(r"\s", "", "".join(rows[0])) for _, rows in word.tables if rows]
    assert not_said_by(pdf_pages(opened_by_libreoffice), word.stream, headings) == []
    assert outside_margins(opened_by_libreoffice) == []
    document = pypdfium2.PdfDocument(opened_by_libreoffice)
    width, height = document[0].get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)


def test_every_character_is_in_the_font_it_is_set_in(opened_by_libreoffice: bytes, made: Made) -> None:
    """A character that its font lacks is drawn as an empty box."""
    assert without_glyph(opened_by_libreoffice) == []
    assert without_glyph(made.pdf) == []


def test_pages_are_drawn_and_not_empty(made: Made) -> None:
    for page in pypdfium2.PdfDocument(made.pdf):
        drawn = page.render(scale=1, grayscale=True).to_numpy()
        inked = (drawn < 128).mean()
        assert 0.001 < inked < 0.5


def without_glyph(content: bytes) -> list[str]:
    charsets = font_charsets()
    found = set()
    document = pypdfium2.PdfDocument(content)
    for page in document:
        text = page.get_textpage()
        for index in range(text.count_chars()):
            code = pdfium.FPDFText_GetUnicode(text, index)
            if code <= 32 or code == 0xFFFE or pdfium.FPDFText_IsGenerated(text, index) == 1:
                continue
            name = ctypes.create_string_buffer(200)
            pdfium.FPDFText_GetFontInfo(text, index, name, 200, None)
            # the subset's prefix, and how it is encoded, are no part of its name
            family = re.sub(r"^[A-Z]{6}\+|-(Identity-H|VKana)$", "", name.value.decode())
            held = charsets.get(family)
            assert held is not None, f"{family} is no font of this computer"
            if not any(first <= code <= last for first, last in held):
                found.add(f"{chr(code)} in {family}")
    return sorted(found)


def font_charsets() -> dict[str, list[tuple[int, int]]]:
    listed = subprocess.run(
        ["fc-list", "--format", "%{postscriptname}\t%{charset}\n"], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, list[tuple[int, int]]] = {}
    for line in listed.splitlines():
        name, _, spans = line.partition("\t")
        pairs = (span.partition("-") for span in spans.split())
        found[name] = [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]
    return found


AGAIN = """
import hashlib, sys
from pathlib import Path
from pipelines.report.bulletin import compose
from pipelines.report.bulletin_docx import write_docx
from pipelines.report.bulletin_facts import read_facts
from pipelines.report.bulletin_pdf import write_pdf
from pipelines.report.bulletin_periods import edition
from pipelines.report.bulletin_wording import load_wording
from pipelines.report.bulletin_xlsx import write_xlsx
wording = load_wording()
bulletin = compose(read_facts(Path(sys.argv[1]), sys.argv[2], edition(sys.argv[3], sys.argv[4])), wording)
for content in (write_docx(bulletin, wording["not_said"]), write_pdf(bulletin, wording), write_xlsx(bulletin)):
    print(hashlib.sha256(content).hexdigest())
"""


def test_the_same_release_gives_the_same_bytes_elsewhere_and_later(made: Made) -> None:
    edition = made.bulletin.edition
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, str(made.tables), HASH, edition.kind, edition.period],
        env={**os.environ, "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "99", "PYTHONPATH": str(CHECKOUT)},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [hashlib.sha256(c).hexdigest() for c in (made.docx, made.pdf, made.xlsx)]


# as a part of a release, and at the command line


@pytest.fixture(scope="module")
def home(public: Path, published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with one release that has a public part, written by the part itself."""
    release = current_release(published_home)
    assert release
    home = Home(tmp_path_factory.mktemp("home"))
    folder = home.releases / release.release_id
    folder.mkdir(parents=True)
    for source, name in ((release.tables, "internal.duckdb"), (public, "public.duckdb")):
        shutil.copyfile(source, folder / name)
    shutil.copyfile(release.path / "manifest.json", folder / "manifest.json")
    home.current.symlink_to(f"{home.releases.name}/{release.release_id}")
    bulletins(Draft(home, folder, release.tables, None, release.content_hash))
    return home


def run(home: Home, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["bulletin", *arguments], env={"FENGHUANG_HOME": str(home.root)})
    return done.exit_code, done.output


def test_a_release_carries_the_bulletins_that_are_due(home: Home) -> None:
    reports = home.current / "reports"
    names = {
        f"{name}.{form}"
        for name in ("monthly_2021-12", "quarterly_2021-Q4", "annual_2021")
        for form in ("docx", "pdf", "xlsx")
    }
    assert {path.name for path in reports.iterdir()} == {*names, "revisions.json"}


def test_the_command_makes_the_same_bytes_again(home: Home, tmp_path: Path) -> None:
    code, screen = run(home, "annual", "--to", str(tmp_path))
    assert code == 0, screen
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (home.current / "reports" / path.name).read_bytes(), path.name
    today = current_release(home).release_id[:8]  # type: ignore[union-attr]
    day = f"{today[:4]}-{today[4:6]}-{today[6:]}"
    code, screen = run(home, "monthly", "2021-03", "--as-of", day, "--format", "xlsx", "--to", str(tmp_path / "new"))
    assert (code, [p.name for p in (tmp_path / "new").iterdir()]) == (0, ["monthly_2021-03.xlsx"]), screen


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("quarterly", "2023-Q1"), 1, "2021-Q1 … 2021-Q4"),
        (("quarterly", "2021-11"), 1, "written as 2021-Q3"),
        (("annual", "--as-of", "2001-01-01"), 1, "the first release is"),
        (("annual", "--release", "nowhere"), 1, "nowhere"),
        (("annual", "--format", "odt"), 2, "docx, pdf, xlsx"),
        (("annual", "--release", "2", "--as-of", "2021-01-01"), 2, "one of them"),
    ],
)
def test_what_cannot_be_made_is_named(home: Home, arguments: tuple[str, ...], code: int, named: str) -> None:
    found, screen = run(home, *arguments)
    assert found == code
    assert named in re.sub(r"[\s│]+", " ", screen)


def test_an_office_takes_the_templates_and_changes_one(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = tmp_path / "office"
    assert run(home, "templates", str(office))[0] == 0
    assert {path.name for path in office.iterdir()} == {"bulletin.docx", "bulletin.typ", "wording.yml"}
    code, screen = run(home, "templates", str(office))
    assert code == 1 and "already" in screen, "an office's own file is not overwritten"
    wording = (office / "wording.yml").read_text(encoding="utf-8")
    (office / "wording.yml").write_text(wording.replace("产业升级目标月度监测", "进度快报"), encoding="utf-8")
    monkeypatch.setenv("FENGHUANG_TEMPLATES", str(office))
    assert run(home, "monthly", "--format", "docx", "--to", str(tmp_path / "out"))[0] == 0
    (path,) = (tmp_path / "out").iterdir()
    assert "德清县进度快报" in WordFile(path.read_bytes()).paragraphs


def test_a_computer_without_chinese_fonts_publishes_and_says_so(
    home: Home, public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.report.bulletin_pdf.installed", lambda: frozenset({"DejaVu Sans"}))
    for name in ("internal.duckdb", "public.duckdb"):
        shutil.copyfile(home.current / name, tmp_path / name)
    bulletins(Draft(home, tmp_path, public, None, HASH))
    assert "fonts-noto-cjk" in (tmp_path / "reports" / NO_PDF).read_text(encoding="utf-8")
    endings = {path.suffix for path in (tmp_path / "reports").iterdir()}
    assert endings == {".docx", ".xlsx", ".json", ".txt"}
    code, screen = run(home, "monthly", "--format", "pdf", "--to", str(tmp_path / "out"))
    assert code == 1 and "fonts-noto-cjk" in screen
