"""The command `fenghuang`. Each command imports what it needs when it runs, so that `--help` answers at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipelines.build.dbt_project import ENGINE_VARIABLE, Engine
from pipelines.home import Home
from pipelines.province_cli import province_app
from pipelines.screen import err, out, progress, years_of
from pipelines.spark_cli import spark_app

if TYPE_CHECKING:
    from pipelines.intake.run import IntakeReport
    from pipelines.nightly import NightlyResult
    from pipelines.release import Release

app = typer.Typer(
    name="fenghuang",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""凤凰 Fenghuang: from what bureaus deliver to a checked, immutable release of indicators.

    Everything lies below `FENGHUANG_HOME` (default: the checkout): bureaus drop files into
    `raw/inbox/<source>/`, releases appear in `warehouse/releases/`, and `warehouse/current` is the one to read.

    A first try: `fenghuang demo`, then `fenghuang nightly`, then `fenghuang status`.

    Exit codes: 0 done (published), 1 not done (the reason is on the screen), 2 wrong usage.""",
)
release_app = typer.Typer(no_args_is_help=True, help="发布版本 Releases: what was published, when, from what.")
app.add_typer(release_app, name="release")
plan_app = typer.Typer(no_args_is_help=True, help="方案 Plans: another county or country is a folder of csv files.")
app.add_typer(plan_app, name="plan")
bulletin_app = typer.Typer(
    no_args_is_help=True,
    help="""通报 Bulletins: the monthly monitor, the quarterly bulletin, the annual assessment, made again.

    Every release carries those that are due in `warehouse/current/reports/`. Any other period, and any earlier
    release, gives its own: `fenghuang bulletin quarterly 2021-Q3 --as-of 2022-07-15 --to FOLDER`.
    The same release gives the same bytes. How to change wording and templates stands in docs/reports.md.""",
)
app.add_typer(bulletin_app, name="bulletin")
app.add_typer(spark_app, name="spark")
app.add_typer(province_app, name="province")

# What works on a province itself; every other command works on one county.
OF_A_PROVINCE = {"province", "release", "verify", "plan"}


@app.callback()
def choose(
    context: typer.Context,
    county: Annotated[
        str | None, typer.Option("--county", help="县代码 one county of the province in `FENGHUANG_HOME`, by its code.")
    ] = None,
) -> None:
    from pipelines.province.registry import RegistryBroken, enter_county, is_province

    if county is None:
        if context.invoked_subcommand not in OF_A_PROVINCE and is_province(Home.from_env()):
            err.print(
                f"{Home.from_env().root} 是省级安装 is a province: name a county, as "
                f"`fenghuang --county CODE {context.invoked_subcommand}`, or see `fenghuang province --help`"
            )
            raise typer.Exit(2)
        return
    try:
        enter_county(county)
    except RegistryBroken as broken:
        err.print(str(broken), markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


@app.command()
def demo(
    enterprises: Annotated[
        int, typer.Option("--enterprises", "-n", min=30, max=50_000, help="规上企业数 above-scale enterprises.")
    ] = 60,
    years: Annotated[str, typer.Option(help="年份 years, as `2020-2023`.")] = "2020-2023",
    defects: Annotated[
        float, typer.Option(min=0, max=0.5, help="差错比例 share of spoiled rows; 0 gives a clean county.")
    ] = 0.01,
    seed: Annotated[int, typer.Option(help="随机种子 the same seed writes the same bytes.")] = 1,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing when the inbox holds files.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and where.")] = False,
) -> None:
    """写一个虚构县的报送文件 Write a made-up county's deliveries into the inbox.

    The truth it was made from is kept in `raw/demo_truth/`.

    Example: `fenghuang demo -n 900 --years 2020-2023 --defects 0.02 --seed 7`
    """
    from pipelines.demo import write_demo

    home = Home.from_env()
    chosen = years_of(years)
    held = _inbox_files(home)
    if held and if_empty:
        out.print(f"收件箱已有 {held} 个文件,未写入 the inbox holds {held} files; nothing written")
        return
    if held and not dry_run:
        err.print(
            f"[red]收件箱非空 the inbox is not empty[/red]: {home.inbox} holds {held} files.\n"
            "A made-up county among real deliveries would be published as fact. Empty the inbox, set "
            "FENGHUANG_HOME to another folder, or use --if-empty."
        )
        raise typer.Exit(1)
    if dry_run:
        out.print(
            f"would write {enterprises} enterprises, {chosen[0]}–{chosen[-1]}, defects {defects:.1%}, seed {seed} "
            f"into {home.inbox}; truth into {home.demo_truth}"
        )
        return
    try:
        with progress() as say:
            report = write_demo(
                home.inbox,
                home.demo_truth,
                enterprises=enterprises,
                years=chosen,
                defects=defects,
                seed=seed,
                progress=say,
            )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    out.print(report.summary(), markup=False)


def _inbox_files(home: Home) -> int:
    if not home.inbox.is_dir():
        return 0
    return sum(1 for path in home.inbox.rglob("*") if path.is_file() and not path.name.startswith("."))


@app.command()
def intake() -> None:
    """收件 Take in what is new: archive, check every row, send back what is spoiled. Publishes nothing.

    Unchanged files are not read again. One bad file never stops the others.
    """
    from pipelines.intake.run import take_in
    from pipelines.plan import PlanBroken
    from pipelines.plan.seeds import seeds_folder

    try:
        seeds_folder()
    except PlanBroken as broken:
        err.print(str(broken), markup=False)
        raise typer.Exit(1) from None
    with progress() as say:
        report = take_in(Home.from_env(), say)
    _print_intake(report)
    if report.failures:
        raise typer.Exit(1)


def _print_intake(report: IntakeReport) -> None:
    table = Table(title="收件 Intake", title_justify="left")
    for heading in ("来源 source", "文件 files", "采用 in force", "退回 refused"):
        table.add_column(heading)
    for heading in ("行 rows", "接受 accepted", "隔离 quarantined", "重复 duplicates"):
        table.add_column(heading, justify="right")
    for source in sorted({d.source for d in report.deliveries}):
        mine = [d for d in report.deliveries if d.source == source]
        held = [d for d in mine if d.in_force]
        table.add_row(
            source,
            str(len(mine)),
            str(len(held)),
            str(sum(d.status == "refused" for d in mine) or ""),
            *(
                f"{sum(getattr(d, count) or 0 for d in held):,}"
                for count in ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate")
            ),
        )
    out.print(table)
    for delivery in report.refused:
        out.print(f"[red]退回 refused[/red] {delivery.source}/{delivery.file_name}: {delivery.reason}")
        out.print(f"  {delivery.detail}", markup=False)
    for message in report.failures:
        out.print(f"[red]失败 failed[/red] {message}")
    if report.ignored:
        folders = sorted({item.split("/")[0] for item in report.ignored})
        out.print(f"未处理 not taken: {len(report.ignored)} files in {', '.join(folders)} (no contract for them)")
    for path in report.returned:
        out.print(f"待更正 to be mended: {path}")
    out.print(f"新到 new {len(report.new)}, 解析 parsed {report.parsed}, 判定 judged {report.judged}")


@app.command()
def nightly(
    wait: Annotated[
        int, typer.Option(min=0, help="另一次运行未结束时等待的秒数 seconds to wait for a run under way.")
    ] = 600,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Build and check everything, publish nothing.")] = False,
    accept_lost_periods: Annotated[
        bool, typer.Option("--accept-lost-periods", help="Publish even where months of the release before are gone.")
    ] = False,
    engine: Annotated[
        Engine, typer.Option(envvar=ENGINE_VARIABLE, help="模型在哪里计算 where the models run; see docs/spark.md.")
    ] = Engine.DUCKDB,
) -> None:
    """每夜任务 The nightly job, without a daemon: intake, build, gate, publish.

    Exit code 0: published. 1: not published; the reason and the first cause are on the screen, and
    `warehouse/current` is what it was. `--engine spark` computes the same release on Spark: on the server that
    `FENGHUANG_SPARK_HOST` and `FENGHUANG_SPARK_PORT` name, else on this machine.
    """
    from pipelines.nightly import render, run_nightly

    with progress() as say:
        result = run_nightly(
            Home.from_env(),
            progress=say,
            wait_s=wait,
            publish=not dry_run,
            accept_lost_periods=accept_lost_periods,
            engine=engine,
        )
    if result.intake is not None:
        _print_intake(result.intake)
    out.print(render(result))
    if not dry_run:
        _record(result)
        from pipelines.notify import report
        from pipelines.tell import tell_result

        for line in report(tell_result(Home.from_env(), result)):
            err.print(line, markup=False)
    if not result.ok:
        raise typer.Exit(1)


def _record(result: NightlyResult) -> None:
    """For whoever asks later how the night ended: without rows, which stay in the log."""
    from pipelines.last_night import LastNight, record

    now = datetime.now(UTC).isoformat(timespec="seconds")
    published = result.release.release_id if result.release else None
    log = str(result.log or "")
    record(Home.from_env(), LastNight(now, result.ok, published, result.stage, result.headline, log))


@app.command()
def status(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="看哪一天 as seen on a day.")] = None,
) -> None:
    """报送情况 Deliveries by source and period: arrived, refused, missing, late.

    Reads the archive only; takes nothing in.
    """
    from pipelines.contracts import load_contracts
    from pipelines.intake.run import known_deliveries
    from pipelines.status import render, status_table, summary

    day = as_of.date() if as_of else date.today()
    table = status_table(known_deliveries(Home.from_env()), load_contracts(), day)
    out.print(render(table))
    out.print(summary(table), markup=False)


@app.command()
def freshness(
    fail_if_stale: Annotated[
        bool, typer.Option("--fail-if-stale", help="逾期则退出码为 1 exit code 1 where something is overdue.")
    ] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="通知新逾期的 tell people what is newly overdue, once.")
    ] = False,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="看哪一天 as seen on a day.")] = None,
) -> None:
    """时效 Did the last night end well, and is every source here that is due? For cron, from outside the night.

    A run that never starts looks green. This looks at the newest release and at the rhythm of each contract; where
    `DAGSTER_HOME` holds an instance, `--notify` shows the answer there too, on the checks `is_on_time`.

    Example: `fenghuang freshness --notify --fail-if-stale`
    """
    from zoneinfo import ZoneInfo

    from pipelines.freshness import TIMEZONE, look, render
    from pipelines.nightly import dagster_instance, has_instance
    from pipelines.notify import report
    from pipelines.watch import watch

    home = Home.from_env()
    if as_of and notify:
        raise typer.BadParameter("people are told of today only; leave out --as-of or --notify")
    now = as_of.replace(hour=12, tzinfo=ZoneInfo(TIMEZONE)) if as_of else datetime.now(UTC)
    if not notify:
        seen = look(home, now)
    elif has_instance():
        with dagster_instance() as instance:
            watched = watch(home, now, instance)
    else:
        watched = watch(home, now)
    if notify:
        seen = watched.freshness
        for line in watched.told:
            out.print(f"已通知 told: {line}", markup=False)
        for failure in report(watched.sent):
            err.print(failure, markup=False)
    out.print(render(seen))
    if fail_if_stale and not seen.is_fresh:
        raise typer.Exit(1)


@app.command()
def notify(
    test: Annotated[bool, typer.Option("--test", help="发一条测试通知 send a test message to every channel.")] = False,
) -> None:
    """通知 Where messages go: one a failed night, with its first cause; a digest a release; what is overdue, once.

    `FENGHUANG_NOTIFY_FILE` names a file outside the repository with one URL of Apprise a line, as
    `dingtalk://token`, `wecombot://key`, `mailtos://user:password@host?to=address`, `json://host/path`.
    """

    from pipelines import messages
    from pipelines.notify import VARIABLE, channels, report, send

    try:
        known = channels()
    except OSError as error:
        err.print(f"{VARIABLE}: 无法读取 cannot be read ({type(error).__name__})", markup=False)
        raise typer.Exit(1) from None
    for channel in known:
        out.print(channel.name, markup=False)
    if not known:
        out.print(f"未设置通知 nobody is told: {VARIABLE} names no file, or an empty one", markup=False)
    if test:
        sent = send(messages.trial(datetime.now(UTC)))
        out.print(f"已送达 delivered {sent.delivered}")
        for line in report(sent):
            err.print(line, markup=False)
        if not sent.delivered or sent.failures:
            raise typer.Exit(1)


@app.command()
def backup(to: Annotated[Path, typer.Argument(help="另一磁盘上的文件夹 a folder on another disk.")]) -> None:
    """备份 Copy what cannot be made again: deliveries, releases, the pointer. A night may run meanwhile.

    A second call copies only what is new. The copy is itself a home:
    `FENGHUANG_HOME=TO fenghuang verify` checks it.
    """
    from pipelines.release.backup import back_up

    home = Home.from_env()
    if (
        to.resolve().is_relative_to(home.raw)
        or to.resolve().is_relative_to(home.warehouse)
        or to.resolve() == home.root
    ):
        raise typer.BadParameter(f"{to} lies in the home itself; name a folder on another disk")
    with progress() as say:
        copied = back_up(home, Home(to.resolve()), say)
    out.print(
        f"已备份 copied {copied.releases} releases, {copied.files} files; current {copied.current or '—'}", markup=False
    )


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="备份文件夹 a folder that `fenghuang backup` wrote.", exists=True)],
) -> None:
    """恢复 Bring a back-up into an empty `FENGHUANG_HOME`; then `fenghuang verify`, then nights go on as before."""
    from pipelines.release.backup import CannotRestore
    from pipelines.release.backup import restore as bring_back

    home = Home.from_env()
    try:
        with progress() as say:
            copied = bring_back(Home(backup.resolve()), home, say)
    except CannotRestore as reason:
        err.print(str(reason), markup=False)
        raise typer.Exit(1) from None
    out.print(f"已恢复 restored {copied.releases} releases, {copied.files} files into {home.root}", markup=False)
    out.print(f"当前版本 current is {copied.current or '—'}; 请核验 now run: fenghuang verify", markup=False)


def _current() -> Release:
    from pipelines.release import current_release

    current = current_release(Home.from_env())
    if current is None:
        err.print("尚未发布 nothing has been published yet; run: fenghuang nightly")
        raise typer.Exit(1)
    return current


def _current_tables() -> Path:
    return _current().tables


@app.command()
def scoreboard(
    period: Annotated[str | None, typer.Argument(help="月份 a month, as 2021-06; the latest where not given.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="按当日版本 by the release of that day (UTC).")
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="版本 the beginning of a release's id; the current one where not given.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, help="写成网页 write it as one HTML page instead, to this file.")
    ] = None,
    internal: Annotated[
        bool, typer.Option("--internal", help="内部版 the page with the lists of enterprises; with --html.")
    ] = False,
) -> None:
    """目标进度 The county's targets by campaign: light, value, target, time progress, lead unit.

    Example: `fenghuang scoreboard 2022-06 --html scoreboard.html`
    """
    from pipelines.release.store import NoPublicPart, NoSuchRelease, find_release, release_as_of
    from pipelines.report.scoreboard_page import write_edition
    from pipelines.scoreboard import NothingThere, board, render

    if as_of and release:
        raise typer.BadParameter("--as-of and --release name a release each; give one of them")
    if internal and not html:
        raise typer.BadParameter("--internal is for the page; add --html FILE")
    home = Home.from_env()
    try:
        if release:
            chosen = find_release(home, release)
        else:
            chosen = release_as_of(home, f"{as_of:%Y%m%d}") if as_of else _current()
        if html:
            write_edition(chosen, internal, html, period)
            out.print(str(html), markup=False)
        else:
            out.print(render(board(chosen.tables, period)))
    except (NothingThere, NoSuchRelease, NoPublicPart) as nothing:
        err.print(str(nothing), markup=False)
        raise typer.Exit(1) from None


@app.command()
def show(target: Annotated[str, typer.Argument(help="指标编号或名称 a target's id or Chinese name.")]) -> None:
    """一个目标 One target whole: the plan's words, definition, responsible units, caveats, history."""
    from pipelines.scoreboard import NothingThere
    from pipelines.scoreboard import target as one_target

    try:
        out.print(one_target(_current_tables(), target))
    except NothingThere as nothing:
        err.print(str(nothing), markup=False)
        raise typer.Exit(1) from None


@app.command()
def enterprise(
    who: Annotated[str, typer.Argument(metavar="CODE|NAME", help="信用代码或名称 a credit code, or (part of) a name.")],
    months: Annotated[int, typer.Option(min=1, help="列出的月数 how many months are listed.")] = 12,
) -> None:
    """一户一页 One enterprise whole: register, months, evaluation, lists, titles, projects, and its files."""
    from pipelines.enterprise import page
    from pipelines.reading import NothingThere

    try:
        out.print(page(_current_tables(), who, months))
    except NothingThere as nothing:
        err.print(str(nothing), markup=False)
        raise typer.Exit(1) from None


@app.command()
def evaluate(
    scheme: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="办法 a scheme, with the columns of evaluation_scheme.csv."),
    ],
    year: Annotated[int, typer.Option(help="年份 a closed year of the current release.")],
) -> None:
    """试评 Try another evaluation scheme on the current release: who changes class, and why. Publishes nothing.

    A scheme is a csv like `dbt_project/seeds/evaluation_scheme.csv`; its first year is not looked at.
    """
    from pipelines.evaluate import SchemeBroken, render, try_scheme
    from pipelines.reading import NothingThere

    try:
        with progress() as say:
            say("评价 evaluating …")
            found = try_scheme(_current_tables(), scheme, year)
        out.print(render(found))
    except (SchemeBroken, NothingThere) as nothing:
        err.print(str(nothing), markup=False)
        raise typer.Exit(1) from None


@app.command()
def export(
    release: Annotated[
        str | None, typer.Option(help="版本 the beginning of a release's id; the current one where not given.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="文件夹 a new or empty folder; `export-<release>` where not given.")
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option("--format", "-f", help="格式 parquet, csv, excel or sdmx; may be repeated; all where not given."),
    ] = None,
) -> None:
    """导出 The public tables of a release once more: Parquet, CSV, a workbook a quarter, SDMX, Data Package.

    A release holds them already; this writes the same bytes into a folder of your own, and says so file by file
    where they differ (another version of the code). docs/exports.md says how to open each.

    Example: `fenghuang export --to ~/figures --format excel --format csv`
    """
    from pipelines.export.again import export_again
    from pipelines.export.public import ExportBroken
    from pipelines.export.write import FORMATS
    from pipelines.release import current_release
    from pipelines.release.store import NoPublicPart, NoSuchRelease, find_release

    if strangers := sorted(set(form or ()) - set(FORMATS)):
        raise typer.BadParameter(f"{', '.join(strangers)}: there are {', '.join(FORMATS)}", param_hint="--format")
    home = Home.from_env()
    try:
        chosen = find_release(home, release) if release else current_release(home)
        if chosen is None:
            raise NoSuchRelease("尚未发布 nothing has been published yet; run: fenghuang nightly")
        folder = to or Path(f"export-{chosen.release_id}")
        with progress() as say:
            written = export_again(home, chosen, folder, form or list(FORMATS), say)
    except (NoSuchRelease, NoPublicPart, ExportBroken) as reason:
        err.print(str(reason), markup=False)
        raise typer.Exit(1) from None
    table = Table(title=f"{chosen.release_id} → {folder}", title_justify="left")
    for heading in ("格式 format", "文件 files", "MB", "与发布一致 as published"):
        table.add_column(heading, justify="left" if heading.startswith("格式") else "right")
    for kind in dict.fromkeys(file.form for file in written):
        mine = [file for file in written if file.form == kind]
        same = sum(file.is_same is True for file in mine)
        table.add_row(kind, str(len(mine)), f"{sum(f.size for f in mine) / 1e6:.2f}", f"{same} / {len(mine)}")
    out.print(table)
    for file in written:
        if file.is_same is False:
            err.print(f"{file.path}: 与发布不同 not the bytes that were published", markup=False)
        elif file.is_same is None:
            err.print(f"{file.path}: 该版本中没有 the release holds none", markup=False)


@app.command()
def template(source: Annotated[str, typer.Argument(help="来源 a csv source, as target_revision.")]) -> None:
    """填报模板 The heading a csv file of a source must carry, with the name to save it under.

    Example: `fenghuang template target_revision > 目标调整_20221001.csv`
    """
    from pipelines.contracts import load_contracts

    known = {name: contract for name, contract in load_contracts().items() if contract.channel == "csv"}
    if source not in known:
        raise typer.BadParameter(f"{source!r} is no csv source; there are: {', '.join(known)}")
    contract = known[source]
    err.print(f"存为 save as raw/inbox/{source}/{contract.file_example} ({contract.encoding})", markup=False)
    typer.echo(",".join(column.header for column in contract.columns))


_Period = Annotated[str | None, typer.Argument(help="期别 the period; the latest where not given.")]
_AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="按当日版本 as the release of that day (UTC) knew it."),
]
_Release = Annotated[str | None, typer.Option("--release", help="版本 the beginning of a release's id.")]
_To = Annotated[Path, typer.Option("--to", file_okay=False, help="写到 the folder to write into.")]
_Format = Annotated[str | None, typer.Option("--format", help="格式 docx, pdf or xlsx; all three where not given.")]


@bulletin_app.command("monthly")
def bulletin_monthly(
    period: _Period = None, as_of: _AsOf = None, release: _Release = None, to: _To = Path(), form: _Format = None
) -> None:
    """月度监测 The monthly monitor. PERIOD as `2021-11`.

    Example: `fenghuang bulletin monthly 2021-11 --format docx`
    """
    _bulletin("monthly", period, as_of, release, to, form)


@bulletin_app.command("quarterly")
def bulletin_quarterly(
    period: _Period = None, as_of: _AsOf = None, release: _Release = None, to: _To = Path(), form: _Format = None
) -> None:
    """季度通报 The quarterly bulletin. PERIOD as `2021-Q3`; figures are those of the quarter's last month.

    Example: `fenghuang bulletin quarterly 2021-Q3 --to /srv/office`
    """
    _bulletin("quarterly", period, as_of, release, to, form)


@bulletin_app.command("annual")
def bulletin_annual(
    period: _Period = None, as_of: _AsOf = None, release: _Release = None, to: _To = Path(), form: _Format = None
) -> None:
    """年度考核 The annual assessment: verdicts by year and over the plan, tallies, moved targets. PERIOD as `2021`.

    Example: `fenghuang bulletin annual 2021 --as-of 2022-07-15`
    """
    _bulletin("annual", period, as_of, release, to, form)


@bulletin_app.command("templates")
def bulletin_templates(folder: Annotated[Path, typer.Argument(help="空文件夹 a new or empty folder.")]) -> None:
    """模板 Copy the Word and PDF templates and the wording into a folder, to be changed there.

    `FENGHUANG_TEMPLATES=FOLDER` then makes every bulletin by them. A file that is not there is the project's own.
    """
    from pipelines.report.bulletins import copy_templates

    try:
        for path in copy_templates(folder):
            out.print(str(path), markup=False)
    except FileExistsError as held:
        err.print(str(held), markup=False)
        raise typer.Exit(1) from None


def _bulletin(
    kind: str, period: str | None, as_of: datetime | None, release: str | None, to: Path, form: str | None
) -> None:
    from pipelines.plan import PlanBroken
    from pipelines.reading import NothingThere
    from pipelines.release.store import NoPublicPart, NoSuchRelease, find_release, release_as_of
    from pipelines.report.bulletin_pdf import NoFont
    from pipelines.report.bulletin_periods import NoSuchPeriod
    from pipelines.report.bulletins import FORMATS, remake

    if as_of and release:
        raise typer.BadParameter("--as-of and --release name a release each; give one of them")
    if form not in (None, *FORMATS):
        raise typer.BadParameter(f"{form!r} is no format; there are: {', '.join(FORMATS)}", param_hint="--format")
    home = Home.from_env()
    try:
        if release:
            chosen = find_release(home, release)
        else:
            chosen = release_as_of(home, f"{as_of:%Y%m%d}") if as_of else _current()
        for path in remake(chosen, kind, period, to, [form] if form else FORMATS):
            out.print(str(path), markup=False, soft_wrap=True)
    except (NoSuchRelease, NoPublicPart, NothingThere, NoSuchPeriod, PlanBroken, NoFont) as reason:
        err.print(str(reason), markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


@plan_app.command("new")
def plan_new(folder: Annotated[Path, typer.Argument(help="空文件夹 a new or empty folder.")]) -> None:
    """新方案 Write the headings of a plan's files into a folder; `FENGHUANG_PLAN=FOLDER` then names the plan in force.

    What each column says stands in docs/another-plan.md.
    """
    from pipelines.plan import PlanBroken
    from pipelines.plan.seeds import start_plan

    try:
        for path in start_plan(folder):
            out.print(str(path), markup=False)
    except PlanBroken as broken:
        err.print(str(broken), markup=False)
        raise typer.Exit(1) from None


@plan_app.command("check")
def plan_check(folder: Annotated[Path, typer.Argument(help="方案文件夹 the plan's folder.", exists=True)]) -> None:
    """检查方案 Everything that is wrong with a plan's folder: file, row, column and what to mend."""
    from pipelines.plan.check import check_plan

    faults = check_plan(folder)
    for fault in faults:
        err.print(fault, markup=False)
    if faults:
        raise typer.Exit(1)
    out.print(f"方案无误 nothing wrong; use it with FENGHUANG_PLAN={folder}", markup=False)


@release_app.command("rollback")
def release_rollback(
    release: Annotated[
        str | None, typer.Argument(help="版本 the beginning of a release's id; the one before where not given.")
    ] = None,
) -> None:
    """回退 Point readers to an earlier release (or back to a later one), at once and whole. Nothing is removed.

    The next night publishes as usual; until then `warehouse/current` is the one named.
    """
    from pipelines.release.store import Busy, NoSuchRelease, nightly_lock, roll_back

    home = Home.from_env()
    try:
        with nightly_lock(home, 0, lambda message: None):
            now = roll_back(home, release)
    except (NoSuchRelease, Busy) as reason:
        err.print(str(reason), markup=False)
        raise typer.Exit(1) from None
    out.print(f"当前版本 current is {now.release_id} ({now.latest_period})", markup=False)


@release_app.command("prune")
def release_prune(
    keep: Annotated[int, typer.Option(min=1, help="保留的版本数 how many of the newest to keep.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed.")] = False,
) -> None:
    """清理 Remove the oldest releases beyond `--keep`; never the current one."""
    from pipelines.release import list_releases
    from pipelines.release.store import Busy, nightly_lock, prune

    home = Home.from_env()
    if dry_run:
        gone = [release.release_id for release in list_releases(home)[keep:] if not release.is_current]
        out.print(f"would remove {len(gone)}: {', '.join(gone) or '—'}", markup=False)
        return
    try:
        with nightly_lock(home, 0, lambda message: None):
            gone = prune(home, keep)
    except Busy as reason:
        err.print(str(reason), markup=False)
        raise typer.Exit(1) from None
    out.print(f"已删除 removed {len(gone)}: {', '.join(gone) or '—'}", markup=False)


@app.command()
def diff(
    older: Annotated[
        str | None, typer.Argument(metavar="R1", help="版本 the beginning of a release's id; the one R2 followed.")
    ] = None,
    newer: Annotated[str | None, typer.Argument(metavar="R2", help="版本 another one; the current.")] = None,
    indicator: Annotated[str | None, typer.Option(help="指标编号 the figures of one indicator only.")] = None,
    each: Annotated[
        bool, typer.Option("--each", help="Every delivery by itself, one build each; else together by source.")
    ] = False,
    with_new: Annotated[
        bool, typer.Option("--new", help="Figures of months and indicators that R1 had not, too.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV: a line a figure and cause.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON, with the causes and the method.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the causes and the builds; build nothing.")] = False,
) -> None:
    """变动分解 Every published figure that changed between two releases, and exactly how much each cause did to it.

    The causes are replaced one after the other (code, registry, deliveries by source, period, version) and the whole
    build runs on the archive's bytes after each. The parts of a figure add up to its difference, and the last build
    must give R2 to the last bit, or nothing is said. What differs not at all is not built.

    Examples: `fenghuang diff` (the current release and the one before) · `fenghuang diff --dry-run` ·
    `fenghuang diff 20261101 20261122 --each --csv > parts.csv`
    """
    from pipelines.plan import PlanBroken
    from pipelines.release.store import NoSuchRelease
    from pipelines.revision import report
    from pipelines.revision.decompose import Builder, CannotBuild, Maker, NotReproduced, decompose, steps_between

    if csv and json:
        raise typer.BadParameter("give --csv or --json, not both")
    home = Home.from_env()
    try:
        first, second = _two_releases(home, older, newer)
        here = Maker.here()
        steps = steps_between(first, second, here, each)
        if dry_run:
            out.print(report.render_steps(first.release_id, second.release_id, steps))
            return
        with progress() as say:
            build = Builder(home, here, say)
            found = decompose(first, second, steps, build, say, with_new)
    except (NoSuchRelease, PlanBroken, CannotBuild, NotReproduced) as reason:
        err.print(str(reason), markup=False)
        raise typer.Exit(1) from None
    for obstacle in build.reasons:
        err.print(f"合并为一步 causes taken together, for what lies between was not built: {obstacle}", markup=False)
    if indicator:
        found = report.of_indicator(found, indicator)
    if csv:
        typer.echo(report.as_csv(found), nl=False)
    elif json:
        typer.echo(report.as_json(found))
    else:
        out.print(report.render(found))


def _two_releases(home: Home, older: str | None, newer: str | None) -> tuple[Release, Release]:
    """The releases named; where not, the current one, and the one that was current when the second was published.

    Raises `NoSuchRelease`.
    """
    from pipelines.release import current_release
    from pipelines.release.store import NoSuchRelease, find_release

    second = find_release(home, newer) if newer else current_release(home)
    if second is None:
        raise NoSuchRelease("尚未发布 nothing has been published yet; run: fenghuang nightly")
    if older:
        return find_release(home, older), second
    previous = second.manifest["previous"]
    if previous is None:
        raise NoSuchRelease(f"{second.release_id}: 没有更早的版本 there is no release before it")
    return find_release(home, previous), second


@app.command()
def revisions(
    indicator: Annotated[
        str | None, typer.Argument(help="指标 an indicator's id or Chinese name; all revised ones.")
    ] = None,
    breakdown: Annotated[str, typer.Option(help="口径 county, town, platform or industry.")] = "county",
) -> None:
    """修订统计 How far published figures moved since they were first published: number, mean, mean absolute, relative.

    With an indicator, every revision of it and what changed then. Pruned releases still count.

    Examples: `fenghuang revisions` · `fenghuang revisions tax_per_mu_above_scale --breakdown town`
    """
    from pipelines.reading import NothingThere
    from pipelines.revision.report import revisions as all_revisions

    try:
        out.print(all_revisions(_current_tables(), indicator, breakdown))
    except NothingThere as nothing:
        err.print(str(nothing), markup=False)
        raise typer.Exit(1) from None


@app.command()
def passport(
    target: Annotated[str, typer.Argument(help="指标编号或名称 a target's id or Chinese name.")],
    period: Annotated[str, typer.Argument(help="月份 a month, as 2021-06.")],
    area: Annotated[
        str | None,
        typer.Argument(help="区域 code or name of a town, platform or division; the county where not given."),
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="版本 the beginning of a release's id; the current where not given.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="供程序读取 everything as JSON, for programs.")] = False,
    contributions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="写出全部贡献 write all that adds up to it, each with the rows it stands on, to a new Parquet file.",
        ),
    ] = None,
) -> None:
    """数字护照 How a published figure comes about: its formula with numbers, who answers for it, what adds up to it,
    from which files and rows, what was quarantined or missing, and what earlier releases said.

    Examples: `fenghuang passport tax_per_mu_above_scale 2021-06`,
    `fenghuang passport 规上工业亩均税收 2021-06 舞阳街道 --contributions 舞阳.parquet`
    """
    import json

    from pipelines.passport.lookup import as_json, find_figure, read_one, write_contributions
    from pipelines.passport.screen import render
    from pipelines.reading import NothingThere
    from pipelines.release import current_release, list_releases
    from pipelines.release.store import NoSuchRelease, find_release

    home = Home.from_env()
    try:
        chosen = find_release(home, release) if release else current_release(home)
        if chosen is None:
            raise NothingThere("尚未发布 nothing has been published yet; run: fenghuang nightly")
        key = find_figure(chosen, target, period, area)
        if contributions:
            n = write_contributions(chosen, key, contributions)
            out.print(f"{contributions}: {n:,} 行 rows", markup=False, soft_wrap=True)
            return
        found = read_one(chosen, key, list_releases(home))
    except (NothingThere, NoSuchRelease, FileExistsError) as nothing:
        err.print(str(nothing), markup=False)
        raise typer.Exit(1) from None
    if json_:
        typer.echo(json.dumps(as_json(found, chosen.content_hash), ensure_ascii=False, indent=1, default=str))
    else:
        out.print(render(found, chosen.content_hash))


@app.command()
def verify(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[RELEASE|PASSPORT]",
            help="版本或护照 the beginning of a release's id, a passport's id, or the path of its page; "
            "all releases where not given.",
        ),
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Compute a release's tables again from the archive and compare them.")
    ] = False,
) -> None:
    """核验 Is a release still what was published? Every file, every manifest in the chain, and (`--rebuild`) whether
    the archive still gives its tables. Of a passport: the figure computed again from the archive's bytes, and whether
    every row it names stands there. Exit code 1 where anything differs."""
    from pipelines.build.rebuild import DbtFailed
    from pipelines.passport.verify import PASSPORT_ID
    from pipelines.reading import NothingThere
    from pipelines.release.store import NoSuchRelease

    try:
        if what and (PASSPORT_ID.fullmatch(what) or Path(what).is_file()):
            faults = _verify_passport(what)
        else:
            faults = _verify_releases(what, rebuild)
    except (NoSuchRelease, NothingThere, DbtFailed, FileNotFoundError) as reason:
        err.print(str(reason), markup=False)
        raise typer.Exit(1) from None
    for fault in faults:
        err.print(fault, markup=False, soft_wrap=True)
    if faults:
        raise typer.Exit(1)


def _verify_passport(name: str) -> list[str]:
    from pipelines.passport.verify import verify as verify_one

    with progress() as say:
        verdict = verify_one(Home.from_env(), name, say)
    for line in verdict.lines():
        out.print(line, markup=False, soft_wrap=True)
    return verdict.faults


def _verify_releases(release: str | None, rebuild: bool) -> list[str]:
    from pipelines.province.registry import is_province
    from pipelines.release import list_releases
    from pipelines.release.store import find_release
    from pipelines.release.verify import altered, chain_faults, rebuilt_differences

    home = Home.from_env()
    if rebuild and is_province(home):
        raise typer.BadParameter("a county is rebuilt: name it with --county; the roll-up: fenghuang province rollup")
    chosen = [find_release(home, release)] if release else list_releases(home)
    faults = chain_faults(home)
    for item in chosen:
        found = altered(item)
        if rebuild:
            with progress() as say:
                found += rebuilt_differences(home, item, say)
        out.print(f"{item.release_id}: {'一致 equal' if not found else '不一致 not equal'}", markup=False)
        faults += [f"{item.release_id}/{line}" for line in found]
    return faults


@release_app.command("list")
def release_list() -> None:
    """列出发布版本 List the releases, newest first; the current one is marked."""
    from pipelines.release import list_releases

    home = Home.from_env()
    releases = list_releases(home)
    if not releases:
        out.print("尚未发布 nothing has been published yet; run: fenghuang nightly")
        return
    table = Table(title=str(home.releases), title_justify="left")
    for heading in ("", "版本 release", "内容 content", "期末 to", "文件 files", "指标值 values", "检查 checks"):
        table.add_column(heading)
    for item in releases:
        table.add_row(
            "▶" if item.is_current else "",
            item.release_id,
            item.content_hash[:12],
            item.latest_period or "",
            str(item.deliveries),
            f"{item.values:,}",
            str(item.checks),
        )
    out.print(table)


if __name__ == "__main__":
    app()
