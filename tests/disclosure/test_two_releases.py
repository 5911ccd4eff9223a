"""The sample county, published twice with a correction between: public files alone, and an attacker who has both."""

from __future__ import annotations

import shutil
import struct
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.disclosure.decide import decide
from pipelines.disclosure.facts import read_inputs
from pipelines.disclosure.history import no_history
from pipelines.disclosure.part import disclose, remember
from pipelines.disclosure.promises import FIGURES, PublicBroken, assert_kept
from pipelines.disclosure.public import write_public
from pipelines.home import Home
from pipelines.release.draft import Draft
from pipelines.release.store import PUBLIC_FILE, Release, current_release, list_releases
from pipelines.release.tables import table_digests
from tests.disclosure.attacker import Quantity, Table, close_calls, tables
from tests.nights import unchecked_night

MONTH = "2021-11"
P = 0.10
SUMS = ("mfg_investment_3y", "energy_use_freed_3y", "co2_reduced_3y", "inefficient_industrial_land_freed_3y")


@pytest.fixture(scope="module")
def corrected(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample county after a night more: the industry file of a month again, one firm out of it, one corrected."""
    root = tmp_path_factory.mktemp("corrected") / "home"
    shutil.copytree(published_home.root, root, symlinks=True)
    home = Home(root)
    delivered = home.root.glob("raw/**/规上工业生产财务月报_202111*.csv")
    source = next(iter([*delivered, *published_home.root.glob("raw/**/规上工业生产财务月报_202111.csv")]), None)
    text = (source or SAMPLE_FILE).read_bytes().decode("gb18030")
    lines = text.splitlines(keepends=True)
    (home.inbox / "industry").mkdir(parents=True, exist_ok=True)
    again = home.inbox / "industry" / "规上工业生产财务月报_202111_更正1.csv"
    # The third enterprise is left out, the second reports what the fourth did.
    second, fourth = lines[2].split(","), lines[4].split(",")
    again.write_bytes("".join([*lines[:2], ",".join([*second[:2], *fourth[2:]]), *lines[4:]]).encode("gb18030"))
    published = current_release(home)
    assert published is not None
    at = datetime.fromisoformat(published.manifest["built_at"]) + timedelta(days=1)
    unchecked_night(home, root / "next", at, (disclose, remember))
    return home


SAMPLE_FILE = Path(__file__).parents[1] / "data" / "sample" / "inbox" / "industry" / "规上工业生产财务月报_202111.csv"


@pytest.fixture(scope="module")
def releases(corrected: Home) -> list[Release]:
    """The older first."""
    found = list_releases(corrected)[::-1]
    assert len(found) == 2
    return found


def late(shown: dict[Quantity, Table]) -> dict[Quantity, Table]:
    """The months around the correction: an attack costs time."""
    return {quantity: table for quantity, table in shown.items() if quantity[1] >= MONTH}


def test_the_attacker_recovers_nothing(releases: list[Release]) -> None:
    public = [late(tables(release.path / PUBLIC_FILE, SUMS)) for release in releases]
    truth = late(tables(releases[-1].tables, SUMS))
    changed = [q for q, table in late(tables(releases[0].tables, SUMS)).items() if truth.get(q) != table]
    assert {quantity[1] for quantity in changed} >= {MONTH}, "the correction changed something"
    months = frozenset(quantity[1] for quantity in changed)
    hidden = sum(value is None for table in public[-1].values() for value in table.parts.values())
    assert hidden > 200
    assert close_calls(truth, public, P, months) == []


def test_without_secondary_suppression_he_does(published_home: Home, tmp_path: Path) -> None:
    """Under rules that leave most areas public; under the shipped ones so many of this small county's are hidden that
    they protect each other."""
    internal = list_releases(published_home)[0].tables
    inputs = read_inputs(published_home.root / "warehouse" / "work" / "now" / "build.duckdb")
    lenient = {"min_contributors": 2.0, "dominance_n": 1.0, "dominance_k_pct": 100.0, "p_pct": 1.0}
    rules = [{"name": name, "valid_from": "2020-01", "value": value} for name, value in lenient.items()]
    exact = {}
    for with_secondary in (False, True):
        decision = decide(replace(inputs, rules=rules), no_history(), with_secondary=with_secondary)
        public = tmp_path / f"{with_secondary}.duckdb"
        write_public(internal, public, decision, "2020")
        found = close_calls(late(tables(internal, SUMS)), [late(tables(public, SUMS))], 0.01, frozenset())
        exact[with_secondary] = sum(call[3].upper - call[3].lower < 1e-6 * abs(call[2]) for call in found)
    assert exact[False] > 1
    assert exact[True] == 0


def test_the_public_file_holds_no_enterprise(releases: list[Release]) -> None:
    for release in releases:
        with duckdb.connect(str(release.tables), read_only=True) as con:
            named = {
                text
                for (cell,) in con.execute(
                    "SELECT unnest([credit_code, enterprise_name, former_names, former_codes]) "
                    "FROM marts.enterprise_year UNION SELECT unnest([owner_code, name]) FROM marts.project"
                ).fetchall()
                for text in str(cell or "").replace("、", ";").replace(",", ";").split(";")
                if len(text) > 3
            }
        assert len(named) > 50
        with duckdb.connect(str(release.path / PUBLIC_FILE), read_only=True) as con:
            columns = con.execute(
                "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
                "WHERE database_name = current_database() AND data_type = 'VARCHAR' AND NOT internal"
            ).fetchall()
            cells = {
                str(cell)
                for schema, table, column in columns
                for (cell,) in con.execute(f'SELECT DISTINCT "{column}" FROM "{schema}"."{table}"').fetchall()
            }
        assert len(cells) > 500
        whole = "\n".join(cells)
        assert [name for name in named if name in whole] == []
        raw = (release.path / PUBLIC_FILE).read_bytes()
        assert [name for name in named if name.encode() in raw] == [], "nor do the bytes of the file"


def test_hidden_figures_are_not_in_the_bytes(releases: list[Release]) -> None:
    """A database file may keep what lay in memory beneath a NULL."""
    release = releases[0]
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{release.tables}' AS internal (READ_ONLY)")
        con.execute(f"ATTACH '{release.path / PUBLIC_FILE}' AS public (READ_ONLY)")
        hidden = {
            value
            for (value,) in con.execute(
                "SELECT i.numerator FROM internal.marts.indicator_value i JOIN public.marts.indicator_value p "
                "USING (indicator_id, period, breakdown, breakdown_code) WHERE p.conf_status <> 'F' "
                "AND i.numerator > 1000 AND i.numerator <> floor(i.numerator) AND i.numerator NOT IN ("
                "  SELECT numerator FROM public.marts.indicator_value WHERE numerator IS NOT NULL"
                "  UNION SELECT denominator FROM public.marts.indicator_value WHERE denominator IS NOT NULL)"
            ).fetchall()
        }
    raw = (release.path / PUBLIC_FILE).read_bytes()
    assert len(hidden) > 100
    assert [value for value in hidden if struct.pack("<d", value) in raw] == []


def test_the_same_night_again_is_the_same_release(corrected: Home, releases: list[Release], tmp_path: Path) -> None:
    """With the newest release as its history, its own night gives it again: public tables, bounds and memory."""
    before = releases[-1]
    made = ("audit.disclosure_cell", "audit.public_history")
    shutil.copyfile(before.tables, tmp_path / before.tables.name)
    with duckdb.connect(str(tmp_path / before.tables.name)) as con:
        for table in made:
            con.execute(f"DROP TABLE {table}")
    work = corrected.root / "next" / "build.duckdb"
    draft = Draft(corrected, tmp_path, work, before, before.content_hash)
    disclose(draft)
    remember(draft)
    public = {table: asdict(digest) for table, digest in table_digests(tmp_path / PUBLIC_FILE).items()}
    assert public == before.manifest["public_tables"]
    internal = table_digests(draft.tables)
    for table in made:
        assert asdict(internal[table]) == before.manifest["tables"][table]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE marts.indicator_value SET value = 1 WHERE conf_status = 'A'", "figure in a hidden row"),
        ("UPDATE marts.indicator_value SET conf_status = 'X' WHERE conf_status = 'A'", "unknown conf_status"),
        ("UPDATE marts.indicator_value SET value = value + 1 WHERE breakdown = 'county'", "not the internal one"),
        ("ALTER TABLE marts.indicator_value DROP COLUMN coverage", "columns"),
        ("CREATE TABLE marts.enterprise_year AS SELECT 1 AS x", "not to be public"),
        ("UPDATE marts.indicator_value SET conf_status = 'F'", None),
        ("UPDATE marts.area_ranking SET rank = 1", "places in a list that hides one"),
        (
            "UPDATE marts.indicator SET caveat = (SELECT max(credit_code) FROM i.marts.enterprise_year)",
            "name an enterprise",
        ),
    ],
)
def test_a_broken_public_file_is_not_published(
    published_home: Home, tmp_path: Path, change: str, words: str | None
) -> None:
    release = list_releases(published_home)[0]
    public = tmp_path / PUBLIC_FILE
    shutil.copyfile(release.path / PUBLIC_FILE, public)
    with duckdb.connect(str(public)) as con:
        con.execute(f"ATTACH '{release.tables}' AS i (READ_ONLY)")
        con.execute("DROP VIEW by_town; DROP VIEW by_industry; DROP VIEW latest; DROP VIEW scoreboard")
        con.execute(change)
    work = published_home.root / "warehouse" / "work" / "now" / "build.duckdb"
    if words is None:
        # Rows that say F and are empty: a reader is not told why, but nothing is given away.
        assert_kept(public, release.tables, work)
        return
    with pytest.raises(PublicBroken, match=words):
        assert_kept(public, release.tables, work)


def test_every_fact_table_tells_its_status(releases: list[Release]) -> None:
    with duckdb.connect(str(releases[-1].path / PUBLIC_FILE), read_only=True) as con:
        for table in FIGURES:
            columns = [row[0] for row in con.execute(f"DESCRIBE marts.{table}").fetchall()]
            assert columns[-1] == "conf_status"
        bare = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() SEMI JOIN duckdb_tables() "
            "USING (database_oid, schema_oid, table_oid) WHERE database_name = current_database() AND comment IS NULL"
        ).fetchall()
        assert bare == []
        assert con.execute("SELECT count(*), count_if(is_protected) FROM audit.disclosure_audit").fetchall()[0][0] > 100
        assert con.execute("SELECT count(*) FROM audit.disclosure_audit WHERE NOT is_protected").fetchall() == [(0,)]
        assert con.execute("SELECT count(*) FROM scoreboard").fetchall()[0][0] > 50
