"""One enterprise on one page, from a release: register, months, evaluation, lists, titles, projects, deliveries,
quarantined rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipelines.intake import values
from pipelines.reading import NothingThere, rows, table_of

NEAREST = 10

# Every code and name by which the release knows somebody: registers of all years, and holders of titles.
_KNOWN = """
    with named as (
        select credit_code, credit_code as code, enterprise_name as name, year from marts.enterprise_year
        union all
        select credit_code, unnest(regexp_split_to_array(coalesce(former_codes, ''), '[、,，;；]')), null, year
        from marts.enterprise_year
        union all
        select credit_code, null, unnest(regexp_split_to_array(coalesce(former_names, ''), '[、,，;；]')), year
        from marts.enterprise_year
        union all
        select credit_code, credit_code, enterprise_name, 0 from marts.enterprise_title where credit_code is not null
    ),
    known as (
        select credit_code, code, name, year,
            replace(replace(regexp_replace(name, '[\\s\u3000]', '', 'g'), '(', '（'), ')', '）') as plain_name
        from named
        where coalesce(code, name, '') <> ''
    )
"""

_CALLED = _KNOWN + "select code, plain_name from known where credit_code = $code"  # noqa: S608 - constants

# Title, columns with headings, and the query of each part of the page. $code: the current code.
_PARTS: tuple[tuple[str, dict[str, str], str], ...] = (
    (
        "名录 Register",
        {
            "year": "年份",
            "enterprise_name": "名称 name",
            "town": "乡镇 town",
            "platform": "平台",
            "division": "行业 division",
            "is_hightech": "高新",
            "is_backbone": "骨干",
            "production_started_on": "投产日期",
            "land_in_use_mu": "用地(亩)",
            "former": "曾用 former",
        },
        """
        select year, enterprise_name, town_name as town, platform_code as platform,
            concat_ws(' ', division, division_name) as division, is_hightech,
            is_backbone, production_started_on, land_in_use_mu, concat_ws(' ', former_names, former_codes) as former
        from marts.enterprise_year where credit_code = $code order by year
        """,
    ),
    (
        "月度 Months (本年累计 year to date)",
        {
            "period": "月份",
            "tax_ytd_wan": "税收(万元)",
            "value_added_ytd_wan": "增加值(万元)",
            "revenue_ytd_wan": "营业收入(万元)",
            "staff_avg_ytd": "用工(人)",
            "electricity_ytd_kwh": "用电(kWh)",
            "tce_equivalent_ytd": "能耗等价(tce)",
            "co2_ytd_t": "碳排放(t)",
        },
        """
        select * from (
            select period, tax_ytd_wan, value_added_ytd_wan, revenue_ytd_wan, staff_avg_ytd, electricity_ytd_kwh,
                cast(tce_equivalent_ytd as double) as tce_equivalent_ytd, cast(co2_ytd_t as double) as co2_ytd_t
            from marts.enterprise_month where credit_code = $code order by period desc limit $months
        ) order by period
        """,
    ),
    (
        "亩均评价 Evaluation",
        {
            "year": "年份",
            "class": "类别",
            "score": "总分",
            "place": "全县名次",
            "place_in_division": "行业名次",
            "tax_per_mu": "亩均税收",
            "value_added_per_mu": "亩均增加值",
            "value_added_per_tce": "单位能耗",
            "emissions": "单位排放",
            "labour_productivity": "劳产率",
            "rd_ratio": "R&D",
            "missing": "缺项",
            "prior_class": "上年",
            "moved_by": "变动 moved by",
        },
        """
        select *, rank || '/' || n_evaluated as place, rank_in_division || '/' || n_in_division as place_in_division
        from marts.enterprise_evaluation where credit_code = $code order by year
        """,
    ),
    (
        "高耗低效 High consumption, low efficiency",
        {
            "year": "年份",
            "reasons": "认定条件 reasons",
            "status": "状态",
            "status_since_on": "起始",
            "days_in_status": "天数",
            "is_back_on_list": "再入",
        },
        "select * from marts.high_consumption_low_efficiency where credit_code = $code order by year",
    ),
    (
        "整治台账 Remediation ledger",
        {
            "method": "整治方式",
            "state": "状态",
            "listed_on": "列入日期",
            "completed_on": "完成日期",
            "days_in_state": "天数",
            "land_freed_mu": "腾地(亩)",
            "energy_freed_tce": "腾能(tce)",
            "co2_reduced_t": "减碳(t)",
        },
        "select * from marts.remediation_action where credit_code = $code order by listed_on nulls last, row_number",
    ),
    (
        "两高 Two-high",
        {
            "year": "年份",
            "rule_id": "规则",
            "production_started_on": "投产日期",
            "energy_calorific_tce": "能耗当量(tce)",
            "threshold_tce": "门槛(tce)",
        },
        "select * from marts.two_high_screening where credit_code = $code order by year",
    ),
    (
        "碳效 Carbon efficiency",
        {"year": "年份", "intensity": "碳强度(t/万元)", "k": "K", "level": "等级", "carbon_class": "分类"},
        "select * from marts.carbon_efficiency where credit_code = $code order by year",
    ),
    (
        "资质 Titles",
        {"title": "资质", "awarded_on": "认定日期", "valid_until": "有效期至", "standing": "状态", "flags": ""},
        """
        select *, concat_ws(' ', case when is_entering then '新获 entering' end,
            case when is_expiring then '将到期 expiring' end) as flags
        from marts.enterprise_title where credit_code = $code order by rung desc nulls last, title, awarded_on
        """,
    ),
    (
        "项目 Projects",
        {
            "project_id": "编号",
            "name": "项目 project",
            "stage": "阶段",
            "stage_since_on": "进入日期",
            "not_yet_list": "五未",
            "days_overdue": "逾期天数",
            "planned_total_wan": "计划总投资(万元)",
            "invested_wan": "累计完成(万元)",
            "is_wall_chart": "挂图",
        },
        """
        select * from marts.project_life_cycle
        where list_contains(cast($known_codes as varchar[]), owner_code) order by project_id
        """,
    ),
    (
        "数据来源 Deliveries its rows came from",
        {"source": "来源", "year": "年份", "n_files": "文件数", "n_rows": "行数 rows", "files": "文件 files"},
        """
        with file as (
            select *, unnest(string_split(periods, ';')) as period
            from marts.enterprise_delivery where credit_code = $code
        )
        select f.source, f.year, f.n_files, f.n_rows, string_agg(d.file_name, ' ' order by f.period) as files
        from file as f
        inner join audit.delivery as d
            on f.source = d.source and f.period = coalesce(d.period, '') and d.status = 'accepted'
        group by f.source, f.year, f.n_files, f.n_rows order by f.source, f.year
        """,
    ),
    (
        "隔离行 Quarantined rows that name it",
        {"file_name": "文件 file", "row_number": "行", "reason": "原因", "column_name": "列", "cells": "单元格 cells"},
        """
        with cleaned as (
            select *, cast(cells as varchar) as text,
                replace(replace(regexp_replace(cast(cells as varchar), '[\\s\u3000]', '', 'g'), '(', '（'), ')', '）')
                    as plain
            from audit.quarantined_row
        )
        select file_name, row_number, reason, column_name, text as cells from cleaned
        where
            list_bool_or(list_transform(
                cast($known_codes as varchar[]), lambda c: contains(translate(upper(plain), 'IO', '10'), c)
            ))
            or list_bool_or(list_transform(cast($known_names as varchar[]), lambda n: contains(plain, n)))
        order by source, file_name, row_number
        """,
    ),
)


def page(tables: Path, who: str, months: int = 12) -> Group:
    """The page of the enterprise that `who` names: a current or former credit code, a current or former name, or a
    part of a name that only one enterprise has. `months`: how many of the latest months are listed.

    Raises `NothingThere` where nobody, or more than one, is named so.
    """
    with duckdb.connect(str(tables), read_only=True) as connection:
        code = find(connection, who)
        known = rows(connection, _CALLED, code=code)
        every = {
            "code": code,
            "months": months,
            "known_codes": sorted({row["code"] for row in known if row["code"]}),
            # without the notes that clerks put behind a name
            "known_names": sorted(
                set(values.names(pl.Series([r["plain_name"] for r in known], dtype=pl.String)).drop_nulls())
            ),
        }
        parts: list[Table | Text] = [Text(f"{code}", style="bold")]
        for title, headings, query in _PARTS:
            found = rows(connection, query, **{name: value for name, value in every.items() if f"${name}" in query})
            parts.append(table_of(title, headings, found) if found else Text(f"{title}: 无 none"))
    return Group(*parts)


def find(connection: duckdb.DuckDBPyConnection, who: str) -> str:
    """The current code of the one enterprise that `who` names. Raises `NothingThere`."""
    codes, valid = values.codes(pl.Series([who]))
    if valid[0]:
        hits = _hits(connection, "code = $asked", codes[0])
    else:
        plain = values.names(pl.Series([who]))[0] or ""
        hits = _hits(connection, "plain_name = $asked", plain) or _hits(
            connection, "contains(plain_name, $asked)", plain
        )
    if len(hits) == 1:
        return str(hits[0]["credit_code"])
    if not hits:
        raise NothingThere(f"没有这家企业 no enterprise is called so: {who}")
    listed = "\n".join(f"  {hit['credit_code']} {hit['name']}" for hit in hits[:NEAREST])
    more = f"\n  … {len(hits) - NEAREST} more" if len(hits) > NEAREST else ""
    raise NothingThere(f"有 {len(hits)} 家企业 enterprises are called so: {who}\n{listed}{more}")


def _hits(connection: duckdb.DuckDBPyConnection, condition: str, asked: Any) -> list[dict[str, Any]]:
    query = f"select credit_code, max_by(name, year) as name from known where {condition} group by 1 order by 1"  # noqa: S608 - conditions of this module
    return rows(connection, _KNOWN + query, asked=asked)
