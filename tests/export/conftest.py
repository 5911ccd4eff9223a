"""A public file for tests: the public tables of the sample county, with cells suppressed by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.export.write import write_exports
from pipelines.release import current_release

TABLES = (
    "area_progress",
    "area_ranking",
    "campaign",
    "dimension",
    "indicator",
    "indicator_forecast",
    "indicator_need",
    "indicator_progress",
    "indicator_value",
    "official_value",
)
NOT_FACTS = ("campaign", "dimension", "indicator")
CONTENT_HASH = "5a" * 32
# A value of the suppressed cells: indicator, month, breakdown, code, status.
SUPPRESSED = (
    ("tax_per_mu_above_scale", "2021-06", "town", "330521101", "A"),
    ("tax_per_mu_above_scale", "2021-06", "town", "330521102", "D"),
    ("labour_productivity_mfg", "2021-05", "industry", "13", "O"),
)


def make_public(internal: Path, public: Path) -> None:
    """`public`: the public tables of `internal` with `conf_status` as the last column of facts, comments carried."""
    shutil.copyfile(internal, public)
    public.chmod(0o644)
    with duckdb.connect(str(public)) as con:
        for (view,) in con.execute(
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall():
            con.execute(f"drop view {view}")
        for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            if schema != "marts" or table not in TABLES:
                con.execute(f"drop table {schema}.{table}")
        for table in TABLES:
            if table not in NOT_FACTS:
                con.execute(f"alter table marts.{table} add column conf_status varchar default 'F'")
                con.execute(f"comment on column marts.{table}.conf_status is '保密状态 / Confidentiality status'")
        for indicator, period, breakdown, code, status in SUPPRESSED:
            cell = {"i": indicator, "p": period, "b": breakdown, "c": code}
            where = "where indicator_id = $i and period = $p and breakdown = $b and breakdown_code = $c"
            hidden = "value = null, numerator = null, denominator = null, rolling12_value = null, n_enterprises = null"
            found = con.execute(
                f"update marts.indicator_value set conf_status = $s, {hidden} {where}", {"s": status, **cell}
            ).fetchall()
            assert found == [(1,)], cell
            con.execute(
                f"update marts.area_ranking set conf_status = $s, value = null, rank = null, score = null {where}",
                {"s": status, **cell},
            )


@pytest.fixture(scope="session")
def public(published_home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    release = current_release(published_home)
    assert release is not None
    path = tmp_path_factory.mktemp("public") / "public.duckdb"
    make_public(release.tables, path)
    return path


@pytest.fixture(scope="session")
def exported(public: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with every form of `public`. Read only."""
    folder = tmp_path_factory.mktemp("exported")
    write_exports(public, folder, CONTENT_HASH)
    return folder
