"""The patent API against a real HTTP server that plays each of its moods."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from pipelines.intake.pull import PullError
from pipelines.intake.pull.patent_api import Limits, _retry_after, fetch_patents
from tests.servers import HttpServer, Reply, Request

TOKEN = "secret-token-7"


class Naps:
    """Stands in for sleep and remembers how long it should have been."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def limits(naps: Naps) -> Limits:
    return Limits(attempts=4, readings=4, timeout_s=5.0, sleep=naps)


def patent(number: int) -> dict[str, Any]:
    return {
        "application_no": f"CN{number:06}",
        "patent_no": f"ZL{number:06}",
        "holder_name": "湖州某某有限公司",
        "holder_code": None,
        "strategic_emerging": True,
        "pledge_amount_wan": 499.99,
    }


def page_of(patents: list[dict[str, Any]], request: Request, *, total: int | None = None) -> Reply:
    number, size = int(request.query["page"]), int(request.query["page_size"])
    body = {
        "page": number,
        "pages": -(-len(patents) // size),
        "total": len(patents) if total is None else total,
        "data": patents[(number - 1) * size : number * size],
    }
    return Reply(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


def serve(
    server: HttpServer, patents: list[dict[str, Any]], moods: dict[int, Callable[[Request], Reply | None]]
) -> None:
    """Answer with the list, but let `moods[n]` decide the n-th request (from 1)."""

    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, b'{"error": "token"}')
        mood = moods.get(len(server.requests))
        return (mood(request) if mood else None) or page_of(patents, request)

    server.answer = answer


def lines(patents: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(p, ensure_ascii=False) + "\n" for p in patents).encode()


PATENTS = [patent(n) for n in range(1, 8)]


def test_all_pages_in_order_of_patent_no(http_server: HttpServer, limits: Limits) -> None:
    serve(http_server, list(reversed(PATENTS)), {})
    assert fetch_patents(http_server.url + "/", TOKEN, page_size=3, limits=limits) == lines(PATENTS)
    assert [(r.path, r.query) for r in http_server.requests] == [
        ("/patents", {"page": str(n), "page_size": "3"}) for n in (1, 2, 3)
    ]


def test_order_on_the_server_does_not_change_the_bytes(http_server: HttpServer, limits: Limits) -> None:
    serve(http_server, PATENTS, {})
    forwards = fetch_patents(http_server.url, TOKEN, page_size=3, limits=limits)
    serve(http_server, list(reversed(PATENTS)), {})
    assert fetch_patents(http_server.url, TOKEN, page_size=2, limits=limits) == forwards


def test_empty_list(http_server: HttpServer, limits: Limits) -> None:
    serve(http_server, [], {})
    assert fetch_patents(http_server.url, TOKEN, limits=limits) == b""


@pytest.mark.parametrize("token", [None, "wrong"])
def test_401_names_the_token_variable_and_is_not_tried_again(
    http_server: HttpServer, limits: Limits, token: str | None
) -> None:
    serve(http_server, PATENTS, {})
    with pytest.raises(PullError, match="PATENT_API_TOKEN"):
        fetch_patents(http_server.url, token, limits=limits)
    assert len(http_server.requests) == 1


def test_429_waits_as_long_as_asked_up_to_the_cap(http_server: HttpServer, limits: Limits, naps: Naps) -> None:
    def later(seconds: str) -> Callable[[Request], Reply]:
        return lambda request: Reply(429, headers={"Retry-After": seconds})

    in_two_hours = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    serve(http_server, PATENTS, {2: later("7"), 3: later("86400"), 4: later(in_two_hours)})
    assert fetch_patents(http_server.url, TOKEN, page_size=4, limits=limits) == lines(PATENTS)
    assert naps.taken == [7.0, 60.0, 60.0]


def test_retry_after_forms() -> None:
    now = datetime(2021, 3, 5, 12, 0, 0, tzinfo=UTC)
    assert _retry_after("0", now) == 0
    assert _retry_after(" 12 ", now) == 12
    assert _retry_after("Fri, 05 Mar 2021 12:00:30 GMT", now) == 30
    assert _retry_after("Fri, 05 Mar 2021 11:00:00 GMT", now) == 0
    assert [_retry_after(text, now) for text in (None, "", "soon", "-5", "１２")] == [None] * 5


def test_5xx_and_broken_connections_back_off_exponentially(http_server: HttpServer, limits: Limits, naps: Naps) -> None:
    moods = {2: lambda r: Reply(503), 3: lambda r: Reply(200, hang_up=True), 4: lambda r: Reply(500)}
    serve(http_server, PATENTS, moods)
    assert fetch_patents(http_server.url, TOKEN, page_size=4, limits=limits) == lines(PATENTS)
    assert naps.taken == [0.5, 1.0, 2.0]


def test_gives_up_after_bounded_attempts(http_server: HttpServer, limits: Limits, naps: Naps) -> None:
    http_server.answer = lambda request: Reply(502)
    with pytest.raises(PullError, match=r"第 1 页.*HTTP 502"):
        fetch_patents(http_server.url, TOKEN, limits=limits)
    assert len(http_server.requests) == 4
    assert len(naps.taken) == 3


def test_nobody_listens(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(PullError, match="ConnectError"):
        fetch_patents("http://127.0.0.1:9", TOKEN, limits=limits)


def test_a_total_that_changes_starts_over(http_server: HttpServer, limits: Limits) -> None:
    grown = [*PATENTS, patent(8)]
    before = {n: (lambda r: page_of(PATENTS, r)) for n in (1, 2)}
    serve(http_server, grown, before)  # from the third request on the list has one more
    assert fetch_patents(http_server.url, TOKEN, page_size=3, limits=limits) == lines(grown)
    assert [r.query["page"] for r in http_server.requests] == ["1", "2", "3", "1", "2", "3"]


def test_a_list_that_never_rests_is_given_up(http_server: HttpServer, limits: Limits) -> None:
    http_server.answer = lambda r: page_of(PATENTS, r, total=100 + len(http_server.requests))
    with pytest.raises(PullError, match="一直在变化"):
        fetch_patents(http_server.url, TOKEN, page_size=3, limits=limits)
    assert len(http_server.requests) == 4 * 2


def test_a_row_that_slips_across_pages_under_the_same_total(http_server: HttpServer, limits: Limits) -> None:
    # One patent goes and another comes between page 1 and 2: the totals agree, patent 3 stands twice.
    old, new = PATENTS, [patent(0), *PATENTS[:-1]]
    serve(http_server, new, {1: lambda r: page_of(old, r)})
    assert fetch_patents(http_server.url, TOKEN, page_size=3, limits=limits) == lines(new)


def test_a_true_repetition_is_kept(http_server: HttpServer, limits: Limits) -> None:
    twice = [*PATENTS, PATENTS[0]]
    serve(http_server, twice, {})
    read = fetch_patents(http_server.url, TOKEN, page_size=3, limits=limits)
    assert read == lines([PATENTS[0], *PATENTS])


def test_rows_that_do_not_add_up_to_total(http_server: HttpServer, limits: Limits) -> None:
    http_server.answer = lambda r: page_of(PATENTS, r, total=9)
    with pytest.raises(PullError, match="一直在变化"):
        fetch_patents(http_server.url, TOKEN, page_size=3, limits=limits)


def test_a_server_that_drips_is_given_up(http_server: HttpServer, limits: Limits) -> None:
    slow = replace(limits, attempts=2, page_seconds=0.2)
    http_server.answer = lambda r: replace(page_of(PATENTS, r), pause_s=0.05)
    with pytest.raises(PullError, match="no whole answer"):
        fetch_patents(http_server.url, TOKEN, limits=slow)


def test_a_silent_server_runs_into_the_timeout(http_server: HttpServer, limits: Limits) -> None:
    slow = replace(limits, attempts=2, timeout_s=0.2)
    http_server.answer = lambda r: replace(page_of(PATENTS, r), pause_s=1.0)
    with pytest.raises(PullError, match="ReadTimeout"):
        fetch_patents(http_server.url, TOKEN, limits=slow)


def test_size_is_bounded(http_server: HttpServer, limits: Limits) -> None:
    serve(http_server, PATENTS, {})
    with pytest.raises(PullError, match="上限"):
        fetch_patents(http_server.url, TOKEN, limits=replace(limits, page_bytes=300))
    with pytest.raises(PullError, match="上限"):
        fetch_patents(http_server.url, TOKEN, page_size=1, limits=replace(limits, total_bytes=1000))


@pytest.mark.parametrize(
    "body",
    [
        b"<html>login</html>",
        b"\xff\xfe",
        b'{"page": 1, "pages": 1, "total": 1}',
        b'{"page": 1, "pages": 1, "total": 1, "data": [3]}',
        b'{"page": 1, "pages": 1, "total": 1, "data": [{"pledge_amount_wan": NaN}]}',
        b'{"page": 2, "pages": 2, "total": 0, "data": []}',
    ],
)
def test_an_answer_that_is_not_the_agreed_one(http_server: HttpServer, limits: Limits, body: bytes) -> None:
    http_server.answer = lambda r: Reply(200, body)
    with pytest.raises(PullError, match="第 1 页"):
        fetch_patents(http_server.url, TOKEN, limits=limits)


def test_redirects_are_not_followed(http_server: HttpServer, limits: Limits) -> None:
    http_server.answer = lambda r: Reply(302, headers={"Location": "/elsewhere"})
    with pytest.raises(PullError, match="HTTP 302"):
        fetch_patents(http_server.url, TOKEN, limits=limits)
    assert [r.path for r in http_server.requests] == ["/patents"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://host/x",
        "host:80",
        "https://",
        "https://me:pw@host",
        "https://host?token=abc",
        "http://host:port",
    ],
)
def test_a_wrong_address_is_named_not_repeated(url: str, limits: Limits) -> None:
    with pytest.raises(PullError, match="PATENT_API_URL") as caught:
        fetch_patents(url, TOKEN, limits=limits)
    assert not {"pw", "abc"} & set(str(caught.value).replace("@", " ").split())
    assert "token=abc" not in str(caught.value)


def test_the_token_is_never_logged_or_told(
    http_server: HttpServer, limits: Limits, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    serve(http_server, PATENTS, {1: lambda r: Reply(503), 3: lambda r: Reply(429, headers={"Retry-After": "1"})})
    fetch_patents(http_server.url, TOKEN, page_size=3, limits=limits)
    with pytest.raises(PullError) as caught:
        fetch_patents(http_server.url, TOKEN + "\n", limits=limits)
    assert caplog.records
    assert TOKEN not in caplog.text
    assert TOKEN not in str(caught.value)
