"""The scoreboard page in a real browser, opened from the disk: keyboard, filters, languages, widths, print, axe."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.release.store import current_release
from pipelines.report.scoreboard_page import INTERNAL, PUBLIC, write_page
from tests.scoreboard_tables import public_copy

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
TARGET = "labour_productivity_mfg"


@pytest.fixture(scope="module")
def files(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both editions of the page on the disk, and `quiet`: the public one as a browser without scripts has it."""
    release = current_release(published_home)
    assert release is not None
    folder = tmp_path_factory.mktemp("scoreboard")
    public_copy(release.tables, folder / "public.duckdb", "tax_per_mu_above_scale")
    write_page(folder / "public.duckdb", release.content_hash, PUBLIC, folder / "public.html")
    write_page(release.tables, release.content_hash, INTERNAL, folder / "internal.html")
    return {name: folder / f"{name}.html" for name in ("public", "internal")}


@dataclass
class Opened:
    """A page, and what it must not do: messages on the console, errors, requests other than for itself."""

    page: object
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(browser, files):
    contexts, all_opened = [], []

    def opened(name: str = "public", size: str = "desktop", scripts: bool = True, at: str = ""):
        context = browser.new_context(viewport=SIZES[size], java_script_enabled=scripts)
        contexts.append(context)
        page = context.new_page()
        watched = Opened(page)
        all_opened.append(watched)
        address = files[name].as_uri()
        page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on(
            "request",
            lambda r: None if r.url.partition("#")[0] in (address, "data:,") else watched.complaints.append(r.url),
        )
        page.goto(address + at)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [watched.complaints for watched in all_opened] == [[] for _ in all_opened]


def shown(page) -> list[dict[str, str]]:
    return page.eval_on_selector_all(
        "tr[data-row]", "rows => rows.filter(r => r.getClientRects().length).map(r => ({...r.dataset}))"
    )


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def tab_to(page, selector: str, most: int = 60) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {most} tabs")


def test_the_keyboard_alone_filters_opens_a_target_and_comes_back(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert "跳到目标列表" in focused(page)
    assert page.locator(".skip").bounding_box()["x"] >= 0
    order = []
    for _ in range(8):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.dataset.pick"))
    assert order == ["language", "green", "yellow", "red", "grey", "campaign", "unit", "reset"]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"

    page.locator("button[data-pick=yellow]").focus()
    page.keyboard.press("Space")
    assert {row["light"] for row in shown(page)} == {"yellow"}
    tab_to(page, "button[data-pick=red]")
    page.keyboard.press("Enter")
    assert {row["light"] for row in shown(page)} == {"yellow", "red"}
    page.keyboard.press("Enter")
    tab_to(page, "a.open")
    name = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    page.wait_for_selector("section.page:not([hidden])")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    assert page.evaluate("document.activeElement.innerText") == name
    assert not page.locator("#board").is_visible() and page.locator("section.page:visible").count() == 1
    page.keyboard.press("Shift+Tab")
    assert "返回全部目标" in focused(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("#board:not([hidden])")
    assert page.evaluate("document.activeElement.innerText") == name
    # the filter is what it was
    assert {row["light"] for row in shown(page)} == {"yellow"}


def test_each_filter_and_all_together_say_how_many_are_left(open_page):
    page = open_page()
    everything = shown(page)
    assert page.locator("#count").inner_text() == f"显示 {len(everything)} / {len(everything)} 项目标"
    assert page.locator("#count").get_attribute("aria-live") == "polite"
    for selector, key, value in (("#campaign", "campaign", "innovation"), ("#unit", "unit", "县科技局")):
        page.select_option(selector, value)
        expected = [row for row in everything if row[key] == value]
        assert 0 < len(expected) < len(everything) and shown(page) == expected
        assert page.locator("#count").inner_text().startswith(f"显示 {len(expected)} /")
        page.click("#reset")
    page.select_option("#campaign", "investment")
    page.select_option("#unit", "县商务局")
    page.click("button[data-pick=red]")
    expected = [
        row for row in everything if (row["campaign"], row["unit"], row["light"]) == ("investment", "县商务局", "red")
    ]
    assert expected and shown(page) == expected
    assert page.locator("section.campaign:visible").count() == 1
    page.click("#reset")
    assert shown(page) == everything


def test_the_language_is_switched_and_nothing_is_lost(open_page):
    page = open_page()
    assert page.locator("h1").inner_text().startswith("目标进度")
    page.click("#language")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").inner_text().startswith("Scoreboard") and page.title().startswith("Scoreboard")
    row = page.locator(f"tr[data-target={TARGET}]").inner_text()
    assert "Overall labour productivity" in row and "Economy and Information Bureau" in row and "at risk" in row
    assert page.locator("#count").inner_text() == "74 of 74 targets shown"
    assert "Innovation" in page.locator("#campaign option").all_inner_texts()
    # what is left of Chinese on the board: the way back to it
    board = page.locator("body").inner_text()
    assert [c for c in board if "一" <= c <= "鿿"] == list("中文")
    page.click(f"tr[data-target={TARGET}] a")
    chart = page.locator(f"#t-{TARGET} svg.chart").nth(1)
    assert "Wuyang Subdistrict" in chart.text_content()
    assert (
        page.locator(f"#t-{TARGET} svg.chart tspan[lang=zh-CN]").first.evaluate("e => getComputedStyle(e).display")
        == "none"
    )
    page.click("#language")
    assert page.locator("h1").inner_text().startswith("目标进度")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("edition", ["public", "internal"])
def test_no_page_is_wider_than_the_screen(open_page, size, edition):
    page = open_page(edition, size)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    too_wide = page.evaluate(
        """() => {
            const bad = [];
            for (const lang of ["zh-CN", "en"]) {
                document.documentElement.lang = lang;
                for (const part of document.querySelectorAll("#board, section.page")) {
                    document.querySelectorAll("#board, section.page").forEach(p => { p.hidden = p !== part; });
                    const width = document.documentElement.scrollWidth;
                    if (width > innerWidth) bad.push([lang, part.id, width]);
                }
            }
            return bad;
        }"""
    )
    assert too_wide == []
    smallest = (
        page.evaluate(
            "Math.min(...[...document.querySelectorAll('button, select')].map(e => e.offsetHeight).filter(h => h))"
        )
        if size == "phone" and not page.evaluate("document.getElementById('board').hidden")
        else 40
    )
    assert smallest >= 40


@pytest.mark.parametrize(
    ("edition", "size", "where", "lang"),
    [
        ("internal", "desktop", "", "zh-CN"),
        ("public", "phone", "", "en"),
        ("public", "desktop", f"#t-{TARGET}", "en"),
        ("public", "phone", "#t-tax_per_mu_above_scale", "zh-CN"),
    ],
)
def test_an_accessibility_engine_finds_nothing(open_page, edition, size, where, lang):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(edition, size, at=where)
    if lang == "en":
        page.click("#language")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    # what is hidden is not looked at, but walked through: tens of thousands of cells
    page.evaluate("document.querySelectorAll('section.page[hidden]').forEach(p => p.remove())")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_colours_are_told_by_shape_and_text(open_page):
    page = open_page()
    for light, sign, word in (
        ("green", "●", "绿灯"),
        ("yellow", "▲", "黄灯"),
        ("red", "■", "红灯"),
        ("grey", "○", "灰灯"),
    ):
        badges = page.locator(f"tr[data-light={light}] .badge").all_inner_texts()
        assert badges and all(sign in text and word in text for text in badges)


def test_it_prints_without_what_cannot_be_pressed(open_page):
    page = open_page(at=f"#t-{TARGET}")
    page.emulate_media(media="print")
    assert not page.locator("#language").is_visible() and not page.locator(".back:visible").count()
    assert page.locator("section.page:visible").count() == 1
    # what is folded on the screen is printed
    assert page.locator(f"#t-{TARGET} tr[data-of=history]").first.is_visible()
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and 1 <= pdf.count(b"/Type /Page\n") <= 6
    page.goto(page.url.partition("#")[0] + "#board")
    assert page.locator("section.page:visible").count() == 0 and not page.locator(".filters").is_visible()


def test_a_narrow_sheet_of_paper_is_no_phone(open_page):
    page = open_page(size="phone")
    display = "getComputedStyle(document.querySelector('tr[data-row]')).display"
    assert page.evaluate(display) == "grid"
    page.emulate_media(media="print")
    assert page.evaluate(display) == "table-row"


def test_it_is_one_long_page_without_scripts(open_page):
    page = open_page(scripts=False)
    assert page.locator("tr[data-row]").count() == page.locator("section.page:visible").count() == 74
    assert not page.locator("#language").is_visible() and not page.locator(".filters").is_visible()
    page.click(f"tr[data-target={TARGET}] a")
    assert page.locator(f"#h-{TARGET}").is_visible()


def test_motion_is_only_where_it_is_welcome(open_page):
    page = open_page()
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
