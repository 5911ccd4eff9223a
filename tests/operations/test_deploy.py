"""What lies in `deploy/`, tried as far as it goes without installing it: a real proxy, systemd's checks, PostgreSQL."""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from pipelines.home import Home
from pipelines.release.access import PUBLIC
from pipelines.release.store import PUBLIC_FILE, clean_up
from tests.conftest import Postgres
from tests.nights import CHECKOUT, SAMPLE
from tests.operations.test_access import NOW, public_parts
from tests.release.test_store import publish_one
from tests.servers import Reply, Request, serving

DEPLOY = CHECKOUT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
NOBODY = 65534


# ------------------------------------------------------------------------------------------------ the proxy


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


@dataclass(frozen=True)
class Proxy:
    get: Callable[..., Answer]
    asked_of_dagster: list[Request]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """The proxy of a county, with a release behind it."""

    def prepare(root: Path, passwords: Callable[[str, str], None]) -> None:
        home = Home(root)
        clean_up(home)
        publish_one(home, "run1", at=NOW, parts=(lambda draft: public_parts(draft.folder),))
        passwords("htpasswd", "right")

    with proxied("fenghuang.conf", prepare) as running:
        yield running


@contextmanager
def proxied(site_name: str, prepare: Callable[[Path, Callable[[str, str], None]], None]) -> Iterator[Proxy]:
    """A real nginx with a configuration of `deploy/`, ports and folders moved. `prepare(home, passwords)` fills the
    home; `passwords(file, password)` writes a file of them for the user `auditor`."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None or shutil.which("openssl") is None:
        pytest.skip("no nginx (with openssl) here (tests/install_services.sh installs it on Debian as root)")
    folder = Path(tempfile.mkdtemp(prefix="fenghuang-proxy-"))
    folder.chmod(0o755)
    home = Home(folder / "home")
    port, plain = free_port(), free_port()
    etc = folder / "etc"
    etc.mkdir()

    def passwords(name: str, password: str) -> None:
        hashed = subprocess.run(["openssl", "passwd", "-apr1", password], capture_output=True, text=True, check=True)
        (etc / name).write_text(f"auditor:{hashed.stdout.strip()}\n")

    prepare(home.root, passwords)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-keyout", str(etc / "tls.key"), "-out", str(etc / "tls.crt")]
    subprocess.run(command, capture_output=True, check=True)
    site = (DEPLOY / "nginx" / site_name).read_text(encoding="utf-8")
    with serving() as dagster:
        dagster.answer = lambda request: Reply(200, b"the UI")
        for old, new in (
            ("/srv/fenghuang", f"{home.root}"),
            ("/etc/fenghuang/", f"{etc}/"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
            ("listen 80;", f"listen 127.0.0.1:{plain};"),
            ("http://127.0.0.1:3000", dagster.url),
        ):
            assert old in site
            site = site.replace(old, new)
        # As Debian runs it, but with the files' group: that of whoever runs the test.
        user = "user nobody root;" if os.geteuid() == 0 else ""
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = folder / "nginx.conf"
        config.write_text(
            f"{user}\nerror_log {folder}/error.log;\npid {folder}/pid;\nevents {{}}\n"
            f"http {{\naccess_log off;\ninclude /etc/nginx/mime.types;\n{temporary}\n{site}\n}}\n"
        )
        tested = subprocess.run([nginx, "-t", "-c", str(config)], capture_output=True, text=True)
        assert tested.returncode == 0, tested.stderr
        process = subprocess.Popen([nginx, "-c", str(config), "-g", "daemon off;"], stderr=subprocess.DEVNULL)
        context = ssl.create_default_context(cafile=str(etc / "tls.crt"))
        context.check_hostname = False

        def get(path: str, password: str | None = None) -> Answer:
            request = urllib.request.Request(f"https://127.0.0.1:{port}{path}")
            if password:
                token = base64.b64encode(f"auditor:{password}".encode()).decode()
                request.add_header("Authorization", f"Basic {token}")
            try:
                with urllib.request.urlopen(request, timeout=30, context=context) as reply:
                    return Answer(reply.status, reply.read().decode(errors="replace"))
            except urllib.error.HTTPError as refused:
                return Answer(refused.code, refused.read().decode(errors="replace"))

        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    get("/")
                    break
                except urllib.error.URLError:
                    assert process.poll() is None and time.monotonic() < deadline, (folder / "error.log").read_text()
                    time.sleep(0.1)
            yield Proxy(get, dagster.requests)
        finally:
            process.terminate()
            process.wait(30)
            shutil.rmtree(folder)


def test_the_public_part_is_for_everybody(proxy: Proxy) -> None:
    for name in sorted(PUBLIC):
        if name == PUBLIC_FILE:
            assert proxy.get(f"/{name}").status == 200
        else:
            path = f"/{name}" if "." in name else f"/{name}/deeper/page.html"
            assert proxy.get(path) == Answer(200, name), name
    assert "deeper/" in proxy.get("/parquet/").body


@pytest.mark.parametrize(
    "path",
    [
        "/internal.duckdb",
        "/manifest.json",
        "/data_docs/index.html",
        "/an_unknown_part.csv",
        "/public.duckdb/../internal.duckdb",
        "/passports/../manifest.json",
        "/passports/%2e%2e/manifest.json",
        "/passports%2f..%2fmanifest.json",
        "/csv../manifest.json",
    ],
)
def test_nothing_internal_without_its_own_address(proxy: Proxy, path: str) -> None:
    assert proxy.get(path).status == 404


@pytest.mark.parametrize("path", ["internal.duckdb", "manifest.json", "data_docs/index.html"])
def test_the_internal_part_needs_the_password(proxy: Proxy, path: str) -> None:
    assert proxy.get(f"/internal/{path}").status == 401
    assert proxy.get(f"/internal/{path}", "wrong").status == 401
    assert proxy.get(f"/internal/{path}", "right").status == 200


def test_the_ui_needs_the_password_and_never_sees_it(proxy: Proxy) -> None:
    proxy.asked_of_dagster.clear()
    assert proxy.get("/dagster/assets").status == 401
    assert proxy.asked_of_dagster == []
    assert proxy.get("/dagster/assets", "right") == Answer(200, "the UI")
    (asked,) = proxy.asked_of_dagster
    assert asked.path == "/dagster/assets" and "authorization" not in asked.headers


def test_the_proxy_serves_as_public_just_what_is_public() -> None:
    site = (DEPLOY / "nginx" / "fenghuang.conf").read_text(encoding="utf-8")
    named = re.findall(r"location ~ \^/\(([^)]*)\)", site)
    assert {name.replace("\\", "") for group in named for name in group.split("|")} == PUBLIC


# ------------------------------------------------------------------------------------------------ systemd


def systemd_analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("no systemd-analyze here")
    return subprocess.run([command, *arguments], capture_output=True, text=True)


def test_systemd_reads_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        # Nothing of ours is installed here; everything else is checked as it stands.
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text.replace("Documentation=file:/opt/fenghuang/docs/operations.md\n", ""))
    done = systemd_analyze("verify", *(str(tmp_path / unit.name) for unit in UNITS))
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"], ids=lambda unit: unit.name)
def test_a_service_may_do_little(unit: Path) -> None:
    done = systemd_analyze("security", "--offline=true", "--threshold=40", str(unit))
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"], ids=lambda unit: unit.name)
def test_a_service_starts_a_command_that_exists(unit: Path) -> None:
    (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
    program, command, *rest = line.split()
    assert program.startswith("/opt/fenghuang/.venv/bin/")
    installed = Path(sys.executable).parent / Path(program).name
    arguments = [command, "--help"] if installed.name in ("fenghuang", "dagster-daemon") else ["--help"]
    module = {
        "fenghuang": "pipelines.cli",
        "dagster-daemon": "dagster._daemon.cli",
        "dagster-webserver": "dagster_webserver",
    }
    runner = [sys.executable, "-m", module[installed.name]] if installed.name != "dagster-daemon" else [str(installed)]
    done = subprocess.run([*runner, *arguments], capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == 0, done.stderr
    for option in re.findall(r"--[a-z-]+", " ".join([command, *rest])):
        assert option in done.stdout, option


# ------------------------------------------------------------------------------------------------ PostgreSQL


READ_BACK = """
import json
from dagster import AssetKey, DagsterInstance, RunsFilter
with DagsterInstance.get() as instance:
    print(json.dumps({
        "storage": type(instance.run_storage).__name__,
        "runs": {run.job_name: [run.status.value, len(instance.all_logs(run.run_id))] for run in instance.get_runs()},
        "rows": instance.get_latest_materialization_event(AssetKey(["raw", "tax"]))
            .asset_materialization.metadata["rows_read"].value,
    }))
"""


@pytest.mark.slow
def test_a_shared_installation_keeps_its_runs_in_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    """Two runs from two processes, a nightly one that stops at its plan and an intake that ends well; a third process
    reads both. The password stands in the environment alone."""
    home = Home(tmp_path / "home")
    shutil.copytree(SAMPLE / "inbox" / "tax", home.inbox / "tax")
    home.dagster.mkdir(parents=True)
    shutil.copy(DEPLOY / "dagster.postgresql.yaml", home.dagster / "dagster.yaml")
    (tmp_path / "plan").mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER", "FENGHUANG"))}
    environment |= {
        "PYTHONPATH": str(CHECKOUT),
        "FENGHUANG_HOME": str(home.root),
        "DAGSTER_HOME": str(home.dagster),
        "FENGHUANG_PG_HOST": postgres.host,
        "FENGHUANG_PG_PORT": str(postgres.port),
        "FENGHUANG_PG_DATABASE": "postgres",
        "FENGHUANG_PG_USER": postgres.user,
        "FENGHUANG_PG_PASSWORD": postgres.password,
    }

    def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment | more, capture_output=True, text=True
        )

    execute = ("-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j")
    taken_in = run(*execute, "intake")
    assert taken_in.returncode == 0, taken_in.stderr[-3000:]
    broken = run(*execute, "nightly", FENGHUANG_PLAN=str(tmp_path / "plan"))
    assert "plan" in broken.stderr
    read = run("-c", READ_BACK)
    assert read.returncode == 0, read.stderr
    seen = yaml.safe_load(read.stdout)
    assert seen["storage"] == "PostgresRunStorage"
    assert seen["runs"]["intake"][0] == "SUCCESS" and seen["runs"]["intake"][1] > 50
    assert seen["runs"]["nightly"][0] == "FAILURE"
    assert seen["rows"] > 1000
    assert not list(home.dagster.rglob("*.db")), "nothing went to SQLite"
    for text in (taken_in.stderr, broken.stderr, (home.dagster / "dagster.yaml").read_text()):
        assert postgres.password not in text


def test_the_two_instances_differ_in_storage_alone() -> None:
    embedded, shared = (
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (CHECKOUT / "dagster.yaml", DEPLOY / "dagster.postgresql.yaml")
    )
    assert "storage" not in embedded
    assert {key: value for key, value in shared.items() if key != "storage"} == embedded
