"""`fenghuang spark`: the loopback cluster of a home."""

from __future__ import annotations

import typer

from pipelines.home import Home
from pipelines.screen import err, out, progress

spark_app = typer.Typer(
    no_args_is_help=True,
    help="""Spark A cluster on this machine (127.0.0.1): one master, two workers, a Thrift server.

    `fenghuang nightly --engine spark` uses it where it runs, and else starts one for the night.
    It needs Java and the optional group: `make spark`.""",
)


@spark_app.command("start")
def spark_start() -> None:
    """启动 Start the cluster of this home and wait until it answers."""
    from pipelines.spark import cluster

    folder = Home.from_env().spark
    if (found := cluster.running(folder)) is None:
        try:
            with progress() as say:
                found = cluster.start(folder, say)
        except cluster.SparkUnavailable as reason:
            err.print(str(reason), markup=False)
            raise typer.Exit(1) from None
    out.print(cluster.render(found), markup=False)


@spark_app.command("stop")
def spark_stop() -> None:
    """停止 Stop the cluster of this home, and whatever a killed run left of one."""
    from pipelines.spark import cluster

    stopped = cluster.stop(Home.from_env().spark)
    out.print("已停止 stopped" if stopped else "没有运行 nothing was running")


@spark_app.command("status")
def spark_status() -> None:
    """状态 What runs of the cluster of this home. Exit code 1 where it is not whole."""
    from pipelines.spark import cluster

    found = cluster.known(Home.from_env().spark)
    out.print(cluster.render(found) if found else "没有运行 nothing is running", markup=False)
    if not (found and found.is_whole):
        raise typer.Exit(1)
