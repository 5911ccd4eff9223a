"""The province's own release: gathered from the counties' current ones, built, checked and published as theirs are."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

from pipelines.build.dbt_project import PROJECT, WORK_FILE_VARIABLE, project_arguments
from pipelines.build.dbt_runner import read_outcome
from pipelines.gate.model import problems
from pipelines.gate.process import GateDied, GateWorker
from pipelines.gate.suites import EXPECTATIONS, expected_checks, load_suites
from pipelines.nightly import NightlyResult
from pipelines.orchestration.night import NotPublished, gate_shut, judge
from pipelines.plan import PlanBroken
from pipelines.province.public import write_public_part
from pipelines.province.registry import Province
from pipelines.province.work_file import CountyRelease, county_releases, create
from pipelines.release.publish import publish
from pipelines.release.store import RUN_LOG, Busy, Release, clean_up, nightly_lock

Say = Callable[[str], None]

PROVINCE_PROJECT = PROJECT / "province"
PROVINCE_SUITES = EXPECTATIONS / "province"
SHOWN_LINES = 20


def roll_up(province: Province, say: Say, wait_s: float = 600.0) -> NightlyResult:
    """Publish the province's release. Another roll-up under way is waited for; what goes wrong with data or checks is
    in the result, not raised, and the province's `current` is what it was."""
    try:
        with nightly_lock(province.home, wait_s, say):
            return roll_up_locked(province, say)
    except Busy as busy:
        return NightlyResult(False, stage="lock", headline=str(busy))


def roll_up_locked(province: Province, say: Say) -> NightlyResult:
    """As `roll_up`, for the holder of the lock."""
    clean_up(province.home)
    run_id = str(uuid.uuid4())
    log = province.home.work / run_id / RUN_LOG
    log.parent.mkdir(parents=True)
    log.touch()
    try:
        return NightlyResult(True, release=_published(province, run_id, say), log=log)
    except NotPublished as reason:
        return NightlyResult(
            False, stage=reason.stage, headline=reason.headline, details=reason.details, promise=reason.promise, log=log
        )
    except PlanBroken as broken:
        return NightlyResult(False, stage="plan", headline=str(broken), log=log)


def _published(province: Province, run_id: str, say: Say) -> Release:
    folder = province.home.work / run_id
    log, target, docs = folder / RUN_LOG, folder / "dbt_target", folder / "data_docs"
    # Great Expectations takes seconds to load: while the tables are gathered and built.
    gate = GateWorker(log)
    try:
        found = county_releases(province)
        if not any(one.release for one in found):
            why = [f"{one.county.county_code} {one.county.name_zh}: {one.reason}" for one in found]
            raise NotPublished("province", "没有一个县有版本 no county has a release", why)
        work_file = create(province, found, _parameters(), folder, say)
        say("汇总 rolling up")
        arguments = ["--quiet", "build", *project_arguments(target, PROVINCE_PROJECT)]
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *arguments],
            env={**os.environ, WORK_FILE_VARIABLE: str(work_file)},
            capture_output=True,
            text=True,
            check=False,
        )
        printed = (done.stdout + done.stderr).strip()
        with log.open("a", encoding="utf-8") as file:
            print(printed, file=file)
        try:
            outcome = read_outcome(target, work_file)
        except FileNotFoundError as error:
            lines = printed.splitlines()[-SHOWN_LINES:]
            raise NotPublished("build", f"dbt 未能运行 dbt could not run ({done.returncode})", lines) from error
        judge(outcome)
        if done.returncode != 0:
            lines = printed.splitlines()[-SHOWN_LINES:]
            raise NotPublished("build", f"dbt 失败 dbt failed (exit code {done.returncode})", lines)
        say("检查 checking the promises")
        suites = load_suites(PROVINCE_SUITES)
        try:
            results = gate.check(work_file, docs, PROVINCE_SUITES)
            if broken := problems(expected_checks(suites), results):
                raise gate_shut("gate", broken)
            gate.wait_for_docs()
        except GateDied as error:
            raise NotPublished("gate", "检查未执行 the checks did not run", [str(error)]) from error
        say("发布 publishing")
        keys = {suite.table: suite.key for suite in suites}
        checks = [*outcome.results, *results]
        return publish(
            province.home,
            work_file,
            docs,
            keys,
            checks,
            run_id,
            parts=[write_public_part],
            about=_about(province, found),
        )
    finally:
        gate.close()


def _parameters() -> dict[str, str]:
    """Of the plan in force: those of the province's own run (`FENGHUANG_PLAN`), else the checkout's."""
    from pipelines.plan.check import read_seed
    from pipelines.plan.seeds import seed_path

    return dict(read_seed(seed_path("plan_parameter")).select("name", "value").iter_rows())


def _about(province: Province, found: list[CountyRelease]) -> dict[str, Any]:
    """What the manifest says of the counties: which release of each is in it, and which are stale or missing."""
    return {
        "province_code": province.area.code,
        "counties": [
            {
                "county_code": one.county.county_code,
                "status": one.status,
                "reason": one.reason,
                "release": one.release.release_id if one.release else None,
                "content_hash": one.release.content_hash if one.release else None,
            }
            for one in found
        ],
    }
