"""Small releases, published as real ones are, whose figures, deliveries, code and plan a test names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.home import Home
from pipelines.release import Release
from pipelines.release.inputs import Delivered
from pipelines.release.publish import publish
from pipelines.release.store import clean_up
from pipelines.revision.vintage import revision

KEYS = {
    "marts.indicator": ("target_id",),
    "marts.indicator_value": ("indicator_id", "period", "breakdown", "breakdown_code"),
    "audit.delivery": ("source", "file_name"),
}
Figure = tuple[str, str, str]
Figures = Mapping[Figure, float | None]
Publish = Callable[..., Release]
FIRST_NIGHT = datetime(2022, 1, 10, 18, tzinfo=UTC)


def delivered(
    source: str, period: str, version: int = 0, sha: str = "a", at: int = 0, status: str = "accepted"
) -> Delivered:
    """A delivery whose name says what it is; `at`: seconds since 1970."""
    name = f"{source}_{period}{f'_更正{version}' if version else ''}"
    return Delivered(source, period, version, name, sha, at, status)


def write_tables(path: Path, figures: Figures, deliveries: Sequence[Delivered]) -> Path:
    """A work file with what `publish` and the vintages read. `figures`: (indicator, month, town or county) → value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts; create schema audit")
        con.execute("create table marts.indicator (target_id varchar, name_zh varchar, unit varchar)")
        con.execute("insert into marts.indicator values ('tax', '亩均税收', '万元/亩'), ('patents', '专利', '件')")
        con.execute(
            "create table marts.indicator_value (indicator_id varchar, period varchar, breakdown varchar, "
            "breakdown_code varchar, value double)"
        )
        for (indicator, period, area), value in figures.items():
            row = [indicator, period, "county" if area == "county" else "town", area, value]
            con.execute("insert into marts.indicator_value values (?, ?, ?, ?, ?)", row)
        con.execute(
            "create table audit.delivery (source varchar, file_name varchar, period varchar, version integer, "
            "sha256 varchar, received_at timestamptz, status varchar, reason varchar, rows_read bigint, "
            "rows_accepted bigint, rows_quarantined bigint, rows_duplicate bigint)"
        )
        for d in deliveries:
            row = [d.source, d.file_name, d.period, d.version, d.sha256, d.received_s, d.status]
            con.execute(
                "insert into audit.delivery values (?, ?, ?, ?, ?, to_timestamp(?), ?, null, null, null, null, null)",
                row,
            )
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr("pipelines.release.store.GRACE_S", 0.0)
    home = Home(tmp_path / "home")
    clean_up(home)
    return home


@pytest.fixture
def published(home: Home, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Publishes the next night's release of `home`."""
    nights = iter(range(1000))

    def one(figures: Figures, deliveries: Sequence[Delivered] = (), code: str = "c1", plan: str = "p1") -> Release:
        for module in ("pipelines.release.publish", "pipelines.revision.vintage"):
            monkeypatch.setattr(f"{module}.code_digest", lambda: code)
        monkeypatch.setattr("pipelines.plan.seeds.plan_digest", lambda: plan)
        night = next(nights)
        folder = home.work / f"run{night}"
        (folder / "data_docs").mkdir(parents=True)
        work_file = write_tables(folder / "build.duckdb", figures, deliveries)
        at = FIRST_NIGHT + timedelta(days=night)
        return publish(home, work_file, folder / "data_docs", KEYS, [], f"run{night}", at, parts=(revision,))

    return one
