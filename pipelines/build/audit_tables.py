"""The tables of `audit` that the intake fills, as published."""

from __future__ import annotations

# The published audit tables: column → (type, comment). `raw.delivery` has four columns more.
AUDIT: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "delivery": (
        "报送记录：收到的每个文件及其处理结果 / Every file that arrived, and what became of it",
        {
            "source": ("VARCHAR", "来源 / Source"),
            "file_name": ("VARCHAR", "文件名 / File name"),
            "period": ("VARCHAR", "所属期 / Period of the file: YYYY-MM, YYYY, YYYY-Qn or YYYY-MM-DD"),
            "version": ("INTEGER", "更正序号，0 为首次报送 / N of _更正N, 0 for the first"),
            "sha256": (
                "VARCHAR",
                "文件内容的 SHA-256，即存档中的编号 / SHA-256 of the bytes, its name in the archive",
            ),
            "received_at": ("TIMESTAMP WITH TIME ZONE", "收到时间 / Time of the intake; no content of a release"),
            "status": ("VARCHAR", "accepted 采用，refused 退回，superseded 已被取代 / Outcome of the file"),
            "reason": ("VARCHAR", "退回原因 / Why it was refused"),
            "rows_read": (
                "BIGINT",
                "读取行数 = 接受 + 隔离 + 重复 / Rows read = accepted + quarantined + duplicate [行]",
            ),
            "rows_accepted": ("BIGINT", "接受行数 / Rows accepted [行]"),
            "rows_quarantined": ("BIGINT", "隔离行数 / Rows quarantined [行]"),
            "rows_duplicate": ("BIGINT", "重复行数 / Repetitions dropped [行]"),
            "detail": ("VARCHAR", "退回说明 / What to mend"),
        },
    ),
    "quarantined_row": (
        "隔离行：采用的文件中未能接受的行 / Rows of the files in force that were not accepted",
        {
            "source": ("VARCHAR", "来源 / Source"),
            "file_name": ("VARCHAR", "文件名 / File name"),
            "sheet": ("VARCHAR", "工作表，csv 与清单为空 / Sheet; empty for csv and lists"),
            "row_number": ("INTEGER", "表中行号 / Row number as in the sheet"),
            "reason": ("VARCHAR", "原因 / Reason, as the contract names it"),
            "column_name": ("VARCHAR", "问题列（按文件所印列名） / Offending column, as printed in the file"),
            "cells": ("VARCHAR", "原始单元格（JSON，按列名） / Original cells, JSON by printed heading"),
        },
    ),
    "cell_note": (
        "置空单元格：行被接受、单元格被置空 / Cells that were nulled while their row stayed",
        {
            "source": ("VARCHAR", "来源 / Source"),
            "file_name": ("VARCHAR", "文件名 / File name"),
            "row_number": ("INTEGER", "表中行号，数据库为空 / Row number as in the sheet; empty for a database"),
            "column_name": ("VARCHAR", "列名（按文件所印） / Column, as printed in the file"),
            "cell": ("VARCHAR", "原始内容 / The original cell"),
            "reason": ("VARCHAR", "原因 / Reason"),
        },
    ),
}
