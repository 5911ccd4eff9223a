"""The part `revision` of a release: which figures of the release before it revises, and all that was ever revised.

A revision is of a figure already published. Where the release before had the indicator and the month, a value that
changed, became known or became unknown is one; a month or an indicator that it had not is none.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.release.code import code_digest
from pipelines.release.draft import Draft
from pipelines.release.inputs import deliveries_of
from pipelines.release.store import VALUES, Release
from pipelines.release.tables import attach, write_comments
from pipelines.revision.causes import CODE_CHANGED, PLAN_CHANGED, changed_deliveries

REVISION = "audit.revision"
HISTORY = "audit.revision_history"
KEY = "indicator_id, period, breakdown, breakdown_code"
STATISTICS_VIEW = Path(__file__).with_name("statistics.sql")

COLUMNS = {
    "indicator_id": "指标编号 / Indicator",
    "period": "月份 / Month, YYYY-MM",
    "breakdown": "口径 / Breakdown: county, town, platform, industry",
    "breakdown_code": "地区、平台或行业代码 / Code of the area, platform or division",
    "value_before": "上一版本的数值，空为未知 / Value of the release before, empty if unknown [the indicator's unit]",
    "value_now": "本版本的数值，空为未知 / Value of this release, empty if unknown [the indicator's unit]",
    "release_before": "上一版本 / The release before, in which value_before stood",
    "why": "两版本之间变化的报送（及方案、代码） / The deliveries (plan, code) that changed between the two releases",
}
MEANINGS = {
    REVISION: "修订：上一版本已发布而本版本改变的数值 / Figures of the release before that this one revises",
    HISTORY: "历次修订：历次发布的全部修订，旧版本清理后仍在 / Every revision of every release up to this one",
}


def revised(before: str, now: str) -> str:
    """Query for the revised figures (`KEY`, value_before, value_now) between two tables `indicator_value`, named as SQL
    names them. Values are compared as they stand, to the last bit."""
    return f"""
        select {KEY}, b.value as value_before, n.value as value_now
        from {before} as b full join {now} as n using ({KEY})
        semi join {before} as published using (indicator_id, period)
        where b.value is distinct from n.value
        order by {KEY}
    """  # noqa: S608 - names of this project


def revision(draft: Draft) -> None:
    """Write `audit.revision`, `audit.revision_history` and the view `audit.revision_statistics` into the tables.

    Keys are promised by the tables themselves. They depend on the release before, so that no rebuild gives them.
    """
    why = None if draft.before is None else _why(draft.before, draft.tables)
    with duckdb.connect(str(draft.tables)) as con:
        for table, key in ((REVISION, KEY), (HISTORY, f"release_before, {KEY}")):
            con.execute(
                f"create table {table} (indicator_id varchar, period varchar, breakdown varchar, "
                "breakdown_code varchar, value_before double, value_now double, release_before varchar not null, "
                f"why varchar not null, primary key ({key}))"
            )
            write_comments(con, {table: (MEANINGS[table], COLUMNS)})
        if draft.before is not None:
            attach(con, draft.before.tables, "before")
            con.execute(
                f"insert into {REVISION} select *, $release, $why from ({revised(f'before.{VALUES}', VALUES)})",  # noqa: S608
                {"release": draft.before.release_id, "why": why},
            )
            if _has(con, "before", HISTORY):
                con.execute(f"insert into {HISTORY} select * from before.{HISTORY}")  # noqa: S608
            con.execute("detach before")
        con.execute(f"insert into {HISTORY} select * from {REVISION}")  # noqa: S608
        con.execute(STATISTICS_VIEW.read_text(encoding="utf-8"))


def _why(before: Release, tables: Path) -> str:
    """What differs between two releases, named one after the other; nothing where nothing does."""
    # Imported here, so that Dagster's definitions load without Polars.
    from pipelines.plan.seeds import plan_digest

    changes = changed_deliveries(deliveries_of(before.tables), deliveries_of(tables))
    words = [change.words for change in changes]
    words += [PLAN_CHANGED] if before.manifest.get("plan") != plan_digest() else []
    words += [CODE_CHANGED] if before.manifest["code"] != code_digest() else []
    return "; ".join(words)


def _has(con: duckdb.DuckDBPyConnection, database: str, table: str) -> bool:
    found = con.execute(
        "select 1 from duckdb_tables() where database_name = $database and schema_name || '.' || table_name = $table",
        {"database": database, "table": table},
    ).fetchall()
    return bool(found)
