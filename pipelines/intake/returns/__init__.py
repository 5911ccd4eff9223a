"""Quarantined rows go back to their bureau as one workbook, and come home mended as corrections.

`layout` holds what the two directions agree on, `outgoing` writes the workbooks, `homecoming` reads a mended one
and `mending` puts the mended cells into the file as it was delivered, so that nothing downstream knows of it.
"""

from __future__ import annotations

from pipelines.intake.returns.homecoming import Corrected, corrected_files
from pipelines.intake.returns.layout import ReturnError, is_return_workbook
from pipelines.intake.returns.outgoing import KeptReturn, NotWritten, ReturnItem, ReturnRow, write_returns

__all__ = [
    "Corrected",
    "KeptReturn",
    "NotWritten",
    "ReturnError",
    "ReturnItem",
    "ReturnRow",
    "corrected_files",
    "is_return_workbook",
    "write_returns",
]
