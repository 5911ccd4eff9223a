"""The facts written straight into an archive are those the intake makes of the same facts sent as files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pipelines.home import Home
from pipelines.intake.run import Delivery, known_deliveries, take_in
from tests.bench import facts

SIZE, MONTHS = 700, 14


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("facts"))
    facts.write(home, SIZE, MONTHS)
    return home


def _send(file: facts.File, inbox: Path) -> None:
    """The same rows in a file of the bureau, every cell as text."""
    folder = inbox / file.source
    folder.mkdir(parents=True, exist_ok=True)
    header = [column.header for column in file.contract.columns]
    cells = file.cells().drop("row_number")
    if file.contract.channel == "csv":
        cells.columns = header
        (folder / file.name).write_bytes(cells.write_csv().encode(file.contract.encoding))
        return
    with xlsxwriter.Workbook(folder / file.name) as book:
        sheet = book.add_worksheet(facts.SHEET)
        sheet.write_string(0, 0, "报表")
        sheet.write_string(1, 0, f"单位:{file.money_unit}" if file.money_unit else "")
        for at, row in enumerate([header, *cells.iter_rows()], start=2):
            sheet.write_row(at, 0, row)


def _counts(deliveries: list[Delivery]) -> dict[str, tuple[int | None, ...]]:
    return {d.file_name: (d.rows_read, d.rows_accepted, d.rows_quarantined, d.rows_duplicate) for d in deliveries}


def test_the_intake_makes_the_same_of_the_same_facts_sent_as_files(written: Home, tmp_path: Path) -> None:
    sent = Home(tmp_path)
    nation = facts.Nation(SIZE, MONTHS, seed=1)
    for file in nation.registers():
        _send(file, sent.inbox)
    for k in range(2):
        for file in nation.year(k):
            _send(file, sent.inbox)
    report = take_in(sent)
    assert report.failures == []

    straight = known_deliveries(written)
    assert _counts(straight) == _counts(report.deliveries)
    assert {d.sheet for d in straight} == {None, facts.SHEET}
    reasons = set()
    for ours, theirs in zip(straight, report.deliveries, strict=True):
        assert ours.judged and theirs.judged
        for name, without in (("rows", ["delivery_id"]), ("quarantined", []), ("notes", [])):
            left, right = (pl.read_parquet(d.judged / f"{name}.parquet").drop(without) for d in (ours, theirs))
            assert left.equals(right) and left.schema == right.schema, (ours.file_name, name)
        reasons |= set(pl.read_parquet(ours.judged / "quarantined.parquet").get_column("reason"))
    # The facts are not all clean, or this would not say much about the others.
    assert reasons == {"not_a_number", "unknown_enterprise"}


def test_nothing_is_left_to_parse_or_judge_and_the_same_arguments_give_the_same_archive(
    written: Home, tmp_path: Path
) -> None:
    again = take_in(written)
    assert (again.parsed, again.judged, again.new) == (0, 0, [])
    other = Home(tmp_path)
    facts.write(other, SIZE, MONTHS)
    files = {
        home: {
            path.relative_to(home.archive): path.read_bytes()
            for path in home.archive.rglob("*")
            if path.is_file() and path.name != ".lock"
        }
        for home in (written, other)
    }
    assert files[written] == files[other]


def test_an_archive_is_never_written_into(written: Home) -> None:
    with pytest.raises(FileExistsError, match="archive is there already"):
        facts.write(written, SIZE, MONTHS)
