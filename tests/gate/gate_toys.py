"""Suites about a small table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def expectation(check: str, kind: str = "unexpected_rows_expectation", **more: Any) -> dict[str, Any]:
    severity = more.pop("severity", "critical")
    return {
        "type": kind,
        "kwargs": more,
        "severity": severity,
        "meta": {"check": check, "zh": f"承诺 {check}", "en": f"promise {check}"},
    }


def write_suite(folder: Path, *expectations: dict[str, Any], name: str = "toy") -> Path:
    folder.mkdir(exist_ok=True)
    document = {
        "name": name,
        "meta": {"table": f"marts.{name}", "key": ["code", "period"], "zh": "玩具", "en": "toy"},
        "expectations": list(expectations),
    }
    (folder / f"{name}.yml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return folder
