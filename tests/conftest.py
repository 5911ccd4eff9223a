"""Real servers for tests: an HTTP server that plays a script, and PostgreSQL in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from pipelines.home import Home
from tests.nights import SAMPLE, lean_checkout, night_of, small_checkout
from tests.servers import HttpServer, serving

# The same examples everywhere, and no time limit: a busy machine is no failure.
settings.register_profile("fenghuang", deadline=None, derandomize=True)
settings.load_profile("fenghuang")

# A file of tests stays in one process (`--dist loadfile`; the groups of pytest-xdist 3.8 have no effect under pytest
# 9.2), and these begin, so that none of them is left for the end. Of two processes one takes the first and the third.
FIRST = (
    "test_equality.py",
    "test_nightly_kill.py",
    "test_demo_against_pipeline.py",
    "test_store.py",
    "test_nightly_gate.py",
    "test_ui.py",
    "test_dbt_unit_tests.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample county, taken in and published once. Copied, or read, never used itself."""
    return night_of(SAMPLE, tmp_path_factory)


@pytest.fixture(scope="session")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code with fewer data tests (`lean_checkout`). Run, or copied, never changed."""
    return lean_checkout(tmp_path_factory)


@pytest.fixture(scope="session")
def published_lean(lean: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample county, published once by the lean code. Copied, or read, never used itself."""
    return night_of(SAMPLE, tmp_path_factory, lean)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code with few models (`small_checkout`). Run, or copied, never changed."""
    return small_checkout(tmp_path_factory)


@pytest.fixture(scope="session")
def published_small(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample county, published once by the small project. Copied, or read, never used itself."""
    return night_of(SAMPLE, tmp_path_factory, small)


@pytest.fixture
def http_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """A server on loopback; set `.answer` to a function of the request, read `.requests` afterwards."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as server:
        yield server


@dataclass(frozen=True)
class Postgres:
    """A running server: `url` is the superuser's, with its password."""

    host: str
    port: int
    user: str
    password: str

    @property
    def url(self) -> str:
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/postgres"


def _postgres_binaries() -> Path:
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    folders += [Path(found).parent] if found else []
    for folder in reversed(folders):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("PostgreSQL server binaries are not installed (tests/install_services.sh installs them)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server with a password, in a temporary folder; skipped where there are no binaries."""
    binaries = _postgres_binaries()
    # The server refuses to run as root; Debian's package brings a user for it.
    as_user: list[str] = []
    owner = os.geteuid()
    if owner == 0:
        try:
            owner = pwd.getpwnam("postgres").pw_uid
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
        as_user = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path may have about 100 characters
    password = "kept-out-of-messages"
    try:
        (folder / "password").write_text(password)
        for path in (folder, folder / "password"):
            os.chown(path, owner, -1)

        def run(*command: str) -> None:
            done = subprocess.run([*as_user, *command], cwd=folder, capture_output=True, text=True)
            log = folder / "log"
            detail = done.stdout + done.stderr + (log.read_text() if log.exists() else "")
            assert done.returncode == 0, f"{command[0]} failed: {detail}"

        data = folder / "data"
        run(
            str(binaries / "initdb"),
            *("-D", str(data), "-U", "tester", "-A", "scram-sha-256", "--pwfile", str(folder / "password")),
            *("-E", "UTF8", "--locale", "C", "--no-sync"),
        )
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c shared_buffers=16MB"
        control = str(binaries / "pg_ctl")
        # Its output goes to the log file: a captured pipe would be held open by the server.
        run(control, "-D", str(data), "-l", str(folder / "log"), "-w", "-t", "60", "-o", options, "start")
        try:
            yield Postgres("127.0.0.1", port, "tester", password)
        finally:
            run(control, "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
