"""One nightly run, without Dagster: its folder, its lock, its helper processes, and what each stage does.

Dagster's ops call the stages in order; `pipelines.nightly` reads from here what happened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.build.dbt_project import Engine, chosen_engine, kept_parse
from pipelines.build.dbt_runner import DbtOutcome, DbtProcess, read_outcome
from pipelines.disclosure.promises import PublicBroken
from pipelines.gate.model import CheckResult, Problem, problems, read_results, write_results
from pipelines.gate.process import GateDied, GateWorker
from pipelines.gate.suites import EXPECTATIONS, Suite, expected_checks, load_suites
from pipelines.home import Home
from pipelines.release.files import point
from pipelines.release.helper import Helper, write_parts
from pipelines.release.parts import PARTS
from pipelines.release.publish import publish
from pipelines.release.store import RUN_LOG, Release, clean_up, current_release, nightly_lock
from pipelines.release.tables import UnpromisedTable

if TYPE_CHECKING:
    from pipelines.intake.run import IntakeReport
    from pipelines.spark.night import SparkNight

WAIT_S = 3600.0
# Every run's work file is opened under one path (see DbtProcess).
LINK = "now"
LOG_NAME = "fenghuang"

Say = Callable[[str], None]


class NotPublished(Exception):
    """Why a run ends without a release: the stage, a headline, and what a person needs to act on it."""

    def __init__(self, stage: str, headline: str, details: list[str], broken: list[Problem] | None = None) -> None:
        super().__init__("\n".join([headline, *details]))
        self.stage = stage
        self.headline = headline
        self.details = details
        self.broken = broken or []

    @property
    def promise(self) -> str:
        """The words of the promise that was broken first, without rows; empty where it was none."""
        return self.broken[0].expected if self.broken else ""


class Night:
    """One run. Stages: `take_in`, then dbt (`dbt.go()`, `judge_build`), `check_promises`, `publish`."""

    def __init__(
        self, home: Home, run_id: str, say: Say, suites: Path = EXPECTATIONS, engine: Engine = Engine.DUCKDB
    ) -> None:
        self.home = home
        self.engine = engine
        self.run_id = run_id
        self.say = say
        self.suites_folder = suites
        self.folder = home.work / run_id
        self.work_file = self.folder / "build.duckdb"
        self.dbt_target = self.folder / "dbt_target"
        self.data_docs = self.folder / "data_docs"
        self.checks_file = self.folder / "checks.json"
        self.log = self.folder / RUN_LOG
        self.accepts_lost_periods = False
        self.is_rehearsal = False
        self.report: IntakeReport | None = None
        self.checks: list[CheckResult] = []
        self.release: Release | None = None
        self.cause: NotPublished | None = None
        self._is_asked = False

    @cached_property
    def suites(self) -> list[Suite]:
        return load_suites(self.suites_folder)

    @cached_property
    def dbt(self) -> DbtProcess:
        """Started on first use."""
        if self.spark is None:
            return DbtProcess(self.work_file, self.dbt_target, kept_parse(), self.log)
        # Such a parse holds the names of Spark's databases, which are this home's.
        cache = self.home.work / f"{self.engine}_{kept_parse().name}"
        return DbtProcess(self.work_file, self.dbt_target, cache, self.log, self.engine, self.spark.variables)

    @cached_property
    def spark(self) -> SparkNight | None:
        """Begun on first use, where this is a night of Spark's. Raises `NotPublished`."""
        if self.engine != Engine.SPARK:
            return None
        # Imported here: the default engine needs none of it.
        from pipelines.spark.night import SparkNight

        spark = SparkNight(self.home, self.folder, self.say)
        with _spark_answering():
            spark.begin()
        return spark

    @cached_property
    def gate(self) -> GateWorker:
        """Started on first use."""
        return GateWorker(self.log)

    @cached_property
    def helper(self) -> Helper:
        """Started on first use."""
        return Helper()

    def start_build(self) -> None:
        """Let dbt import and parse, and Spark start, while Dagster is imported and the intake runs."""
        # Why Spark is not there is told by the stage that needs it, `take_in`.
        with suppress(NotPublished):
            _ = self.dbt

    def start_gate(self) -> None:
        """Let the gate load Great Expectations, and who writes the release its libraries, while dbt builds."""
        _ = self.gate
        if not self.is_rehearsal:
            _ = self.helper

    def start_checks(self) -> None:
        """Let the gate check the work file, and the release begin: once, when nothing is built in it any more."""
        if not self._is_asked:
            self._is_asked = True
            self.gate.ask(self.work_file, self.data_docs, self.suites_folder)
            if not self.is_rehearsal:
                self.helper.foresee(self.home, self.work_file)

    def close(self) -> None:
        for name in ("dbt", "gate", "helper", "spark"):
            if opened := self.__dict__.get(name):
                opened.close()

    # ------------------------------------------------------------------------------------------------- stages

    def take_in(self) -> IntakeReport:
        """Deliveries into the archive, the work file from the archive."""
        # Imported here, so that Dagster's definitions load without Polars and the database drivers.
        from pipelines.build import work_file
        from pipelines.intake.run import take_in

        self.report = take_in(self.home, self.say)
        current = None if self.accepts_lost_periods else current_release(self.home)
        work_file.create(self.report.deliveries, self.folder, current.tables if current else None)
        if self.spark:
            with _spark_answering():
                self.spark.register(self.report.deliveries, self.work_file)
        return self.report

    def assert_taken_in(self) -> None:
        """Stages after the intake work on the file it made in this very run."""
        if not self.work_file.is_file():
            raise NotPublished(
                "build",
                "没有工作文件：请运行整个夜间任务 no work file: run the whole nightly job",
                ["模型与检查都基于本次收件生成的文件 models and checks work on the file that this run's intake makes"],
            )

    def judge_build(self) -> DbtOutcome:
        """What dbt did. Raises `NotPublished` unless everything was built and every dbt test ran and passed."""
        code = self.dbt.process.wait()
        try:
            outcome = read_outcome(self.dbt_target, self.work_file)
        except FileNotFoundError as error:
            raise NotPublished(
                "build", f"dbt 未能运行 dbt could not run (exit code {code})", self._log_tail()
            ) from error
        judge(outcome)
        if code != 0:
            raise NotPublished("build", f"dbt 失败 dbt failed (exit code {code})", self._log_tail())
        return outcome

    def row_counts(self) -> dict[str, int]:
        """`schema.table` (views too) to rows of the work file as it stands; nobody may be writing it. A view that
        cannot be read has no count: that is for the build to say, with its cause."""
        counts = {}
        with duckdb.connect(str(self.work_file), read_only=True) as con:
            found = con.execute(
                "select schema_name, table_name from duckdb_tables() union all "
                "select schema_name, view_name from duckdb_views() where not internal order by 1, 2"
            ).fetchall()
            for schema, name in found:
                with suppress(duckdb.Error):
                    ((rows,),) = con.table(f'"{schema}"."{name}"').aggregate("count(*)").fetchall()
                    counts[f"{schema}.{name}"] = rows
        return counts

    def check_promises(self) -> list[CheckResult]:
        """Run every suite on the work file. Raises `NotPublished` when the checks could not be run at all."""
        self.assert_taken_in()
        self.start_checks()
        try:
            results = self.gate.results()
        except GateDied as error:
            raise NotPublished("gate", "检查未执行 the checks did not run", [str(error)]) from error
        write_results(self.checks_file, results)
        return results

    def assert_checked(self) -> list[CheckResult]:
        """All checks of this run, dbt's and the suites', after counting that each expected one ran and passed.

        Reads what this run wrote into its own folder; raises `NotPublished` otherwise.
        """
        outcome = self.judge_build()
        results = read_results(self.checks_file) if self.checks_file.is_file() else []
        if found := problems(expected_checks(self.suites), results):
            raise gate_shut("gate", found)
        self.checks = [*outcome.results, *results]
        return self.checks

    def publish(self) -> Release:
        """The release, once everything expected ran and passed in this run."""
        checks = self.assert_checked()
        self.say("发布 publishing")
        try:
            self.gate.wait_for_docs()
        except GateDied as error:
            raise NotPublished("gate", "检查报告未写成 the Data Docs were not written", [str(error)]) from error
        keys = {suite.table: suite.key for suite in self.suites}
        try:
            parts = [partial(write_parts, PARTS, self.helper)]
            self.release = publish(self.home, self.work_file, self.data_docs, keys, checks, self.run_id, parts=parts)
        except UnpromisedTable as error:
            raise NotPublished("release", "有表没有承诺 a table has no suite", [str(error)]) from error
        except PublicBroken as error:
            raise NotPublished(
                "disclosure", "公开文件违反承诺 the public file breaks a promise", str(error).splitlines()
            ) from error
        return self.release

    def _log_tail(self) -> list[str]:
        return self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-10:]


def judge(outcome: DbtOutcome) -> None:
    """Raises `NotPublished` unless everything was built and every dbt test ran and passed."""
    found = problems(outcome.expected, outcome.results)
    # A model may fail for what a test of the tables before it says better.
    if outcome.broken and all(problem.kind == "unrun" for problem in found):
        name, message = outcome.broken[0]
        raise NotPublished("build", f"模型出错 model failed: {name}", message.splitlines())
    if found:
        raise gate_shut("build", found)
    if outcome.unbuilt:
        raise NotPublished("build", f"未构建 not built: {', '.join(outcome.unbuilt)}", [])


def gate_shut(stage: str, found: list[Problem]) -> NotPublished:
    """The first cause with its offending rows, then the other broken promises; what did not run only counted."""
    first, others = found[0], found[1:]
    unrun = [problem for problem in others if problem.kind == "unrun"]
    details = [first.expected, *(f"  {row}" for row in first.sample)]
    details += [problem.headline() for problem in others if problem.kind != "unrun"]
    if unrun:
        details.append(f"另有 {len(unrun)} 项检查未执行 {len(unrun)} more checks did not run")
    return NotPublished(stage, first.headline(), [line for line in details if line], found)


@contextmanager
def _spark_answering() -> Iterator[None]:
    from pipelines.spark.cluster import SparkUnavailable

    try:
        yield
    except SparkUnavailable as error:
        headline, *details = str(error).splitlines()
        raise NotPublished("spark", headline, details) from error


@contextmanager
def open_night(
    home: Home, run_id: str, say: Say, wait_s: float = WAIT_S, engine: Engine | None = None
) -> Iterator[Night]:
    """A run of its own folder, alone in its home; what killed runs left over is removed first.

    The models run on `engine`, by default what `FENGHUANG_ENGINE` names. Raises `Busy` when another run holds the home
    for longer than `wait_s` seconds.
    """
    with nightly_lock(home, wait_s, say):
        clean_up(home)
        night = Night(home, run_id, say, engine=engine or chosen_engine())
        night.folder.mkdir(parents=True, exist_ok=True)
        point(home.work / LINK, run_id)
        handler = logging.FileHandler(night.log, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log = logging.getLogger(LOG_NAME)
        log.addHandler(handler)
        try:
            yield night
        finally:
            night.close()
            log.removeHandler(handler)
            handler.close()
