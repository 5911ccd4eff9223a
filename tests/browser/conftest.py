"""One web server, read only, on an instance with a good night and one that broke a promise; one real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pipelines.home import Home
from tests.nights import continued_home, copy_code, told_night
from tests.release.test_nightly_gate import add_promise

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE_MS = 60_000  # a page on a busy machine
PROMISE = "no_project_in_qianyuan"


@dataclass(frozen=True)
class Ui:
    """`url` of the server; `home` it serves; `screen` of the night that failed."""

    url: str
    home: Home
    screen: str


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here (tests/install_services.sh installs it on Debian as root)")
    return found


@pytest.fixture(scope="session")
def ui(chromium: str, lean: Path, published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """As `make ui-readonly` serves it, on a port of its own."""
    folder = tmp_path_factory.mktemp("ui")
    home = Home(folder / "home")
    shutil.copytree(continued_home(tmp_path_factory, published_home).root, home.root, symlinks=True)
    checkout = folder / "checkout"
    copy_code(lean, checkout)
    query = "select project_id, town_code from {batch} where town_code = '330521101' order by 1"
    add_promise(checkout, "project", PROMISE, query)
    code, screen = told_night(home, checkout)
    assert code == 1, screen

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER", "FENGHUANG"))}
    environment |= {
        "PYTHONPATH": str(checkout),
        "FENGHUANG_HOME": str(home.root),
        "DAGSTER_HOME": str(home.dagster),
    }
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "dagster_webserver", "--read-only"),
            *("-h", "127.0.0.1", "-p", str(port), "-m", "pipelines.definitions"),
        ],
        cwd=checkout,
        env=environment,
        stdout=log,
        stderr=log,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, server, folder / "server.log")
        yield Ui(url, home, screen)
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            urllib.request.urlopen(f"{url}/server_info", timeout=5).close()
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"no answer: {log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, ui: Ui) -> Iterator[Page]:
    context = browser.new_context(base_url=ui.url, viewport={"width": 1600, "height": 1100}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield page
    context.close()
