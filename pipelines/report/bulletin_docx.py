"""A bulletin as a Word file, made from a template that an office can change in Word."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docxtpl import DocxTemplate
from jinja2 import Environment, StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from pipelines.report.bulletin import Bulletin
from pipelines.report.bulletin_files import same_zip
from pipelines.report.bulletin_probe import probe
from pipelines.report.bulletin_wording import TemplateBroken, template_path, unsaid

NAME = "bulletin.docx"


def write_docx(bulletin: Bulletin, not_said: list[str], template: Path | None = None) -> bytes:
    """The Word file's bytes. Raises `TemplateBroken` where the template asks for what a bulletin does not have."""
    path = template or template_path(NAME)
    check_template(path, bulletin.content, not_said)
    document = _rendered(path, bulletin.content)
    properties = document.docx.core_properties
    properties.title = bulletin.content["title"] + bulletin.content["subtitle"]
    properties.author = properties.last_modified_by = bulletin.content["issuer"]
    properties.subject, properties.identifier = bulletin.edition.period, bulletin.content["content_hash"]
    properties.language = "zh-CN"
    properties.created = properties.modified = datetime.fromisoformat(bulletin.data_date)
    properties.revision = 1
    return same_zip(document)


def check_template(path: Path, content: dict[str, Any], not_said: list[str]) -> None:
    """Fill every placeholder of a template once, also those of lists that happen to be empty. Raises
    `TemplateBroken` naming a placeholder that is not known, and words that no figure carries."""
    _rendered(path, probe(content))
    text = "".join(DocxTemplate(path).get_docx().element.itertext())
    if words := unsaid(text, not_said):
        raise TemplateBroken(f"{path}: 数据不支持的用语 says {', '.join(words)}, which no figure carries (not_said)")


class _Unknown(StrictUndefined):
    """What a template asks for and a bulletin does not have: names it and what there is."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> Any:
        held = self._undefined_obj
        known = ", ".join(sorted(held)) if isinstance(held, dict) else None
        raise UndefinedError(f"{self._undefined_name}|{known or ''}")

    __str__ = __iter__ = __len__ = __bool__ = __eq__ = __hash__ = _fail_with_undefined_error


def _rendered(path: Path, content: dict[str, Any]) -> Any:
    # A template comes from an office's desk: it may loop and print, and not reach into the program.
    environment: Environment = SandboxedEnvironment(undefined=_Unknown, autoescape=True)
    try:
        document = DocxTemplate(path)
        document.render(content, environment, autoescape=True)
    except UndefinedError as error:
        name, _, known = str(error).partition("|")
        listed = known or ", ".join(sorted(content))
        raise TemplateBroken(f"{path}: 未知的占位符 unknown placeholder {name!r}; known: {listed}") from error
    except TemplateSyntaxError as error:
        raise TemplateBroken(f"{path}: 占位符写法有误 a placeholder is malformed: {error.message}") from error
    except TemplateError as error:
        raise TemplateBroken(f"{path}: {error}") from error
    except (KeyError, ValueError, OSError, BadZipFile) as error:
        raise TemplateBroken(f"{path}: 不是 Word 文件 is no Word file (.docx): {error}") from error
    return document
