"""The patent list of 县市场监管局, read page by page from its HTTP API (contract: `patent`)."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from pipelines.intake.pull import PullError

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How long and how much the reader bears before it gives up."""

    attempts: int = 6  # of one page
    readings: int = 5  # of the whole list, when it changes between its pages
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0  # also caps what Retry-After may ask for
    timeout_s: float = 30.0  # to connect, and between two pieces of an answer
    page_seconds: float = 180.0  # one page as a whole: a server that drips is given up too
    page_bytes: int = 32 * MEGABYTE
    total_bytes: int = 512 * MEGABYTE
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)


class _Page(BaseModel):
    model_config = ConfigDict(strict=True)

    page: int
    pages: int = Field(ge=0)
    total: int = Field(ge=0)
    data: list[dict[str, Any]]


class _Transient(Exception):
    """Worth another try: 429, 5xx, or a connection that broke."""

    def __init__(self, what: str, retry_after_s: float | None = None) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


class _ListChanged(Exception):
    """The list is no longer the one of the first page."""


def fetch_patents(base_url: str, token: str | None, *, page_size: int = 200, limits: Limits | None = None) -> bytes:
    """The whole list as UTF-8 JSON Lines, the form of `专利清单_YYYYMMDD.jsonl`.

    One object a line with the keys and values the API gave, in order of `patent_no`, then of the line.
    An empty list gives no bytes. `GET {base_url}/patents?page=N&page_size=M`; the contract's rules:
    401 without the token, 429 with `Retry-After` when pressed, 5xx now and then, and a `total` that
    differs between pages means that the list changed and the reading starts over.

    Raises `PullError` when the list cannot be read as a whole.
    """
    limits = limits or Limits()
    if token is not None and not (token.isascii() and token.isprintable()):
        raise PullError(
            "PATENT_API_TOKEN 含有换行或非 ASCII 字符，请重新复制令牌。",
            "PATENT_API_TOKEN holds a line break or a character that is not ASCII; copy it again.",
        )
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with httpx.Client(timeout=limits.timeout_s, headers=headers, follow_redirects=False) as client:
        reader = _Reader(client, _endpoint(base_url), page_size, limits)
        before: bytes | None = None
        for reading in range(1, limits.readings + 1):
            try:
                lines, repeats = reader.whole_list()
            except _ListChanged as change:
                log.warning("patent list changed while it was read (%s), reading %d", change, reading)
                before = None
                continue
            content = "".join(f"{line}\n" for line in lines).encode()
            # A patent on two pages: either a row slipped across while the list changed under the same
            # total, or the list truly holds it twice. A second reading that is no different settles it.
            if not repeats or content == before:
                return content
            log.warning("patents on two pages, reading the list again, reading %d", reading)
            before = content
    raise PullError(
        f"专利接口的清单在读取过程中一直在变化，已重读 {limits.readings} 次；请稍后再运行。",
        f"The patent list kept changing while it was read ({limits.readings} readings); run again later.",
    )


def _endpoint(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise PullError(
            "PATENT_API_URL 应形如 https://主机/路径，不带用户名、口令和参数（令牌放在 PATENT_API_TOKEN）。",
            "PATENT_API_URL must look like https://host/path without user, password or parameters "
            "(the token goes into PATENT_API_TOKEN).",
        )
    return url.copy_with(path=url.path.rstrip("/") + "/patents")


@dataclass
class _Reader:
    client: httpx.Client
    endpoint: httpx.URL
    page_size: int
    limits: Limits

    def whole_list(self) -> tuple[list[str], bool]:
        """(the lines in their order, whether a patent stood on two pages) of one undisturbed reading."""
        first = self._page(1)
        pages = [first]
        while len(pages) < first.pages:
            page = self._page(len(pages) + 1)
            if (page.total, page.pages) != (first.total, first.pages):
                raise _ListChanged(f"total {first.total} became {page.total} on page {page.page}")
            pages.append(page)
        rows = sum(len(page.data) for page in pages)
        if rows != first.total:
            raise _ListChanged(f"{rows} rows where total says {first.total}")
        seen: set[str] = set()
        repeats = False
        lines: list[tuple[str, str]] = []
        for page in pages:
            numbers = [str(patent.get("patent_no")) for patent in page.data]
            repeats = repeats or not seen.isdisjoint(numbers)
            seen.update(numbers)
            lines += zip(numbers, (json.dumps(patent, ensure_ascii=False) for patent in page.data), strict=True)
        return [line for _, line in sorted(lines)], repeats

    def _page(self, number: int) -> _Page:
        limits = self.limits
        backoff = wait_exponential(multiplier=limits.first_wait_s, max=limits.longest_wait_s)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after_s if isinstance(error, _Transient) else None
            return backoff(state) if asked is None else min(asked, limits.longest_wait_s)

        def tell(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            log.warning("patent page %d: %s; next try in %.1f s", number, error, state.upcoming_sleep)

        retrying = Retrying(
            stop=stop_after_attempt(limits.attempts),
            wait=wait,
            retry=retry_if_exception_type(_Transient),
            sleep=limits.sleep,
            before_sleep=tell,
            reraise=True,
        )
        try:
            body = retrying(self._body, number)
        except _Transient as error:
            raise PullError(
                f"专利接口第 {number} 页试了 {limits.attempts} 次仍不可读（{error}）；"
                "请确认接口在运行、网络可达，然后再运行一次。",
                f"Page {number} of the patent API failed {limits.attempts} times ({error}); "
                "check that it runs and can be reached, then run again.",
            ) from error
        return _checked_page(body, number, limits)

    def _body(self, number: int) -> bytes:
        limits = self.limits
        give_up_at = time.monotonic() + limits.page_seconds
        query = {"page": str(number), "page_size": str(self.page_size)}
        try:
            with self.client.stream("GET", self.endpoint, params=query) as response:
                _check_status(response)
                body = bytearray()
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > limits.page_bytes:
                        raise _too_large(limits.page_bytes)
                    if time.monotonic() > give_up_at:
                        raise _Transient(f"no whole answer in {limits.page_seconds:.0f} s")
                return bytes(body)
        except httpx.TransportError as error:
            # The class says enough (ConnectError, ReadTimeout …); the text may quote what was sent.
            raise _Transient(type(error).__name__) from error
        except httpx.DecodingError as error:
            raise _Transient("broken compression") from error


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in (401, 403):
        raise PullError(
            f"专利接口拒绝访问（HTTP {status}）：请核对 PATENT_API_TOKEN 是否已设置、是否过期。",
            f"The patent API refused access (HTTP {status}): check that PATENT_API_TOKEN is set and valid.",
        )
    if status == 429:
        raise _Transient("HTTP 429", _retry_after(response.headers.get("Retry-After"), datetime.now(UTC)))
    if status in (408, 425) or status >= 500:
        raise _Transient(f"HTTP {status}", _retry_after(response.headers.get("Retry-After"), datetime.now(UTC)))
    raise PullError(
        f"专利接口返回 HTTP {status}：请核对 PATENT_API_URL 是否为接口的根地址（其后接 /patents）。",
        f"The patent API answered HTTP {status}: check that PATENT_API_URL is the address before /patents.",
    )


def _retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds asked for by a `Retry-After` header, in either of its forms; None where it says neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def _checked_page(body: bytes, number: int, limits: Limits) -> _Page:
    try:
        page = _Page.model_validate(json.loads(body, parse_constant=_no_constant))
    except (ValidationError, ValueError, RecursionError) as error:
        raise PullError(
            f"专利接口第 {number} 页不是约定的格式（page、pages、total、data）："
            "请核对 PATENT_API_URL 指向接口而不是网页。",
            f"Page {number} of the patent API is not the agreed JSON (page, pages, total, data): "
            "check that PATENT_API_URL names the API and not a web page.",
        ) from error
    if page.page != number:
        raise PullError(
            f"专利接口要第 {number} 页却给了第 {page.page} 页；请联系接口维护单位。",
            f"The patent API was asked for page {number} and gave {page.page}; tell those who run it.",
        )
    if len(body) * max(1, page.pages) > limits.total_bytes:
        raise _too_large(limits.total_bytes)
    return page


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _too_large(limit: int) -> PullError:
    return PullError(
        f"专利接口的返回超过 {limit // MEGABYTE} MB 的上限；请联系接口维护单位。",
        f"The patent API sent more than the limit of {limit // MEGABYTE} MB; tell those who run it.",
    )
