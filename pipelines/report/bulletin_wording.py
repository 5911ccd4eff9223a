"""The words of bulletins: patterns with named placeholders, checked when they are loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from pipelines.plan import PlanBroken, templates_folder
from pipelines.report.bulletin_periods import KINDS
from pipelines.report.scoreboard_figures import mark_rules

OWN_TEMPLATES = Path(__file__).with_name("templates")
OWN_WORDING = Path(__file__).with_name("wording.yml")
WORDING = "wording.yml"
LARGEST = 1_000_000  # bytes of an office's own file


class TemplateBroken(PlanBroken):
    """A template or a wording that cannot be used; the message names the file, what is wrong, what may stand."""


@dataclass(frozen=True)
class Wording:
    """What `wording.yml` says, by its parts."""

    parts: Mapping[str, Any]

    def __getitem__(self, part: str) -> Any:
        return self.parts[part]

    def say(self, sentence: str, /, **values: str | int) -> str:
        """The `sentence` with its placeholders filled; they are those of the pattern, or more."""
        pattern: str = self.parts["sentences"][sentence]
        return pattern.format(**values)


def template_path(name: str) -> Path:
    """The template `name` (`bulletin.docx`, `bulletin.typ`): the office's own, else the project's."""
    folder = templates_folder()
    own = folder / name if folder else None
    if own is None or not own.is_file():
        return OWN_TEMPLATES / name
    if own.stat().st_size > 20 * LARGEST:
        raise TemplateBroken(f"{own}: 文件过大 is larger than 20 MB; leave out pictures that are not needed")
    return own


def load_wording() -> Wording:
    """The project's wording with the office's laid over it, checked. Raises `TemplateBroken`, `PlanBroken`."""
    ours = yaml.safe_load(OWN_WORDING.read_text(encoding="utf-8"))
    folder = templates_folder()
    path = folder / WORDING if folder else None
    theirs = _read(path) if path and path.is_file() else {}
    if faults := [*_faults(theirs, ours)] if path else [*_faults(ours, ours)]:
        raise TemplateBroken("\n".join(f"{path or OWN_WORDING}: {fault}" for fault in faults))
    parts = {
        name: {**own, **theirs.get(name, {})} if isinstance(own, dict) else theirs.get(name, own)
        for name, own in ours.items()
    }
    # What may not be said can be added to, and not be taken back.
    parts["not_said"] = [*ours["not_said"], *theirs.get("not_said", [])]
    return Wording(parts)


def unsaid(text: str, not_said: list[str]) -> list[str]:
    """Words of `not_said` that stand in a text."""
    return [word for word in not_said if word in text]


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > LARGEST:
        raise TemplateBroken(f"{path}: 文件过大 is larger than 1 MB; a wording is a few pages of text")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateBroken(f"{path}: 不是 YAML is no YAML file in UTF-8: {error}") from error
    if not isinstance(found, dict):
        raise TemplateBroken(f"{path}: 应为「名称: 内容」 must hold `name: content`, as pipelines/report/{WORDING}")
    return found


def _faults(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
    """`ours` is the project's own wording: what may stand in another is what stands in it."""
    not_said = [*ours["not_said"], *(theirs.get("not_said") or [])]
    for part, content in theirs.items():
        if part not in ours:
            yield f"{part}: 没有这一部分 no such part; known: {', '.join(ours)}"
            continue
        if type(content) is not type(ours[part]):
            yield f"{part}: 应为 must be a {type(ours[part]).__name__}, as in pipelines/report/{WORDING}"
            continue
        if not isinstance(content, dict):
            continue
        for name, said in content.items():
            if name not in ours[part] and part != "decimals":
                yield f"{part}.{name}: 没有这一句 no such entry; known: {', '.join(ours[part])}"
                continue
            if name in ours[part] and type(said) is not type(ours[part][name]):
                yield f"{part}.{name}: 应为 must be a {type(ours[part][name]).__name__}"
                continue
            if isinstance(said, str):
                for word in unsaid(said, not_said):
                    yield f"{part}.{name}: 数据不支持的用语 says {word!r}, which no figure carries (not_said)"
                if part in ("sentences", "titles"):
                    yield from _unknown(f"{part}.{name}", said, ours[part][name])
    for kind, sections in (theirs.get("sections") or {}).items():
        for section in sections:
            if section not in ours["headings"]:
                yield f"sections.{kind}: 没有这一节 no section {section!r}; known: {', '.join(ours['headings'])}"
    if theirs is ours:
        if strangers := set(ours["signs"]) ^ {*mark_rules()["words"], "provisional"}:
            yield f"signs: 标记与 marks.yml 不一致 marks without a sign, or signs without a mark: {sorted(strangers)}"
        if set(ours["sections"]) != set(KINDS):
            yield f"sections: 须有 must be of {', '.join(KINDS)}"


def _unknown(where: str, said: str, pattern: str) -> Iterator[str]:
    known = placeholders(pattern)
    try:
        found = placeholders(said)
    except ValueError as error:
        yield f"{where}: 花括号不成对 braces that do not match ({error}); {{{{ prints one"
        return
    for name in sorted(found - known):
        listed = ", ".join(f"{{{n}}}" for n in sorted(known)) or "none"
        yield f"{where}: 未知的占位符 unknown placeholder {{{name}}}; known: {listed}"


def placeholders(pattern: str) -> set[str]:
    """Names in braces. Raises `ValueError` where braces do not match."""
    return {
        name if not (spec or conversion) and re.fullmatch(r"\w+", name) else f"{name}{':' + spec if spec else ''}"
        for _, name, spec, conversion in Formatter().parse(pattern)
        if name is not None
    }
