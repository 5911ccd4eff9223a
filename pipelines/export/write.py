"""All forms of one public file, written into a folder; and the part of a release that does so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from pipelines.export.descriptor import write_descriptor
from pipelines.export.flat import write_csv, write_parquet
from pipelines.export.public import PublicTable, Release, open_public, public_tables, release_of
from pipelines.export.sdmx import write_sdmx
from pipelines.export.workbook import write_workbooks
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE

Say = Callable[[str], None]
Write = Callable[[duckdb.DuckDBPyConnection, Path, Sequence[PublicTable], Release], None]


def _parquet(connection: duckdb.DuckDBPyConnection, folder: Path, tables: Sequence[PublicTable], _: Release) -> None:
    for table in tables:
        write_parquet(connection, table, folder / f"{table.name}.parquet")


def _csv(connection: duckdb.DuckDBPyConnection, folder: Path, tables: Sequence[PublicTable], _: Release) -> None:
    for table in tables:
        write_csv(connection, table, folder / f"{table.name}.csv")


def _excel(connection: duckdb.DuckDBPyConnection, folder: Path, _: Sequence[PublicTable], release: Release) -> None:
    write_workbooks(connection, folder, release)


def _sdmx(connection: duckdb.DuckDBPyConnection, folder: Path, _: Sequence[PublicTable], release: Release) -> None:
    write_sdmx(connection, folder, release)


# Form, and the folder of a release it lies in.
FORMATS: dict[str, Write] = {"parquet": _parquet, "csv": _csv, "excel": _excel, "sdmx": _sdmx}
DESCRIBED = {"parquet", "csv"}


def write_exports(
    public: Path, folder: Path, content_hash: str, formats: Sequence[str] = tuple(FORMATS), say: Say = lambda _: None
) -> None:
    """Write `formats` of the tables in `public` into `folder`, each into a new folder of its name; the Data Package
    (`datapackage.json`) where both kinds it describes are written.

    Raises `ExportBroken` where the public file is missing or holds what a form cannot say.
    """
    with open_public(public) as connection:
        tables = public_tables(connection)
        release = release_of(connection, content_hash)
        for form in FORMATS:
            if form in formats:
                say(f"导出 exporting {form} …")
                (folder / form).mkdir()
                FORMATS[form](connection, folder / form, tables, release)
    if DESCRIBED.issubset(formats):
        write_descriptor(folder, tables, release)


def exports(draft: Draft) -> None:
    """The public tables as Parquet, CSV, workbooks and SDMX, with a Data Package."""
    write_exports(draft.folder / PUBLIC_FILE, draft.folder, draft.content_hash)
