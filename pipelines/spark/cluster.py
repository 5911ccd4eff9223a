"""A Spark cluster on this machine: one master, two workers, a Thrift server, all on 127.0.0.1 on free ports.

Everything it writes lies in one folder: settings, logs, scratch, and `cluster.json`, which names its processes as soon
as they exist, so that whoever comes later can stop what a killed run left behind.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

from pipelines.spark.server import LOOPBACK as HOST
from pipelines.spark.server import Server

STATE = "cluster.json"
LEAST_JAVA = 17
START_S = 300.0
STOP_S = 10.0
TAIL_LINES = 15
WORKERS = 2
# Memory of the whole: master and workers supervise, the Thrift server plans, the executors compute.
DAEMON_MEMORY = "256m"
DRIVER_MEMORY = "1g"
EXECUTOR_MEMORY = "1g"

# Many short statements: the thorough compiler and parallel collectors cost more than they bring.
_SMALL_JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData"
_DAEMON = "org.apache.spark.deploy"
_THRIFT = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"


class SparkUnavailable(Exception):
    """Spark cannot run here, or did not start; the message says what to do."""


@dataclass(frozen=True)
class Process:
    """A process and when it started (kernel ticks): a number alone may belong to somebody else by now."""

    name: str
    pid: int
    started: int

    @property
    def is_alive(self) -> bool:
        return _started(self.pid) == self.started


@dataclass(frozen=True)
class Cluster:
    """A started cluster; `port` is the Thrift server's."""

    folder: Path
    port: int
    processes: tuple[Process, ...]

    @property
    def is_whole(self) -> bool:
        return all(process.is_alive for process in self.processes)

    def process(self, name: str) -> Process:
        return next(process for process in self.processes if process.name == name)

    @property
    def server(self) -> Server:
        return Server(HOST, self.port)


def missing_client() -> str | None:
    """Why no Spark can be used from here, with the mend; None where one can."""
    if not (find_spec("pyspark") and find_spec("pyhive") and find_spec("dbt.adapters.spark")):
        return "没有安装 Spark 组件：请运行 make spark the optional group is not installed: run `make spark`"
    return None


def missing() -> str | None:
    """Why Spark cannot run here, with the mend; None where it can."""
    if why := missing_client():
        return why
    java = _java()
    if java is None:
        return f"没有 Java：请安装 Java ≥ {LEAST_JAVA} no Java: install one (Debian: openjdk-17-jre-headless)"
    if (version := _java_version(java)) < LEAST_JAVA:
        return f"Java {version} 太旧，需要 ≥ {LEAST_JAVA} Java {version} is too old, Spark needs {LEAST_JAVA} or later"
    return None


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    own = Path(home) / "bin" / "java" if home else None
    return str(own) if own and own.is_file() else shutil.which("java")


def _java_version(java: str) -> int:
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(found.group(1)) if found else 0


def running(folder: Path) -> Cluster | None:
    """The cluster of `folder` where every process of it is alive."""
    cluster = known(folder)
    return cluster if cluster and cluster.is_whole else None


def start(folder: Path, say: Callable[[str], None], settings: Mapping[str, str] | None = None) -> Cluster:
    """Start the cluster of `folder` and wait until it answers; what an earlier one left over is stopped first.

    `settings`: Spark's own, over those of this module. Raises `SparkUnavailable`.
    """
    cluster = launch(folder, settings)
    try:
        wait(cluster, say)
    except BaseException:
        stop(folder)
        raise
    return cluster


def launch(folder: Path, settings: Mapping[str, str] | None = None) -> Cluster:
    """Start the processes without waiting for them; see `start`. A `spark.master` of `local[N]` in `settings` makes it
    the Thrift server alone, which computes within itself."""
    settings = {"spark.driver.memory": DRIVER_MEMORY, **(settings or {})}
    if why := missing():
        raise SparkUnavailable(why)
    stop(folder)
    # The same port every time where it is free: dbt parses its whole project again when one changes.
    master, thrift = _free_ports(20000 + crc32(str(folder).encode()) % 20000, 2)
    for name in ("conf", "logs", "scratch", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _write_settings(folder, master, thrift, settings)
    url = f"spark://{HOST}:{master}"
    worker = (f"{_DAEMON}.worker.Worker", "--host", HOST, "--webui-port", "0", "--cores", "1")
    commands = {
        "master": (
            "spark-class",
            f"{_DAEMON}.master.Master",
            "--host",
            HOST,
            "--port",
            str(master),
            "--webui-port",
            "0",
        ),
        **{
            f"worker-{number}": (
                *("spark-class", *worker, "--memory", EXECUTOR_MEMORY),
                *("--work-dir", str(folder / "scratch" / f"worker-{number}"), url),
            )
            for number in range(1, WORKERS + 1)
        },
        "thrift": ("spark-submit", "--class", _THRIFT, "spark-internal"),
    }
    if settings.get("spark.master", "").startswith("local"):
        commands = {"thrift": commands["thrift"]}
    processes: list[Process] = []
    cluster = Cluster(folder, thrift, ())
    for name, command in commands.items():
        memory = settings["spark.driver.memory"] if name == "thrift" else DAEMON_MEMORY
        processes.append(_launch(folder, name, command, memory))
        cluster = Cluster(folder, thrift, tuple(processes))
        _write(cluster)
    return cluster


def wait(cluster: Cluster, say: Callable[[str], None]) -> None:
    """Until the Thrift server answers a query. Raises `SparkUnavailable` with the end of the log that tells why."""
    say("启动 Spark starting Spark")
    until = time.monotonic() + START_S
    while True:
        for process in cluster.processes:
            if not process.is_alive:
                raise SparkUnavailable(
                    f"Spark {process.name} 已退出 ended early\n{_tail(_log(cluster.folder, process.name))}"
                )
        with suppress(ConnectionRefusedError), socket.create_connection((HOST, cluster.port), timeout=1.0):
            break
        if time.monotonic() > until:
            raise SparkUnavailable(
                f"Spark 在 {START_S:.0f} 秒内没有应答 no answer within {START_S:.0f} s, port {cluster.port}\n"
                f"{_tail(_log(cluster.folder, 'thrift'))}"
            )
        time.sleep(0.2)
    with answering(), cluster.server.session() as cursor:
        cursor.execute("select 1")


def stop(folder: Path) -> bool:
    """Stop every process of the cluster of `folder`, whoever started it, and remove its scratch. False where there was
    none."""
    cluster = known(folder)
    if cluster is None:
        return False
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        for process in reversed(cluster.processes):
            if process.is_alive:
                # Each leads a group of its own, which an executor shares with its worker.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal_number)
        until = time.monotonic() + STOP_S
        while time.monotonic() < until and any(process.is_alive for process in cluster.processes):
            time.sleep(0.1)
    for process in cluster.processes:
        # An executor whose worker died first is in the worker's group still. Where the number is somebody else's by now
        # there is no such group any more.
        if process.is_alive or _started(process.pid) is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    (folder / STATE).unlink(missing_ok=True)
    return True


@contextmanager
def answering() -> Iterator[None]:
    """What a Thrift server answers that is not there, or not well, as `SparkUnavailable`."""
    from pyhive.exc import Error
    from thrift.Thrift import TException

    try:
        yield
    except Error as error:
        said = getattr(error.args[0], "status", None) if error.args else None
        raise SparkUnavailable(f"Spark: {said.errorMessage if said else error}") from error
    except TException as error:
        raise SparkUnavailable(f"Spark 没有应答 does not answer: {error}") from error


def _free_ports(first: int, count: int) -> list[int]:
    ports: list[int] = []
    for port in range(first, first + 1000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((HOST, port))
                ports.append(port)
        if len(ports) == count:
            return ports
    raise SparkUnavailable(f"没有空闲端口 no free port from {first} on")


def _launch(folder: Path, name: str, command: tuple[str, ...], memory: str) -> Process:
    spec = find_spec("pyspark")
    assert spec and spec.submodule_search_locations
    spark = Path(spec.submodule_search_locations[0])
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK", "PYSPARK"))}
    environment |= {
        "SPARK_HOME": str(spark),
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_LOCAL_HOSTNAME": HOST,
        "SPARK_LOCAL_DIRS": str(folder / "scratch"),
        # The Thrift server counts as a daemon: what its settings say of the driver's memory is not heard.
        "SPARK_DAEMON_MEMORY": memory,
    }
    if name != "thrift":
        environment["SPARK_DAEMON_JAVA_OPTS"] = _SMALL_JAVA
    with _log(folder, name).open("wb") as log:
        process = subprocess.Popen(
            [str(spark / "bin" / command[0]), *command[1:]],
            cwd=folder / "home",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = _started(process.pid)
    if started is None:
        raise SparkUnavailable(f"Spark {name} 已退出 ended at once\n{_tail(_log(folder, name))}")
    return Process(name, process.pid, started)


def _write_settings(folder: Path, master: int, thrift: int, settings: Mapping[str, str]) -> None:
    scratch = folder / "scratch"
    java = f"-Dderby.system.home={scratch} -Djava.io.tmpdir={scratch} {_SMALL_JAVA}"
    own = {
        "spark.master": f"spark://{HOST}:{master}",
        "spark.app.name": "fenghuang",
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.executor.memory": EXECUTOR_MEMORY,
        "spark.executor.cores": "1",
        "spark.driver.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": _SMALL_JAVA,
        "spark.ui.enabled": "false",
        "spark.scheduler.mode": "FAIR",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        # Tables of a night outlive no cluster; a metastore of Hive's has one connection, which every look waits for.
        "spark.sql.catalogImplementation": "in-memory",
        # Sessions of the Thrift server open one all the same; it is empty and goes with it.
        "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:metastore;create=true",
        "spark.hadoop.datanucleus.schema.autoCreateTables": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
        "spark.hadoop.hive.server2.thrift.bind.host": HOST,
        "spark.hadoop.hive.server2.thrift.port": str(thrift),
        "spark.hadoop.hive.exec.scratchdir": str(scratch / "hive"),
        "spark.hadoop.hive.server2.logging.operation.enabled": "false",
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "Asia/Shanghai",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }
    lines = [f"{name} {value}\n" for name, value in (own | dict(settings)).items()]
    (folder / "conf" / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    (folder / "conf" / "log4j2.properties").write_text(
        "rootLogger.level = warn\nrootLogger.appenderRef.stderr.ref = stderr\n"
        "appender.stderr.type = Console\nappender.stderr.name = stderr\nappender.stderr.target = SYSTEM_ERR\n"
        "appender.stderr.layout.type = PatternLayout\nappender.stderr.layout.pattern = %d %p %c{1}: %m%n%ex\n",
        encoding="utf-8",
    )


def render(cluster: Cluster) -> str:
    """For one screen: where it listens and what of it is alive."""
    lines = [f"Thrift {HOST}:{cluster.port}", f"日志 logs {cluster.folder / 'logs'}"]
    lines += [f"  {p.name:<10}{p.pid:>8}  {'运行 alive' if p.is_alive else '已退出 gone'}" for p in cluster.processes]
    return "\n".join(lines)


def _log(folder: Path, name: str) -> Path:
    return folder / "logs" / f"{name}.log"


def _tail(log: Path) -> str:
    if not log.is_file():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-TAIL_LINES:]
    return "\n".join([*(f"  {line}" for line in lines), f"  日志 log {log}"])


def _write(cluster: Cluster) -> None:
    state = {"port": cluster.port, "processes": [asdict(process) for process in cluster.processes]}
    part = cluster.folder / f"{STATE}.part"
    part.write_text(json.dumps(state, indent=2), encoding="utf-8")
    part.replace(cluster.folder / STATE)


def known(folder: Path) -> Cluster | None:
    """The cluster that was started in `folder` last and not stopped since, whatever is left of it."""
    path = folder / STATE
    if not path.is_file():
        return None
    state = json.loads(path.read_text(encoding="utf-8"))
    return Cluster(folder, state["port"], tuple(Process(**process) for process in state["processes"]))


def _started(pid: int) -> int | None:
    """When the process started, in ticks since boot; None where there is none, or only what is left of one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])
