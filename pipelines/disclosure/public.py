"""`public.duckdb`: area figures only, what disclosure control hides left empty, and what it did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import polars as pl

from pipelines.disclosure.decide import Decision
from pipelines.disclosure.history import TABLE as HISTORY
from pipelines.disclosure.writer import COMMENTS
from pipelines.home import CHECKOUT
from pipelines.release.tables import VIEWS, copy_comments, write_comments

STATEMENTS = Path(__file__).with_name("public.sql")
CELLS = "audit.disclosure_cell"
# Fresh memory is the same in every process (glibc), so that the file's unused bytes are too.
SAME_MEMORY = {"MALLOC_PERTURB_": "255"}
CONF_STATUS = (
    "保密标识（SDMX CL_CONF_STATUS）：F 公布；A 贡献单位过少；O 一家占优；T 两家占优或 p% 规则；D 为保护他格而不公布"
    " / F free; A small count; O one dominates; T two dominate or p %; D hidden to protect others"
)
PUBLIC_COMMENTS = {
    "audit.disclosure_audit": (
        "保密检查结果：每项指标、每年、每个维度一行，不含任何数值 / What disclosure control did and proved, no figures",
        {
            "indicator_id": "指标编号 / Indicator",
            "year": "年份 / Year",
            "breakdown": "维度 / Dimension",
            "n_rows": "行数 / Rows of indicator_value",
            "n_free": "公布的行数 / Rows that are free",
            "n_small_count": "因贡献单位过少而不公布的行数 / Rows hidden for too few contributors",
            "n_dominance": "因占优或 p% 规则而不公布的行数 / Rows hidden for dominance or p %",
            "n_secondary": "为保护他格而不公布的行数 / Rows hidden to protect others",
            "n_audited": "求过上下界的隐藏合计数 / Hidden sums whose bounds were solved for",
            "n_already_public": "其中以前已公布、无法收回者 / Those that an earlier release made public already",
            "is_protected": "其余各数的区间是否都达到保护水平 / Whether every other one keeps its protection interval",
        },
    )
}
INTERNAL_COMMENTS = {
    CELLS: (
        "保密检查明细：隐藏的合计及其可推断的上下界（仅供内部）/ Hidden sums, what can be inferred; internal only",
        {
            "indicator_id": "指标编号 / Indicator",
            "period": "月份 YYYY-MM / Month",
            "breakdown": "维度 / Dimension",
            "breakdown_code": "维度代码 / Code",
            "side": "分子、分母、滚动12个月或各期增量 / Numerator, denominator, rolling 12 months, flow",
            "conf_status": CONF_STATUS,
            "n_contributors": "贡献单位数 [家] / Contributors",
            "amount": "合计，单位随该项 / The sum, in the unit of the side",
            "lower": "由公开数据可推得的下界，空为无界 / Least value that agrees with all that is public; empty: none",
            "upper": "由公开数据可推得的上界，空为无界 / Greatest value that agrees with it; empty: none",
            "required": "两侧各须达到的区间 / How far each bound must stay from the sum",
            "is_already_public": "以前已公布 / Made public by an earlier release",
            "is_protected": "区间是否达到 / Whether the interval is kept",
        },
    ),
    HISTORY: (
        "历次公布的记忆：每格内容或是否公布有变时一行（仅供内部）/ What each release made public; internal only",
        {
            "version": "自第几次有变动的发布起 / From which release that changed anything",
            "indicator_id": "指标编号 / Indicator",
            "period": "月份 YYYY-MM / Month",
            "breakdown": "维度 / Dimension",
            "breakdown_code": "维度代码，~ 为不属于任何已公布地区者 / Code; ~ for what belongs to no published area",
            "side": "分子、分母、滚动12个月或各期增量 / Numerator, denominator, rolling 12 months, flow",
            "n_contributors": "贡献单位数 [家] / Contributors",
            "amount": "合计，单位随该项 / The sum, in the unit of the side",
            "total": "绝对值合计 / Sum without signs",
            "largest": "最大一家 / The largest",
            "second_largest": "次大一家 / The second largest",
            "is_public": "是否公布 / Whether it was public",
        },
    ),
}


def write_public(internal: Path, target: Path, decision: Decision, baseline_year: str) -> None:
    """Write `target` from the release's `internal`.

    A database file keeps what lay in memory where a cell is NULL. So the tables go through Parquet, which stores
    nothing there, to a process of its own (`writer`) that never saw a hidden figure. Raises CalledProcessError.
    """
    with duckdb.connect() as con:
        con.execute("SET threads = 1")
        con.execute(f"ATTACH {_text(internal)} AS internal (READ_ONLY)")
        for schema in ("audit", "marts"):
            con.execute(f"CREATE SCHEMA {schema}")
        for name, frame in (
            ("status", decision.status),
            ("rolling", decision.rolling),
            ("audited", decision.cells),
            ("plan", pl.DataFrame({"baseline_year": [baseline_year]})),
        ):
            con.register("given", frame)
            con.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM given")  # noqa: S608
            con.unregister("given")
        con.execute(STATEMENTS.read_text(encoding="utf-8"))
        copy_comments(con, "internal")
        write_comments(con, PUBLIC_COMMENTS)
        write_apart(con, target, VIEWS)


def write_apart(con: duckdb.DuckDBPyConnection, target: Path, views: Path | None) -> None:
    """Write every table of `con` with its comments into `target`, by a process that never saw what they were made of;
    `views`: SQL that is run there, where given. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix="fenghuang-public-") as folder:
        comments: dict[str, tuple[str, dict[str, str]]] = {}
        for schema, table, comment in con.execute(
            "SELECT schema_name, table_name, comment FROM duckdb_tables() "
            "WHERE database_name = current_database() AND NOT temporary ORDER BY 1, 2"
        ).fetchall():
            columns = con.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = current_database() "
                "AND schema_name = $schema AND table_name = $table ORDER BY column_index",
                {"schema": schema, "table": table},
            ).fetchall()
            named = {column: CONF_STATUS if column == "conf_status" else about for column, about in columns}
            comments[f"{schema}.{table}"] = comment, named
            con.execute(
                f"COPY {schema}.{table} TO {_text(Path(folder) / f'{schema}.{table}.parquet')} (FORMAT parquet)"
            )
        (Path(folder) / COMMENTS).write_text(json.dumps(comments, ensure_ascii=False), encoding="utf-8")
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pipelines.disclosure.writer",
                folder,
                str(target),
                *([str(views)] if views else []),
            ],
            check=True,
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **SAME_MEMORY},
        )


def write_internal(tables_file: Path, decision: Decision) -> None:
    """The audit with its figures, and the memory, into the release's internal tables."""
    bounded = decision.cells.with_columns(
        pl.when(pl.col(column).is_finite()).then(pl.col(column)).alias(column) for column in ("lower", "upper")
    )
    with duckdb.connect(str(tables_file)) as con:
        for table, frame in ((CELLS, bounded), (HISTORY, decision.history)):
            con.register("given", frame)
            con.execute(f"CREATE TABLE {table} AS SELECT * FROM given ORDER BY ALL")  # noqa: S608
            con.unregister("given")
        write_comments(con, INTERNAL_COMMENTS)
        con.execute("CHECKPOINT")


def _text(path: Path) -> str:
    """A literal, for statements that take no parameters."""
    return "'" + str(path).replace("'", "''") + "'"
