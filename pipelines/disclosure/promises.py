"""What public.duckdb promises, checked on the file itself before anybody can read it."""

from __future__ import annotations

from pathlib import Path

import duckdb

# Every fact table, its key, and the figures that are empty where its row is hidden.
FIGURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "indicator_value": (
        ("indicator_id", "period", "breakdown", "breakdown_code"),
        (
            "value", "numerator", "denominator", "coverage", "coverage_weighted", "estimated_share",
            "rolling12_value", "n_enterprises",
        ),
    ),
    "indicator_progress": (
        ("target_id", "period"), ("value", "baseline", "achieved_share", "status", "light"),
    ),
    "area_progress": (
        ("target_id", "period", "breakdown", "breakdown_code"),
        ("value", "baseline", "achieved_share", "status", "light"),
    ),
    "area_ranking": (("indicator_id", "period", "breakdown", "breakdown_code"), ("value", "rank", "score")),
    "indicator_need": (
        ("target_id", "period", "breakdown", "breakdown_code"),
        ("gap", "gap_per_month", "numerator_gap", "numerator_gap_per_month"),
    ),
    "indicator_forecast": (("target_id",), ("forecast", "forecast_low", "forecast_high", "is_expected_to_be_met")),
    "official_value": (
        ("indicator_id", "period", "breakdown", "breakdown_code"), ("computed_value", "difference"),
    ),
}  # fmt: skip
PLAIN = ("indicator", "campaign", "dimension")
CODES = ("F", "A", "O", "T", "D")
# Where internal.duckdb names enterprises.
ENTERPRISES = (
    ("marts.enterprise_year", "credit_code"),
    ("marts.enterprise_year", "enterprise_name"),
    ("marts.project", "owner_code"),
    ("marts.project", "name"),
)


class PublicBroken(Exception):
    """The public file breaks a promise; a line each."""


def assert_kept(public: Path, internal: Path, work_file: Path) -> None:
    """Raises `PublicBroken`."""
    with duckdb.connect() as con:
        for name, path in (("public", public), ("internal", internal), ("work", work_file)):
            con.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS {name} (READ_ONLY)")
        broken = _shape(con)
        # The others name columns, which have to be there.
        broken = broken or [*_figures(con), *_contributors(con), *_enterprises(con)]
        if broken:
            raise PublicBroken("\n".join(broken))


def _shape(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The agreed tables and no other, each with the columns of internal.duckdb and conf_status."""

    def columns(database: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for table, column in con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() "
            "SEMI JOIN duckdb_tables() USING (database_oid, schema_oid, table_oid) "
            "WHERE database_name = $database AND schema_name = 'marts' ORDER BY table_name, column_index",
            {"database": database},
        ).fetchall():
            found.setdefault(table, []).append(column)
        return found

    here, there = columns("public"), columns("internal")
    expected = {table: there[table] for table in PLAIN} | {table: [*there[table], "conf_status"] for table in FIGURES}
    lines = [f"marts.{table}: 不应公布 is not to be public" for table in sorted(set(here) - set(expected))]
    for table, asked in expected.items():
        if here.get(table) != asked:
            lines.append(f"marts.{table}: columns {here.get(table)}, not {asked}")
    return lines


def _figures(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Hidden rows are empty; what is there is what internal.duckdb says; no list gives a place away."""
    lines = []
    for table, (key, figures) in FIGURES.items():
        codes = ", ".join(f"'{code}'" for code in CODES)
        held = " OR ".join(f"p.{column} IS NOT NULL" for column in figures)
        other = " OR ".join(f"(p.{c} IS NOT NULL AND p.{c} IS DISTINCT FROM i.{c})" for c in figures)
        checks = {
            "unknown conf_status": f"p.conf_status IS NULL OR p.conf_status NOT IN ({codes})",
            "figure in a hidden row": f"p.conf_status <> 'F' AND ({held})",
            "figure that is not the internal one": other,
        }
        for what, broken in checks.items():
            n = con.execute(
                f"SELECT count(*) FROM public.marts.{table} p LEFT JOIN internal.marts.{table} i "  # noqa: S608
                f"USING ({', '.join(key)}) WHERE {broken}"
            ).fetchall()[0][0]
            if n:
                lines.append(f"marts.{table}: {n} rows, {what}")
    n = con.execute(
        "SELECT count(*) FROM public.marts.area_ranking p SEMI JOIN ("
        "  SELECT h.indicator_id, h.period, h.breakdown FROM public.marts.area_ranking h"
        "  JOIN internal.marts.area_ranking i USING (indicator_id, period, breakdown, breakdown_code)"
        "  WHERE h.conf_status <> 'F' AND i.rank IS NOT NULL"
        ") l USING (indicator_id, period, breakdown) WHERE p.rank IS NOT NULL OR p.score IS NOT NULL"
    ).fetchall()[0][0]
    if n:
        lines.append(f"marts.area_ranking: {n} places in a list that hides one")
    return lines


def _contributors(con: duckdb.DuckDBPyConnection) -> list[str]:
    """No public sum of fewer contributors than the rule in force asks for."""
    n = con.execute(
        "SELECT count(*) FROM public.marts.indicator_value v "
        "JOIN work.intermediate.int_disclosure_indicator i USING (indicator_id) "
        "JOIN work.intermediate.int_disclosure_cell c USING (indicator_id, period, breakdown, breakdown_code) "
        "WHERE v.value IS NOT NULL AND i.sensitivity <> 'public' AND c.total > 0 "
        "AND c.side IN ('numerator', 'denominator') AND (i.sensitivity = 'amount' OR c.side = 'denominator') "
        "AND c.n_contributors < (SELECT max_by(r.value, r.valid_from) FROM work.seeds.disclosure_rule r "
        "  WHERE r.name = 'min_contributors' AND r.valid_from <= v.period)"
    ).fetchall()[0][0]
    return [f"marts.indicator_value: {n} sums of too few contributors"] if n else []


def _enterprises(con: duckdb.DuckDBPyConnection) -> list[str]:
    """No text names an enterprise or a project."""
    named = " UNION ".join(f"SELECT {column} AS name FROM internal.{table}" for table, column in ENTERPRISES)  # noqa: S608
    lines = []
    for schema, table, column in con.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = 'public' AND data_type = 'VARCHAR' AND NOT internal ORDER BY ALL"
    ).fetchall():
        n = con.execute(
            # the cell itself, and every credit code within it
            "SELECT count(*) FROM ("  # noqa: S608
            f"  SELECT unnest(list_append(regexp_extract_all(cell, '[0-9A-Z]{{18}}'), cell)) AS name"
            f'  FROM (SELECT DISTINCT "{column}" AS cell FROM public."{schema}"."{table}")'
            f") SEMI JOIN ({named}) e USING (name)"
        ).fetchall()[0][0]
        if n:
            lines.append(f"{schema}.{table}.{column}: {n} cells name an enterprise or a project")
    return lines
