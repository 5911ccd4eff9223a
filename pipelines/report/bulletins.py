"""The bulletins of a release: those that are due, written with it, and any of them made again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pipelines.reading import NothingThere
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE, Release
from pipelines.report.bulletin import Bulletin, compose
from pipelines.report.bulletin_facts import (
    choose,
    read_facts,
    reported_months,
)
from pipelines.report.bulletin_pdf import NoFont, write_pdf
from pipelines.report.bulletin_periods import due
from pipelines.report.bulletin_wording import OWN_TEMPLATES, OWN_WORDING, Wording, load_wording
from pipelines.report.revisions import REPORTS, REVISIONS, read_revisions, revisions_of, write_revisions

FORMATS = ("docx", "pdf", "xlsx")
# Stands where the PDFs would, so that their lack is seen: a computer without Chinese fonts still publishes.
NO_PDF = "no_pdf.txt"


def bulletins(draft: Draft) -> None:
    """The part `bulletins` of a release: into `reports/` the monitor of the latest reported month, the bulletin of the
    latest completed quarter and the assessment of the latest completed year, each as Word, PDF and Excel, made from
    `public.duckdb` alone; and `revisions.json`, what the release revises of the public figures.

    Where no month of the plan is reported there is none. Without a Chinese font the PDFs are left out and `no_pdf.txt`
    says so. Raises `TemplateBroken`.
    """
    public = draft.folder / PUBLIC_FILE
    reports = draft.folder / REPORTS
    reports.mkdir(exist_ok=True)
    revisions = revisions_of(draft)
    write_revisions(reports / REVISIONS, revisions)
    wording = load_wording()
    try:
        first, latest = reported_months(public)
    except NothingThere:
        return
    for asked in due(first, latest):
        bulletin = compose(read_facts(public, draft.content_hash, asked, revisions), wording)
        try:
            write(bulletin, wording, reports)
        except NoFont as lacking:
            (reports / NO_PDF).write_text(f"{lacking}\n", encoding="utf-8")


def remake(
    release: Release, kind: str, period: str | None, folder: Path, formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Write a bulletin of a release that is there into `folder`; the paths written. `period` None: the latest.

    Raises `NoPublicPart`, `NothingThere` naming the periods there are, `NoSuchPeriod`, `TemplateBroken`, `NoFont`.
    """
    public = release.public_tables
    asked = choose(kind, period, *reported_months(public))
    revisions = read_revisions(release.path / REPORTS / REVISIONS)
    wording = load_wording()
    bulletin = compose(read_facts(public, release.content_hash, asked, revisions), wording)
    folder.mkdir(parents=True, exist_ok=True)
    return write(bulletin, wording, folder, formats)


def write(bulletin: Bulletin, wording: Wording, folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Word and Excel first, so that they are there where the PDF finds no font."""
    # Imported here, so that Dagster's definitions load without Word and Excel.
    from pipelines.report.bulletin_docx import write_docx
    from pipelines.report.bulletin_xlsx import write_xlsx

    makers = {
        "docx": lambda: write_docx(bulletin, wording["not_said"]),
        "xlsx": lambda: write_xlsx(bulletin),
        "pdf": lambda: write_pdf(bulletin, wording),
    }
    written = []
    for ending, make in makers.items():
        if ending in formats:
            path = folder / f"{bulletin.edition.name}.{ending}"
            path.write_bytes(make())
            written.append(path)
    return written


def copy_templates(folder: Path) -> list[Path]:
    """Copies of what an office may change, for `FENGHUANG_TEMPLATES`, into a new or empty folder; the paths written.

    Raises `FileExistsError` where one of them is there already: an office's own file is never overwritten.
    """
    sources = [OWN_TEMPLATES / "bulletin.docx", OWN_TEMPLATES / "bulletin.typ", OWN_WORDING]
    folder.mkdir(parents=True, exist_ok=True)
    if held := [source.name for source in sources if (folder / source.name).exists()]:
        raise FileExistsError(f"{folder}: 已有文件 holds {', '.join(held)} already; name another folder")
    return [Path(shutil.copyfile(source, folder / source.name)) for source in sources]
