"""Every delivery and every quarantined row of the sample county is as its truth lists it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.build import work_file
from pipelines.home import Home
from pipelines.intake.run import take_in

COMMITTED = Path(__file__).parent.parent / "data" / "sample"
SHARED = Path(__file__).parents[3] / "shared" / "sample"


@pytest.fixture(scope="module", params=["committed", "shared"])
def taken(request, tmp_path_factory):
    sample = COMMITTED if request.param == "committed" else SHARED
    if not sample.is_dir():
        pytest.skip(f"{sample} is not on this machine; the committed copy is tested")
    home = Home(tmp_path_factory.mktemp(request.param))
    shutil.copytree(sample / "inbox", home.inbox)
    report = take_in(home)
    with duckdb.connect(str(work_file.create(report.deliveries, home.work / "run"))) as connection:
        yield sample / "truth", connection


def truth(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_deliveries(taken):
    folder, connection = taken
    columns = ("status", "reason", "rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate")
    found = {
        (row[0], row[1]): ["" if cell is None else str(cell) for cell in row[2:]]
        for row in connection.execute(f"select source, file_name, {', '.join(columns)} from audit.delivery").fetchall()
    }
    expected = {(row["source"], row["file"]): [row[c] for c in columns] for row in truth(folder, "deliveries.csv")}
    assert len(expected) == 133
    assert set(found) == set(expected)
    for key, cells in expected.items():
        # The truth gives no counts where it expects none (a superseded list).
        given = [i for i, cell in enumerate(cells) if cell or i < 2]
        assert [found[key][i] for i in given] == [cells[i] for i in given], key


def test_quarantined_rows(taken):
    folder, connection = taken
    found = connection.execute(
        "select source, file_name, row_number, reason, coalesce(column_name, '') from audit.quarantined_row"
    ).fetchall()
    expected = [
        (row["source"], row["file"], int(row["row_number"]), row["reason"], row["column"])
        for row in truth(folder, "quarantine.csv")
    ]
    assert sorted(found) == sorted(expected)


def test_the_cell_that_was_nulled_is_listed(taken):
    _, connection = taken
    assert connection.execute("select file_name, column_name, cell, reason from audit.cell_note").fetchall() == [
        ("规上工业企业名录_2020.xlsx", "投产日期", "2021年2月30日", "not_a_date")
    ]
