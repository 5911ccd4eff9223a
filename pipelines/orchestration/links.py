"""Where an auditor finds the pages of the current release: its number passports and its Data Docs.

`FENGHUANG_RELEASE_URL` is where the current release's folder is served: on loopback by `make ui-readonly`, under an
address of its own behind the proxy of `deploy/`.
"""

from __future__ import annotations

import os
from typing import Any

from dagster import MetadataValue

VARIABLE = "FENGHUANG_RELEASE_URL"
LOOPBACK = "http://127.0.0.1:3001"


def release_links(suite: str | None = None) -> dict[str, Any]:
    """Metadata of an asset; with the Data Docs of the `suite` that promises something about it."""
    base = os.environ.get(VARIABLE, LOOPBACK).rstrip("/")
    pages = {
        "数字护照 passports": "internal/passports/index.html",
        "公开护照 public passports": "passports/index.html",
        "检查报告 Data Docs": "data_docs/index.html",
    }
    if suite:
        pages["本表的承诺 promises of this table"] = f"data_docs/expectations/{suite}.html"
    return {title: MetadataValue.url(f"{base}/{page}") for title, page in pages.items()}
