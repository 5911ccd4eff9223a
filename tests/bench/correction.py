"""`python -m tests.bench.correction SENT CORRECTED N`: the N-th correction of a tax file that was sent.

A process of its own: what measures must not hold a province's workbook in memory.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import openpyxl

NUMBERS_A_ROW = 3  # of the row, of the month, of the year


def write(sent: Path, corrected: Path, number: int) -> None:
    """Some of the year's tax is another enterprise's: other figures of towns and divisions, the same control total."""
    workbook = openpyxl.load_workbook(sent)
    numbers = (
        [cell for cell in row if isinstance(cell.value, int | float)] for row in workbook.worksheets[0].iter_rows()
    )
    amounts = (max(row, key=lambda cell: cell.value) for row in numbers if len(row) == NUMBERS_A_ROW)
    giver, taker = islice(amounts, 2)
    moved = number * (giver.value // 200)
    giver.value, taker.value = giver.value - moved, taker.value + moved
    workbook.save(corrected)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
