"""Messages go out over what people read, once; secrets stay where they are."""

from __future__ import annotations

import json
import logging
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from dagster import DagsterInstance, Failure, build_run_status_sensor_context, job, op
from typer.testing import CliRunner

from pipelines import messages, notify
from pipelines.cli import app
from pipelines.home import Home
from pipelines.nightly import TOLD_BY, NightlyResult
from pipelines.notify import Message, send
from pipelines.orchestration.sensors_told import night_failed
from pipelines.release.draft import Draft
from pipelines.release.store import clean_up
from pipelines.tell import tell_release, tell_result
from tests.release.test_store import publish_one
from tests.servers import HttpServer, Reply

SECRET = "SEC0f3a9d77"
FAILED = Message("failure", "凤凰 未发布 not published", "gate: marts.project · x: 未通过 failed (3 rows)")


@pytest.fixture
def channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "channels"
    monkeypatch.setenv(notify.VARIABLE, str(path))
    monkeypatch.setenv("FENGHUANG_HOME", str(tmp_path / "home"))
    return path


def accept(server: HttpServer) -> str:
    """The channel of a webhook that takes everything."""
    server.answer = lambda request: Reply(200)
    return f"{server.url.replace('http', 'json')}/{SECRET}"


def test_a_webhook_takes_a_message(http_server: HttpServer, channels: Path) -> None:
    channels.write_text(f"# on call\n\n{accept(http_server)}\n")
    assert send(FAILED) == notify.Sent(1)
    (request,) = http_server.requests
    told = json.loads(request.body)
    assert (told["title"], told["message"], told["type"]) == (FAILED.title, FAILED.body, "failure")


def test_what_the_county_uses_is_spoken() -> None:
    from apprise import Apprise

    for url in ("dingtalk://" + "a" * 64, "wecombot://" + "b" * 36, "mailtos://u:p@example.cn?to=a@example.cn"):
        assert Apprise().add(url), url


def test_without_a_file_nobody_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(notify.VARIABLE, raising=False)
    assert send(FAILED) == notify.Sent(0)
    monkeypatch.setenv(notify.VARIABLE, str(tmp_path / "nowhere"))
    sent = send(FAILED)
    assert sent.delivered == 0 and "FileNotFoundError" in sent.failures[0]


@pytest.mark.parametrize(
    "url",
    [
        f"json://user:{SECRET}@127.0.0.1:1/{SECRET}",  # nobody there
        f"nonsense://{SECRET}",
        f"dingtalk://{SECRET}!!",
        SECRET,
        f"json://[::{SECRET}",
    ],
)
def test_a_failing_channel_is_named_without_its_secret(
    url: str, channels: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    channels.write_text(f"{url}\n")
    with caplog.at_level(logging.DEBUG):
        sent = send(FAILED)
    assert sent.delivered == 0 and sent.failures[0].startswith(f"{notify.VARIABLE} 1 (")
    result = CliRunner().invoke(app, ["notify", "--test"])
    assert result.exit_code == 1 and notify.VARIABLE in result.output
    out, err = capfd.readouterr()
    for shown in (*sent.failures, result.output, out, err, caplog.text):
        assert SECRET not in shown


def test_one_dead_channel_does_not_silence_the_others(http_server: HttpServer, channels: Path) -> None:
    channels.write_text(f"json://127.0.0.1:1/x\n{accept(http_server)}\n")
    sent = send(FAILED)
    assert sent.delivered == 1 and len(sent.failures) == 1 and len(http_server.requests) == 1


def test_a_server_that_refuses_is_a_failure(http_server: HttpServer, channels: Path) -> None:
    channels.write_text(f"{accept(http_server)}\n")
    http_server.answer = lambda request: Reply(500)
    assert send(FAILED).failures


def test_the_command_sends_a_trial(http_server: HttpServer, channels: Path) -> None:
    channels.write_text(f"{accept(http_server)}\n")
    result = CliRunner().invoke(app, ["notify"])
    assert result.exit_code == 0 and http_server.requests == [] and "1 (json)" in result.output
    assert CliRunner().invoke(app, ["notify", "--test"]).exit_code == 0
    assert len(http_server.requests) == 1 and SECRET not in result.output


@contextmanager
def mail_server() -> Iterator[tuple[int, list[str]]]:
    """As much SMTP as a client needs; the port, and the mails."""
    mails: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                verb = line.strip().upper()
                if verb.startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (text := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(text)
                    mails.append(b"".join(lines).decode())
                self.wfile.write(b"221 bye\r\n" if verb.startswith(b"QUIT") else b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1], mails
        server.shutdown()
        thread.join()


def test_mail(channels: Path) -> None:
    from email import message_from_string
    from email.header import decode_header, make_header

    with mail_server() as (port, mails):
        channels.write_text(f"mailto://127.0.0.1:{port}?from=night@county.test&to=steward@county.test&mode=insecure\n")
        assert send(FAILED) == notify.Sent(1)
    (mail,) = map(message_from_string, mails)
    assert str(make_header(decode_header(mail["Subject"]))) == FAILED.title
    assert "steward@county.test" in mail["To"]
    texts = [part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()]
    assert any("未通过 failed (3 rows)" in text for text in texts)


# ------------------------------------------------------------------------------------------------ what is said


def test_a_failure_names_its_first_cause_and_no_rows(http_server: HttpServer, channels: Path, tmp_path: Path) -> None:
    channels.write_text(f"{accept(http_server)}\n")
    result = NightlyResult(
        False,
        stage="gate",
        headline="marts.project · owners_known: 未通过 failed (1 rows)",
        promise="业主必须已知 owners are known",
        details=["业主必须已知 owners are known", "  {'name': '秘密企业有限公司'}"],
        log=tmp_path / "run.log",
        current="20261122T180000Z-abcdef01",
    )
    assert tell_result(Home(tmp_path / "home"), result).delivered == 1
    (request,) = http_server.requests
    told = json.loads(request.body)
    assert "owners_known: 未通过 failed (1 rows)" in told["title"]
    assert "owners are known" in told["message"] and "current stays 20261122T180000Z-abcdef01" in told["message"]
    assert "秘密企业" not in request.body.decode()


def lights(draft: Draft) -> None:
    with duckdb.connect(str(draft.tables)) as con:
        con.execute("create table marts.indicator_progress (target_id text, period text, light text)")
        con.execute(
            "insert into marts.indicator_progress values ('a','2021-11','red'), ('a','2021-12','green'), "
            "('b','2021-12','green'), ('c','2021-12','red'), ('d','2021-12',null)"
        )


def test_the_digest_of_a_release(http_server: HttpServer, channels: Path, tmp_path: Path) -> None:
    channels.write_text(f"{accept(http_server)}\n")
    home = Home(tmp_path / "home")
    clean_up(home)
    publish_one(home, "run1", sha="ab", parts=(lights,))
    tell_release(home, publish_one(home, "run2", sha="cd", parts=(lights,)))
    (request,) = http_server.requests
    told = json.loads(request.body)
    assert told["type"] == "success" and "已发布 published 2026" in told["title"]
    assert "lights: green 2 · red 1 · — 1" in told["message"]
    assert "新到 new 1 份报送" in told["message"]


def test_a_long_list_of_what_is_overdue_stays_one_message() -> None:
    message = messages.stale([f"县局 来源{n}: 逾期" for n in range(3)], datetime(2026, 11, 22, tzinfo=UTC))
    assert message.title.startswith("凤凰 逾期 overdue: 3 ")


# ------------------------------------------------------------------------------------------------ runs of Dagster


@pytest.mark.parametrize("told_by", [None, "command"])
def test_a_night_that_dagster_ran_is_told_by_its_sensor_and_no_other(
    told_by: str | None, http_server: HttpServer, channels: Path
) -> None:
    channels.write_text(f"{accept(http_server)}\n")

    @op
    def gate() -> None:
        metadata = {"stage": "gate", "promise": "业主必须已知 owners are known", "details": "{'name': '秘密企业'}"}
        raise Failure("marts.project · owners_known: 未通过 failed", metadata=metadata, allow_retries=False)

    @job
    def nightly() -> None:
        gate()

    with DagsterInstance.ephemeral() as instance:
        tags = {TOLD_BY: told_by} if told_by else {}
        run = nightly.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        context = build_run_status_sensor_context(
            "night_failed", run.get_run_failure_event(), instance, run.dagster_run
        ).for_run_failure()
        night_failed(context)
    told = [json.loads(request.body) for request in http_server.requests]
    if told_by:
        assert told == []
    else:
        (message,) = told
        assert message["title"] == "凤凰 未发布 not published — marts.project · owners_known: 未通过 failed"
        assert "owners are known" in message["message"] and "秘密企业" not in str(message)
