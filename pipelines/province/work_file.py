"""The work file of the roll-up: what the counties' current releases say, `county_code` first in every table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines.last_night import last_night
from pipelines.province.registry import County, Province
from pipelines.release.store import PUBLIC_FILE, VALUES, Release, current_release
from pipelines.release.tables import attach, write_comments

# Of a county's internal.duckdb and of its public.duckdb; what names an enterprise stays in the county's own release.
INTERNAL = ("indicator", "dimension", "indicator_progress", "indicator_value", "area_ranking", "indicator_addend")
PUBLIC = ("indicator", "dimension", "indicator_progress", "indicator_value", "area_ranking")
# Published as they are: schema `marts` from the internal file, schema `public` from the public one. The others are
# sources of the models.
PASSED_ON = ("indicator", "dimension", "indicator_progress")
ADDENDS = "marts.indicator_addend"
FRESH, STALE, MISSING = "accepted", "stale", "missing"
COUNTY_COLUMN = "县（市、区）代码，GB/T 2260 / County, GB/T 2260"

DELIVERY = "audit.delivery"
DELIVERY_COMMENTS = {
    DELIVERY: (
        "所用的各县版本：内部与公开各一行，未用的县也列出 / The counties' releases the roll-up was made from, a row an "
        "internal and a public file; a county without one is listed too",
        {
            "county_code": COUNTY_COLUMN,
            "source": "来源：县的发布版本 / Source: the release of a county",
            "file_name": "文件 / File of that release",
            "period": "该版本的期末 / Latest month of that release",
            "version": "更正序号，恒为 0 / Always 0",
            "sha256": "内部：内容标识；公开：数值表的摘要 / Content hash of the release, digest of its public figures",
            "received_at": "该版本的构建时间 / When that release was built; no content of a release",
            "status": "accepted 现行，stale 当夜失败、沿用上一版本，missing 没有版本 / current, stale (its last night "
            "failed, the last good release is used), missing",
            "reason": "沿用或缺少的原因 / Why it is stale or missing",
            "rows_read": "数值行数 / Rows of its figures [行]",
            "rows_accepted": "采用的数值行数 / Rows that are used [行]",
            "rows_quarantined": "恒为空 / Always empty",
            "rows_duplicate": "恒为空 / Always empty",
            "release_id": "版本编号 / Release; no content of a release",
        },
    )
}
DELIVERY_SCHEMA = {
    "county_code": pl.String,
    "source": pl.String,
    "file_name": pl.String,
    "period": pl.String,
    "version": pl.Int32,
    "sha256": pl.String,
    "received_at": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "rows_read": pl.Int64,
    "rows_accepted": pl.Int64,
    "rows_quarantined": pl.Int64,
    "rows_duplicate": pl.Int64,
    "release_id": pl.String,
}


@dataclass(frozen=True)
class CountyRelease:
    """A county and the release that readers of it are sent to. `status`: FRESH, STALE or MISSING, with the reason."""

    county: County
    release: Release | None
    status: str
    reason: str | None


def county_releases(province: Province) -> list[CountyRelease]:
    """In the order of the registry. A county whose last night failed is stale: its last good release is used."""
    return [_county_release(province, county) for county in province.counties]


def _county_release(province: Province, county: County) -> CountyRelease:
    home = province.home_of(county)
    release = current_release(home)
    night = last_night(home)
    failed = f"{night.stage}: {night.cause}" if night and not night.is_published else None
    if release is None:
        return CountyRelease(county, None, MISSING, failed or "尚未发布 nothing has been published yet")
    if ADDENDS not in release.manifest["tables"] or not (release.path / PUBLIC_FILE).is_file():
        why = f"{release.release_id}: 版本过旧或不全 made by code that knew no roll-up; run its night again"
        return CountyRelease(county, None, MISSING, why)
    if release.manifest.get("county_code") != county.county_code:
        why = f"方案的县代码不符 its plan's area.csv says {release.manifest['county_code']}"
        return CountyRelease(county, None, MISSING, why)
    return CountyRelease(county, release, STALE if failed else FRESH, failed)


def create(
    province: Province,
    found: Sequence[CountyRelease],
    parameters: Mapping[str, str],
    folder: Path,
    say: Callable[[str], None] = lambda message: None,
) -> Path:
    """Makes `folder/build.duckdb`: schemas `raw` (sources of the models), `marts` and `public` (what is published as
    it is) and `audit`. `parameters`: of the plan, by name. At least one county must have a release."""
    path = folder / "build.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        for schema in ("raw", "audit", "marts", "public"):
            con.execute(f"create schema {schema}")
        area = province.area
        _table(con, "raw.province", {"code": [area.code], "name_zh": [area.name_zh], "name_en": [area.name_en]})
        _table(con, "raw.parameter", {"name": list(parameters), "value": list(parameters.values())})
        counties = {
            "county_code": [one.county.county_code for one in found],
            "name_zh": [one.county.name_zh for one in found],
            "name_en": [one.county.name_en for one in found],
            "status": [one.status for one in found],
        }
        _table(con, "raw.county", counties)
        _deliveries(con, found)
        for one in found:
            if one.release:
                code = one.county.county_code
                attach(con, one.release.tables, f"i{code}")
                attach(con, one.release.public_tables, f"p{code}")
        held = [one.county.county_code for one in found if one.release]
        for schema, prefix, tables in (("marts", "i", INTERNAL), ("public", "p", PUBLIC)):
            for table in tables:
                say(f"汇集 gathering {schema}.{table}")
                target = f"{schema}.{table}" if table in PASSED_ON else f"raw.{_source(schema, table)}"
                _gathered(con, target, table, [(code, f"{prefix}{code}") for code in held])
        con.execute("create view raw.indicator as select * from marts.indicator")
        _own_dimension(con, province, found)
        _comment_passed_on(con, held[0])
        for code in held:
            con.execute(f"detach i{code}")
            con.execute(f"detach p{code}")
    return path


def _source(schema: str, table: str) -> str:
    return f"public_{table}" if schema == "public" else table


def _gathered(con: duckdb.DuckDBPyConnection, target: str, table: str, databases: Sequence[tuple[str, str]]) -> None:
    """By name, for a stale release may lack a column that a newer one has. Codes are digits, tables our own."""
    # A county's own code stands in its addends already.
    rest = "* exclude (county_code)" if table == "indicator_addend" else "*"
    parts = " union all by name ".join(
        f"select '{code}' as county_code, {rest} from {database}.marts.{table}"  # noqa: S608
        for code, database in databases
    )
    con.execute(f"create table {target} as {parts}")


def _own_dimension(con: duckdb.DuckDBPyConnection, province: Province, found: Sequence[CountyRelease]) -> None:
    """The province, and the counties that have no release: a name for every code."""
    area = province.area
    rows = [(area.code, "province", area.code, area.name_zh, area.name_en)]
    rows += [
        (one.county.county_code, "county", one.county.county_code, one.county.name_zh, one.county.name_en)
        for one in found
        if one.release is None
    ]
    for schema in ("marts", "public"):
        con.executemany(
            f"insert into {schema}.dimension (county_code, breakdown, breakdown_code, name_zh, name_en) "  # noqa: S608
            "values (?, ?, ?, ?, ?)",
            rows,
        )


def _comment_passed_on(con: duckdb.DuckDBPyConnection, code: str) -> None:
    for schema, database in (("marts", f"i{code}"), ("public", f"p{code}")):
        for table in PASSED_ON:
            (about,) = con.execute(
                "select any_value(comment) from duckdb_tables() "
                "where database_name = $database and schema_name = 'marts' and table_name = $table",
                {"database": database, "table": table},
            ).fetchall()[0]
            columns = con.execute(
                "select column_name, comment from duckdb_columns() where database_name = $database "
                "and schema_name = 'marts' and table_name = $table and comment is not null",
                {"database": database, "table": table},
            ).fetchall()
            write_comments(con, {f"{schema}.{table}": (about, {"county_code": COUNTY_COLUMN, **dict(columns)})})


def _deliveries(con: duckdb.DuckDBPyConnection, found: Sequence[CountyRelease]) -> None:
    rows = [row for one in found for row in _delivery(one)]
    frame = pl.DataFrame(rows, schema=DELIVERY_SCHEMA, orient="row").with_columns(
        pl.col("received_at").str.to_datetime(time_unit="us", time_zone="UTC")
    )
    _table(con, DELIVERY, frame)
    write_comments(con, DELIVERY_COMMENTS)


def _delivery(one: CountyRelease) -> list[dict[str, object]]:
    about: dict[str, object] = {
        "county_code": one.county.county_code,
        "source": one.county.county_code,
        "version": 0,
        "status": one.status,
        "reason": one.reason,
    }
    if one.release is None:
        return [{**about, "file_name": "—", "sha256": ""}]
    manifest = one.release.manifest
    about |= {
        "period": one.release.latest_period,
        "received_at": manifest["built_at"],
        "release_id": one.release.release_id,
    }
    return [
        {**about, "file_name": file, "sha256": digest, "rows_read": rows, "rows_accepted": rows}
        for file, digest, rows in (
            ("internal.duckdb", manifest["content_hash"], manifest["tables"][VALUES]["rows"]),
            (PUBLIC_FILE, manifest["public_tables"][VALUES]["digest"], manifest["public_tables"][VALUES]["rows"]),
        )
    ]


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: pl.DataFrame | Mapping[str, Sequence[str]]) -> None:
    frame = columns if isinstance(columns, pl.DataFrame) else pl.DataFrame(columns)
    con.register("frame", frame.to_arrow())
    con.execute(f"create table {name} as select * from frame")  # noqa: S608 - names of this module
    con.unregister("frame")
