"""What a release holds beside its tables. `pipelines.release.helper` writes them, in this order as far as it matters.

Named, not imported: Dagster's definitions list the parts and must load without what writes them.
"""

from __future__ import annotations

from pipelines.release.draft import Part
from pipelines.release.store import PUBLIC_FILE

PARTS: tuple[Part, ...] = (
    Part(
        "revision",
        "pipelines.revision.vintage:revision",
        "修订：比上一版本变动的数值 Revisions: figures that moved against the release before, with history",
    ),
    Part(
        "views",
        "pipelines.release.tables:friendly_views",
        "查询视图 Friendly views in internal.duckdb for people who type SQL",
    ),
    Part(
        "public_tables",
        "pipelines.disclosure.part:disclose",
        "公开数据：经统计保密处理的地区数据 Public tables: area figures after disclosure control",
        (PUBLIC_FILE,),
    ),
    Part(
        "passports",
        "pipelines.passport.part:passports",
        "数字护照（内部）Number passports, internal: how every figure of the county comes about, with its rows",
        ("internal/passports/",),
        ("revision",),
    ),
    Part(
        "passport_evidence",
        "pipelines.passport.part:passport_evidence",
        "数字护照的依据（内部）What passports are read from, internal: queries, and the rows of every contributor",
        ("internal/passports/evidence/",),
    ),
    Part(
        "public_passports",
        "pipelines.passport.part:public_passports",
        "数字护照（公开）Number passports, public: from public figures alone",
        ("passports",),
        ("public_tables",),
    ),
    Part(
        "scoreboard",
        "pipelines.report.scoreboard_page:scoreboard",
        "目标进度看板 The scoreboard page, public and internal",
        ("reports/scoreboard.html", "internal/reports/scoreboard.html"),
        ("public_tables", "passports", "public_passports", "revision"),
    ),
    Part(
        "exports",
        "pipelines.export.write:exports",
        "公开数据文件 The public tables as Parquet, CSV, Excel, SDMX, Data Package",
        ("parquet", "csv", "excel", "sdmx", "datapackage.json"),
        ("public_tables",),
    ),
    Part(
        "bulletins",
        "pipelines.report.bulletins:bulletins",
        "月度监测、季度通报、年度考核 The bulletins that are due, as Word, PDF and Excel",
        ("reports/monthly_", "reports/quarterly_", "reports/annual_", "reports/revisions.json"),
        ("public_tables", "revision"),
    ),
    Part(
        "plan",
        "pipelines.plan.seeds:keep_plan_of",
        "方案种子：当时的目标与规则 The plan's seeds as they were, so that a later plan can be told from later code",
        ("plan",),
    ),
    Part(
        "disclosure_audit",
        "pipelines.disclosure.part:remember",
        "保密检查明细与历次公布的记忆（内部）The disclosure audit with its figures and the memory of what was public",
        reads=("public_tables",),
    ),
)
