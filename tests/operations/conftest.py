"""The lean code and its published county, shared with the tests of releases."""

from __future__ import annotations

from tests.release.conftest import lean, published_lean

__all__ = ["lean", "published_lean"]
