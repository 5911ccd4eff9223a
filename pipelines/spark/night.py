"""Spark for one night: a cluster that is there, or one of its own, and databases that nobody else uses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from pipelines.home import Home
from pipelines.intake.run import Delivery
from pipelines.spark import cluster, tables
from pipelines.spark.server import HOST_VARIABLE, LOOPBACK, PORT_VARIABLE, Server

SCHEMA_VARIABLE, FOLDER_VARIABLE = "FENGHUANG_SPARK_SCHEMA", "FENGHUANG_SPARK_FOLDER"


class SparkNight:
    """`begin()` early, `register()` once the rows are in the archive, `close()` in the end."""

    def __init__(self, home: Home, folder: Path, say: Callable[[str], None]) -> None:
        """`folder`: of the run; its tables lie below."""
        self._home = home
        self._folder = folder / "spark"
        self._say = say
        self._own: cluster.Cluster | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._place: tables.Place | None = None
        self._is_registered = False

    def begin(self) -> None:
        """The server the installation names; else this home's cluster, started (and not waited for) where none runs.
        Raises `SparkUnavailable`."""
        if why := cluster.missing_client():
            raise cluster.SparkUnavailable(why)
        server = Server.from_env()
        if server is None:
            found = cluster.running(self._home.spark)
            if found is None:
                found = self._own = cluster.launch(self._home.spark)
                self._keeper = subprocess.Popen(
                    [sys.executable, "-m", "pipelines.spark.keeper", str(self._home.spark)],
                    stdin=subprocess.PIPE,
                    start_new_session=True,
                )
            server = Server(LOOPBACK, found.port)
        # The nights of a home follow each other, and the same name every night keeps what dbt parsed.
        prefix = f"fenghuang_{sha256(str(self._home.root).encode()).hexdigest()[:8]}"
        self._place = tables.Place(server, prefix, self._folder)

    @property
    def variables(self) -> dict[str, str]:
        """What dbt's profile and `pipelines.spark.adapter` read."""
        assert self._place
        return {
            HOST_VARIABLE: self._place.server.host,
            PORT_VARIABLE: str(self._place.server.port),
            SCHEMA_VARIABLE: self._place.prefix,
            FOLDER_VARIABLE: str(self._place.folder),
        }

    def register(self, deliveries: Sequence[Delivery], work_file: Path) -> None:
        """Wait for the server and lay `raw` before it. Raises `SparkUnavailable`."""
        assert self._place
        if self._own:
            cluster.wait(self._own, self._say)
        with cluster.answering():
            self._is_registered = True
            tables.register(self._place, deliveries, work_file)

    def close(self) -> None:
        """Nothing of this night stays in Spark, and a cluster of its own ends. Raises nothing."""
        if self._keeper is not None:
            cluster.stop(self._home.spark)
            assert self._keeper.stdin
            self._keeper.stdin.close()
            self._keeper.wait()
            shutil.rmtree(self._folder, ignore_errors=True)
        elif self._place is not None and self._is_registered:
            try:
                with cluster.answering():
                    tables.drop(self._place)
            except cluster.SparkUnavailable as error:
                # The night is over by now, and the next one of this home begins by dropping them.
                self._say(f"Spark 中的临时库未删除 databases of this night are left in Spark: {error}")
