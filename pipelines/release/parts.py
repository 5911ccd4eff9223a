"""What a release holds beside its tables, in the order it is written: each part may read those before it."""

from __future__ import annotations

from pipelines.disclosure.part import disclose
from pipelines.export.write import exports
from pipelines.release.draft import Draft, Part
from pipelines.release.store import PUBLIC_FILE
from pipelines.release.tables import VIEWS, add_views
from pipelines.report.scoreboard_page import scoreboard
from pipelines.revision.vintage import revision


def views(draft: Draft) -> None:
    """Friendly views for people who type SQL."""
    add_views(draft.tables, VIEWS)


def plan(draft: Draft) -> None:
    """The plan's seeds, so that a later plan can be told from later code."""
    # Imported here, so that Dagster's definitions load without Polars.
    from pipelines.plan.seeds import keep_plan

    keep_plan(draft.folder / "plan")


def passports(draft: Draft) -> None:
    """A passport for every figure of the county; after whatever writes public tables or revisions."""
    # Imported here, so that Dagster's definitions load without the templates.
    from pipelines.passport.part import passports as write

    write(draft)


PARTS: tuple[Part, ...] = (
    Part("plan", plan, "方案种子：当时的目标与规则 The plan's seeds as they were: targets and rules", ("plan",)),
    Part(
        "revision",
        revision,
        "修订：比上一版本变动的数值 Revisions: figures that moved against the release before, with history",
    ),
    Part("views", views, "查询视图 Friendly views in internal.duckdb"),
    Part(
        "public_tables",
        disclose,
        "公开数据：经统计保密处理的地区数据 Public tables: area figures after disclosure control",
        (PUBLIC_FILE,),
    ),
    Part(
        "exports",
        exports,
        "公开数据文件 The public tables as Parquet, CSV, Excel, SDMX, Data Package",
        ("parquet", "csv", "excel", "sdmx", "datapackage.json"),
        ("public_tables",),
    ),
    Part(
        "passports",
        passports,
        "数字护照 Number passports: how every figure of the county comes about",
        ("passports", "internal/passports"),
        ("public_tables", "revision"),
    ),
    Part(
        "scoreboard",
        scoreboard,
        "目标进度看板 The scoreboard page, public and internal",
        ("reports/scoreboard.html", "internal/reports/scoreboard.html"),
        ("public_tables", "passports", "revision"),
    ),
)
