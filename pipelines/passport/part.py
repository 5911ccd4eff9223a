"""The passports of a release: the internal edition beside its evidence, the public one from public figures alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from pipelines.passport import evidence, figures, kept, pages, vintages
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE, TABLES_FILE, Release, list_releases

INTERNAL = f"internal/{evidence.FOLDER}"
PUBLIC = evidence.FOLDER


def passports(draft: Draft) -> None:
    """`internal/passports/`: pages."""
    said = vintages.earlier_values(_before(draft), TABLES_FILE)
    folder = draft.folder / INTERNAL
    with evidence.of_work_file(draft.tables, draft.work_file) as con:
        found = [with_history(passport, said) for passport in figures.read(con, internal=True)]
        pages.write(folder, found, cache(partial(figures.check_names, con)), draft.content_hash, internal=True)


def passport_evidence(draft: Draft) -> None:
    """`internal/passports/evidence/`: what contributions are listed from."""
    with evidence.of_work_file(draft.tables, draft.work_file) as con:
        kept.keep(con, draft.folder / INTERNAL / kept.FOLDER)


def public_passports(draft: Draft) -> None:
    """`passports/`: pages, from `public.duckdb` alone."""
    said = vintages.earlier_values(_before(draft), PUBLIC_FILE)
    public = draft.folder / PUBLIC_FILE
    write_public(public, draft.tables, draft.work_file, draft.folder / PUBLIC, draft.content_hash, said)


def _before(draft: Draft) -> list[Release]:
    return vintages.chain(draft.before, list_releases(draft.home), draft.content_hash)


def write_public(
    public: Path, internal: Path, work_file: Path, folder: Path, content_hash: str, said: vintages.History
) -> None:
    """The public edition into `folder`: figures from `public` alone; from `internal` and `work_file` only the rules,
    the names of checks and which files were delivered. `said`: what earlier public files said."""
    with evidence.of_public(public, internal, work_file) as con:
        found = [with_history(passport, said) for passport in figures.read(con, internal=False)]
        pages.write(folder, found, cache(partial(figures.check_names, con)), content_hash, internal=False)


def with_history(passport: figures.Passport, said: vintages.History) -> figures.Passport:
    figure = passport.figure
    key = figure["indicator_id"], figure["period"], figure["breakdown"], figure["breakdown_code"]
    return replace(passport, earlier=[] if passport.is_suppressed else said.get(key, []))
