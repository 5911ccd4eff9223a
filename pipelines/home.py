"""Where everything lies below `FENGHUANG_HOME`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The folders of one installation; nothing else in the project builds these paths."""

    root: Path

    @classmethod
    def from_env(cls) -> Home:
        """`FENGHUANG_HOME`, or the checkout where it is not set."""
        return cls(Path(os.environ.get("FENGHUANG_HOME") or CHECKOUT).resolve())

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def inbox(self) -> Path:
        return self.raw / "inbox"

    @property
    def archive(self) -> Path:
        return self.raw / "archive"

    @property
    def returns(self) -> Path:
        return self.raw / "returns"

    @property
    def demo_truth(self) -> Path:
        return self.raw / "demo_truth"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def work(self) -> Path:
        return self.warehouse / "work"

    @property
    def spark(self) -> Path:
        """The loopback cluster of this home: settings, logs, scratch."""
        return self.warehouse / "spark"

    @property
    def dagster(self) -> Path:
        """Where the Makefile and `deploy/` put `DAGSTER_HOME`."""
        return self.warehouse / "dagster"

    @property
    def releases(self) -> Path:
        return self.warehouse / "releases"

    @property
    def current(self) -> Path:
        """The pointer to the release that readers open."""
        return self.warehouse / "current"
