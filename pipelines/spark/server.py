"""A Thrift server of Spark: where it listens, and sessions on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

LOOPBACK = "127.0.0.1"
HOST_VARIABLE, PORT_VARIABLE = "FENGHUANG_SPARK_HOST", "FENGHUANG_SPARK_PORT"


@dataclass(frozen=True)
class Server:
    host: str
    port: int

    @classmethod
    def from_env(cls) -> Server | None:
        """The server an installation names; None where it leaves that to us."""
        port = os.environ.get(PORT_VARIABLE)
        return cls(os.environ.get(HOST_VARIABLE, LOOPBACK), int(port)) if port else None

    @contextmanager
    def session(self) -> Iterator[Any]:
        """A cursor of a session of its own."""
        from pyhive import hive

        connection = hive.connect(host=self.host, port=self.port, username="fenghuang")
        with closing(connection), closing(connection.cursor()) as cursor:
            yield cursor
