"""The commands `fenghuang province …`: many counties, their nights, and the province's roll-up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipelines.home import Home
from pipelines.screen import err, out, progress, years_of

if TYPE_CHECKING:
    from pipelines.province.registry import Province

province_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""省 A province: many counties in one folder, each with its own archive, nights and releases; their roll-up.

    `fenghuang province demo 3` makes a small one to try; `fenghuang province nightly` runs every county's night, some
    at once, then rolls up. A county that fails stops nobody: its last good release is used, and the summary says so.

    Any other command works on one county: `fenghuang --county 337101 status`. What is where: docs/province.md.""",
)


@contextmanager
def _told() -> Iterator[None]:
    """A registry that cannot be used is said, not raised."""
    from pipelines.province.registry import RegistryBroken

    try:
        yield
    except RegistryBroken as broken:
        err.print(str(broken), markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _province() -> Province:
    from pipelines.province.registry import read_province

    return read_province(Home.from_env())


@province_app.command("new")
def new(
    code: Annotated[str, typer.Argument(help="省（市）代码 its code of GB/T 2260, as 330000.")],
    name_zh: Annotated[str, typer.Argument(help="中文名称 Chinese name.")],
    name_en: Annotated[str, typer.Argument(help="英文名称 English name.")],
) -> None:
    """新建 Make `FENGHUANG_HOME`, an empty folder, a province without counties."""
    from pipelines.province.registry import Area, new_province

    with _told():
        made = new_province(Home.from_env(), Area(code, name_zh, name_en))
    out.print(f"已建 made {made.home.root}; next: fenghuang province add CODE NAME_ZH NAME_EN", markup=False)


@province_app.command("add")
def add(
    code: Annotated[str, typer.Argument(help="县（市、区）代码 its code of GB/T 2260, as 330521.")],
    name_zh: Annotated[str, typer.Argument(help="中文名称 Chinese name.")],
    name_en: Annotated[str, typer.Argument(help="英文名称 English name.")],
    plan: Annotated[str, typer.Option(help="方案文件夹 its plan's folder; the checkout's where not given.")] = "",
    group: Annotated[str, typer.Option(help="Unix 组 group of its analysts, to whom its files belong.")] = "",
) -> None:
    """加一个县 Add a county: a row of `counties.csv`, its folders in `counties/CODE/`.

    Its bureaus drop into `counties/CODE/raw/inbox/<source>/`. Sources that are pulled are named in the environment with
    its code: `PATENT_API_URL_330521`, `PATENT_API_TOKEN_330521`, `INVESTMENT_DB_URL_330521`.

    Example: `fenghuang province add 330521 德清县 "Deqing County" --group fenghuang-330521`
    """
    from pipelines.province.registry import County, add_county

    with _told():
        county = County(code, name_zh, name_en, plan, group)
        made = add_county(_province(), county)
    out.print(f"已加 added {code} {name_zh}: {made.home_of(county).root}", markup=False, soft_wrap=True)


@province_app.command("list")
def list_() -> None:
    """各县 The counties and the release that readers of each are sent to."""
    from pipelines.province.show import counties_table

    with _told():
        out.print(counties_table(_province()))


@province_app.command("status")
def status() -> None:
    """情况 How each county's last night ended, and which release of it the province's own holds.

    Exit code 1 where a county's last night failed, or the roll-up lacks its current release.
    """
    from pipelines.province.show import status_table

    with _told():
        table, is_well = status_table(_province())
    out.print(table)
    if not is_well:
        raise typer.Exit(1)


@province_app.command("nightly")
def nightly(
    county: Annotated[
        list[str] | None, typer.Option(help="只运行这些县 only these, by code; every county where not given.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="同时运行的县数 nights at once; 0: what cores and memory allow.")
    ] = 0,
    timeout: Annotated[
        int, typer.Option(min=1, help="每县时限（分钟） minutes after which a county's night is ended.")
    ] = 360,
    wait: Annotated[int, typer.Option(min=0, help="等待另一次运行的秒数 seconds to wait for a run under way.")] = 600,
) -> None:
    """每夜任务 Every county's night, then the roll-up.

    A county whose night fails, is killed or hangs stops nobody: its last good release goes into the roll-up, marked
    stale. Exit code 0: all published, the province too. 1: something was not; the summary names each with its cause and
    log. Example: `fenghuang province nightly --jobs 4`
    """
    from pipelines.province.province_night import run_province_night
    from pipelines.province.show import render_night

    with _told(), progress() as say:
        night = run_province_night(
            _province(), say, only=county or None, jobs=jobs, timeout_s=60.0 * timeout, wait_s=wait
        )
    for part in render_night(night):
        out.print(part, markup=False, soft_wrap=True) if isinstance(part, str) else out.print(part)
    if not night.is_well:
        raise typer.Exit(1)


@province_app.command("rollup")
def rollup(
    wait: Annotated[int, typer.Option(min=0, help="等待另一次运行的秒数 seconds to wait for a run under way.")] = 600,
) -> None:
    """汇总 Roll up the counties' current releases now, without a night: after a county was rolled back, say."""
    from pipelines.nightly import render
    from pipelines.province.rollup import roll_up

    with _told(), progress() as say:
        result = roll_up(_province(), say, wait)
    out.print(render(result), markup=False, soft_wrap=True)
    if not result.ok:
        raise typer.Exit(1)


@province_app.command("show")
def show(
    indicator: Annotated[str, typer.Argument(help="指标编号或名称 an indicator's id or Chinese name.")],
    period: Annotated[str | None, typer.Argument(help="月份 a month, as 2021-06; the latest where not given.")] = None,
) -> None:
    """一个指标 One indicator: the province's figure with its coverage, and every county with its place."""
    from pipelines.province.show import NothingThere, indicator_table

    with _told():
        try:
            out.print(indicator_table(_province(), indicator, period))
        except NothingThere as nothing:
            err.print(str(nothing), markup=False)
            raise typer.Exit(1) from None


@province_app.command("scoreboard")
def scoreboard() -> None:
    """看板 Every indicator of the province at its latest month, with coverage; what is not added, and why."""
    from pipelines.province.show import NothingThere, board_tables

    with _told():
        try:
            for table in board_tables(_province()):
                out.print(table)
        except NothingThere as nothing:
            err.print(str(nothing), markup=False)
            raise typer.Exit(1) from None


@province_app.command("backup")
def backup(to: Annotated[Path, typer.Argument(help="另一磁盘上的文件夹 a folder on another disk.")]) -> None:
    """备份 Copy every county's deliveries and releases, the registry, plans below the province, and the roll-ups.

    The copy is itself a province: `FENGHUANG_HOME=TO fenghuang province list`. A second call copies what is new.
    """
    from pipelines.province.province_backup import back_up_province

    if to.resolve().is_relative_to(Home.from_env().root):
        raise typer.BadParameter(f"{to} lies in the province itself; name a folder on another disk")
    with _told(), progress() as say:
        copied = back_up_province(_province(), Home(to.resolve()), say)
    out.print(f"已备份 copied {copied.releases} releases, {copied.files} files", markup=False)


@province_app.command("demo")
def demo(
    counties: Annotated[int, typer.Argument(min=1, max=90, help="县数 how many counties.")] = 3,
    enterprises: Annotated[
        int, typer.Option("--enterprises", "-n", min=30, max=50_000, help="第一个县的规上企业数 of the first county.")
    ] = 40,
    years: Annotated[str, typer.Option(help="年份 years, as `2020-2023`.")] = "2020-2021",
    defects: Annotated[float, typer.Option(min=0, max=0.5, help="差错比例 share of spoiled rows.")] = 0.01,
    seed: Annotated[int, typer.Option(help="随机种子 the same seed writes the same bytes.")] = 1,
) -> None:
    """演示省 A made-up province in an empty `FENGHUANG_HOME`: counties with codes, towns and plans of their own.

    The truth of each is kept in `counties/CODE/raw/demo_truth/`. Then: `fenghuang province nightly`.
    """
    from pipelines.demo.province import write_province

    try:
        with _told(), progress() as say:
            reports = write_province(
                Home.from_env(),
                counties,
                enterprises=enterprises,
                years=years_of(years),
                defects=defects,
                seed=seed,
                progress=say,
            )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    table = Table(title=str(Home.from_env().root), title_justify="left")
    for heading in ("县 county", "规上企业 enterprises", "文件 files", "行 rows"):
        table.add_column(heading)
    for report in reports:
        code = report.inbox.parent.parent.name
        table.add_row(code, str(report.enterprises), str(report.files), f"{report.rows:,}")
    out.print(table)
    command = "fenghuang" if "FENGHUANG_HOME" in os.environ else "fenghuang (with FENGHUANG_HOME)"
    out.print(f"下一步 next: {command} province nightly", markup=False)
