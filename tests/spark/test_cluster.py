"""The loopback cluster: where it listens, how it ends, and what is said where it cannot run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml

from pipelines.build.dbt_project import PROJECT
from pipelines.home import Home
from pipelines.spark import cluster
from tests.nights import Nightly


def sockets(group: int) -> set[str]:
    """Hexadecimal addresses on which the processes of a group listen."""
    inodes = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                links = [str(descriptor.readlink()) for descriptor in (folder / "fd").iterdir()]
                inodes |= {link[8:-1] for link in links if link.startswith("socket:[")}
        except (FileNotFoundError, ProcessLookupError):
            continue
    addresses = set()
    for table in ("tcp", "tcp6"):
        rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
        addresses |= {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}
    return addresses


@contextmanager
def dbt_session(started: cluster.Cluster):
    """As dbt-spark opens one by the profile of the project: it adds a word of its own."""
    from pyhive import hive

    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    parameters = profile["fenghuang"]["outputs"]["spark"]["server_side_parameters"]
    configuration = {**parameters, "spark.sql.ansi.enabled": "false"}
    server = started.server
    with closing(hive.connect(server.host, server.port, username="dbt", configuration=configuration)) as connection:
        yield connection.cursor()


@pytest.mark.slow
@pytest.mark.usefixtures("spark_is_here")
def test_it_listens_on_loopback_keeps_ansi_on_and_ends_with_whoever_kept_it(tmp_path):
    from pyhive.exc import DatabaseError

    folder = tmp_path / "spark"
    started = cluster.start(folder, print)
    assert started.is_whole and cluster.running(folder) == started
    # 127.0.0.1, alone and as IPv6 writes it
    loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
    for process in started.processes:
        assert sockets(process.pid) and sockets(process.pid) <= loopback, process.name
    with dbt_session(started) as cursor:
        cursor.execute("select typeof(cast(1 as decimal(38, 14)) - cast(1 as decimal(38, 14)))")
        assert cursor.fetchall() == [("decimal(38,14)",)]
        cursor.execute("select current_timezone()")
        assert cursor.fetchall() == [("Asia/Shanghai",)]
        with pytest.raises(DatabaseError, match="CAST_INVALID_INPUT"):
            cursor.execute("select cast('x' as int)")

    # The run that started it is killed: its keeper hears that.
    keeper = subprocess.Popen([sys.executable, "-m", "pipelines.spark.keeper", str(folder)], stdin=subprocess.PIPE)
    keeper.stdin.close()
    keeper.wait(timeout=60)
    assert not any(process.is_alive for process in started.processes)
    assert cluster.known(folder) is None and not cluster.stop(folder)


@pytest.mark.slow
@pytest.mark.usefixtures("spark_is_here")
def test_a_server_that_computes_within_itself_has_the_memory_it_is_given(tmp_path):
    """Without being told of it, a Thrift server that does everything had to do it in the memory of one that plans."""
    settings = {"spark.master": "local[2]", "spark.driver.memory": "700m"}
    started = cluster.start(tmp_path / "spark", print, settings)
    try:
        (server,) = started.processes
        assert server.name == "thrift"
        assert b"-Xmx700m" in Path(f"/proc/{server.pid}/cmdline").read_bytes()
        with dbt_session(started) as cursor:
            cursor.execute("select sum(id) from range(10)")
            assert cursor.fetchall() == [(45,)]
    finally:
        assert cluster.stop(tmp_path / "spark")
    assert not server.is_alive


def test_what_a_dead_cluster_left_is_cleared(tmp_path):
    orphan = subprocess.Popen(["sleep", "300"], start_new_session=True)
    born = cluster._started(orphan.pid)
    stranger = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        left = cluster.Cluster(
            tmp_path,
            10000,
            (
                cluster.Process("worker-1", orphan.pid, born),
                # a number that belongs to somebody else by now
                cluster.Process("thrift", stranger.pid, cluster._started(stranger.pid) - 1),
            ),
        )
        cluster._write(left)
        assert cluster.running(tmp_path) is None
        assert cluster.stop(tmp_path)
        assert orphan.wait(timeout=10) == -signal.SIGTERM
        with pytest.raises(subprocess.TimeoutExpired):
            stranger.wait(timeout=0.5)
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    ("variables", "said"),
    [({"PATH": "/nowhere", "JAVA_HOME": ""}, "没有 Java"), ({"FENGHUANG_SPARK_PORT": "1"}, "没有应答")],
)
@pytest.mark.usefixtures("spark_is_here")
def test_a_night_without_spark_fails_and_says_why(small, tmp_path, variables, said):
    home = Home(tmp_path)
    home.archive.mkdir(parents=True)
    code, screen = Nightly(home, small, **variables).run("--engine", "spark")
    assert code == 1
    assert "spark: " in screen and said in screen
    assert "当前版本不变" in screen


def test_old_java_is_named(monkeypatch, tmp_path):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(cluster, "missing_client", lambda: None)
    assert "Java 11" in cluster.missing()


def test_without_the_group_the_mend_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    assert "make spark" in cluster.missing()
