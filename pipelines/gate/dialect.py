"""DuckDB for Great Expectations, which has no engine for it.

It returns its connection before it fetches, and the rollback drops DuckDB's result; the checks only read, so a
dialect without transactions mends that. Registered by name, because SQLAlchemy imports dialects itself.
"""

from __future__ import annotations

from typing import Any

import duckdb_engine


class ReadOnlyDuckDB(duckdb_engine.Dialect):
    supports_statement_cache = False

    def do_begin(self, connection: Any) -> None: ...

    def do_rollback(self, connection: Any) -> None: ...

    def do_commit(self, connection: Any) -> None: ...
