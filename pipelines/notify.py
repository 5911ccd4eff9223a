"""Messages to people, over whatever they read: DingTalk, WeCom, e-mail, a webhook (the URLs of Apprise).

The URLs hold secrets. They stand in a file outside the repository, named by `FENGHUANG_NOTIFY_FILE`, one a line, and
nothing here ever prints one: a channel is called by its place in that file and its kind.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

VARIABLE = "FENGHUANG_NOTIFY_FILE"
# What the narrowest of the channels takes in one message, with room for its own frame.
LONGEST = 1800

Kind = Literal["failure", "success", "warning", "info"]


@dataclass(frozen=True)
class Message:
    """`title` says all in one line; `body` is plain text, without rows of enterprises: it may leave the county."""

    kind: Kind
    title: str
    body: str


@dataclass(frozen=True)
class Sent:
    """How many channels took a message; `failures`: what did not work, in words without secrets."""

    delivered: int
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Channel:
    """A line of the file; `name` is how it may be shown."""

    place: int
    url: str

    @property
    def name(self) -> str:
        scheme = re.match(r"[A-Za-z0-9+.-]{1,20}(?=://)", self.url)
        return f"{VARIABLE} {self.place} ({scheme[0] if scheme else '?'})"


def send(message: Message) -> Sent:
    """To every channel of the file; nothing where no file is named. Never raises: no message may end a night."""
    try:
        known = channels()
    except (OSError, UnicodeDecodeError) as error:
        return Sent(0, (f"{VARIABLE}: 无法读取 cannot be read ({type(error).__name__})",))
    failures = [failure for channel in known if (failure := _failure(channel, message))]
    return Sent(len(known) - len(failures), tuple(failures))


def is_asked_for() -> bool:
    return bool(os.environ.get(VARIABLE))


def report(sent: Sent) -> list[str]:
    """A line for each channel that did not take the message."""
    return [f"通知未送达 not notified: {failure}" for failure in sent.failures]


def channels() -> Sequence[Channel]:
    path = os.environ.get(VARIABLE)
    if not path:
        return []
    lines = enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1)
    return [Channel(n, text) for n, line in lines if (text := line.strip()) and not text.startswith("#")]


def _failure(channel: Channel, message: Message) -> str | None:
    """Why the channel did not take the message; None where it did."""
    # Imported here: half a second that a night without channels need not pay.
    from apprise import Apprise, NotifyFormat, NotifyType

    # What it logs of a failed delivery may hold an address with its secret.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    kinds = {
        "failure": NotifyType.FAILURE,
        "success": NotifyType.SUCCESS,
        "warning": NotifyType.WARNING,
        "info": NotifyType.INFO,
    }
    one = Apprise()
    try:
        if not one.add(channel.url):
            return f"{channel.name}: 地址无法识别 not an address that Apprise knows"
        body = message.body if len(message.body) <= LONGEST else message.body[: LONGEST - 2] + " …"
        taken = one.notify(
            body=body, title=message.title, notify_type=kinds[message.kind], body_format=NotifyFormat.TEXT
        )
    except Exception as error:
        # Its text may quote the address.
        return f"{channel.name}: {type(error).__name__}"
    return None if taken else f"{channel.name}: 未被接受 refused, or nobody there"
