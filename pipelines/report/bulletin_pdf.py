"""A bulletin as PDF/A-3b for the archive, with the figures it prints attached for machines."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from pipelines.report.bulletin import Bulletin
from pipelines.report.bulletin_probe import probe
from pipelines.report.bulletin_wording import TemplateBroken, Wording, template_path, unsaid

NAME = "bulletin.typ"
STANDARD: Literal["a-3b"] = "a-3b"


class NoFont(Exception):
    """This computer has no font with Chinese characters; the message says which are looked for."""


def write_pdf(bulletin: Bulletin, wording: Wording, template: Path | None = None) -> bytes:
    """The PDF's bytes; its dates are the data date. Raises `TemplateBroken`, and `NoFont`; nothing is downloaded.

    Equal contents give equal bytes on computers with the same fonts.
    """
    path = template or template_path(NAME)
    fonts = choose_fonts(wording["fonts"], installed())
    if words := unsaid(path.read_text(encoding="utf-8"), wording["not_said"]):
        raise TemplateBroken(f"{path}: 数据不支持的用语 says {', '.join(words)}, which no figure carries (not_said)")
    # once with everything there: what a bulletin does not use is looked at too
    _compile(path, probe(bulletin.content), fonts, {}, 0)
    when = datetime.fromisoformat(bulletin.data_date).replace(tzinfo=UTC)
    return _compile(path, bulletin.content, fonts, attachment(bulletin), int(when.timestamp()))


def attachment(bulletin: Bulletin) -> dict[str, Any]:
    """What is attached: the release's content hash, the period, each figure with its value, unit and place, and what
    the number passports of the month say."""
    return {
        "kind": bulletin.edition.kind,
        "period": bulletin.edition.period,
        "data_date": bulletin.data_date,
        "content_hash": bulletin.content["content_hash"],
        "figures": bulletin.figures(),
        "passports": list(bulletin.passports),
    }


@cache
def installed() -> frozenset[str]:
    """Font families of this computer."""
    return frozenset(typst.Fonts(include_embedded_fonts=False).families())


def choose_fonts(wanted: Mapping[str, Sequence[str]], families: frozenset[str]) -> dict[str, str]:
    """The first family of each use that is there. Raises `NoFont`."""
    held = {family.casefold(): family for family in families}
    chosen = {}
    for use, names in wanted.items():
        found = next((held[name.casefold()] for name in names if name.casefold() in held), None)
        if found is None:
            raise NoFont(
                f"本机没有中文字体 this computer has none of the Chinese fonts looked for ({use}): {', '.join(names)}. "
                "安装一种 install one, on Debian: apt-get install fonts-noto-cjk; or name another under `fonts` in "
                "wording.yml"
            )
        chosen[use] = found
    return chosen


def _compile(
    path: Path, content: Mapping[str, Any], fonts: Mapping[str, str], figures: Mapping[str, Any], timestamp: int
) -> bytes:
    with tempfile.TemporaryDirectory(prefix="fenghuang-bulletin-") as folder:
        root = Path(folder)
        shutil.copyfile(path, root / NAME)
        for name, data in (("content", content), ("fonts", fonts), ("figures", figures)):
            (root / f"{name}.json").write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
        try:
            made = typst.compile(
                str(root / NAME),
                root=folder,
                pdf_standards=[STANDARD],
                timestamp=timestamp,
                # templates import no packages: none may be fetched
                package_path=folder,
                package_cache_path=folder,
            )
        except typst.TypstError as error:
            raise TemplateBroken(f"{path}: {_said(error, content)}") from error
    assert isinstance(made, bytes)
    return made


def _said(error: typst.TypstError, content: Mapping[str, Any]) -> str:
    where = next((line.strip() for line in error.diagnostic.splitlines() if NAME + ":" in line), "")
    place = where.rpartition(NAME + ":")[2]
    known = f"; known: {', '.join(sorted(content))}" if "does not contain key" in error.message else ""
    return f"第 line {place}: {error.message}{known}" if place else error.message
