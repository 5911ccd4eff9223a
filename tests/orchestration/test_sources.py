"""What a source shows of itself, and when an intake is offered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import RunRequest, SkipReason, build_sensor_context

from pipelines.home import Home
from pipelines.intake.run import Delivery
from pipelines.orchestration.assets_sources import delivery_metadata
from pipelines.orchestration.sensors import inbox, inbox_fingerprint

NOW = datetime(2021, 5, 20, tzinfo=UTC)


def delivery(period: str, status: str, in_force: bool, **more: object) -> Delivery:
    given = {
        "delivery_id": period + status,
        "source": "tax",
        "bureau": "县税务局",
        "file_name": f"企业入库税收_{period.replace('-', '')}.xlsx",
        "period": period,
        "version": 0,
        "sha256": "0" * 64,
        "received_at": "2021-05-10T01:00:00+00:00",
        "status": status,
        "reason": None,
        "detail": None,
        "in_force": in_force,
    }
    return Delivery(**{**given, **more})  # type: ignore[arg-type]


def test_rows_refusals_period_and_freshness() -> None:
    counts = {"rows_read": 10, "rows_accepted": 8, "rows_quarantined": 1, "rows_duplicate": 1}
    shown = delivery_metadata(
        [
            delivery("2021-02", "accepted", True, **counts),
            delivery("2021-03", "accepted", True, **counts),
            delivery("2021-03", "superseded", False, **counts),
            delivery("2021-04", "refused", False, reason="empty", received_at="2021-05-15T01:00:00+00:00"),
        ],
        NOW,
    )
    assert {name: shown[name] for name in counts} == {name: 2 * n for name, n in counts.items()}
    assert (shown["files"], shown["files_in_force"], shown["files_refused"]) == (4, 2, 1)
    assert shown["latest_period"] == "2021-03"
    assert shown["days_since_last_arrival"] == 4
    assert "| 企业入库税收_202104.xlsx | empty |" in shown["refusals"].value


def test_a_source_that_never_came() -> None:
    shown = delivery_metadata([], NOW)
    assert shown["files"] == shown["rows_read"] == 0
    assert "days_since_last_arrival" not in shown


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("FENGHUANG_HOME", str(tmp_path))
    return Home.from_env()


def test_an_intake_is_offered_once_the_inbox_rests(home: Home) -> None:
    cursor: str | None = None

    def look() -> RunRequest | SkipReason:
        nonlocal cursor
        context = build_sensor_context(cursor=cursor)
        answer = inbox(context)
        cursor = context.cursor
        assert isinstance(answer, RunRequest | SkipReason)
        return answer

    assert "empty" in str(look())
    folder = home.inbox / "tax"
    folder.mkdir(parents=True)
    (folder / "a.xlsx").write_bytes(b"half")
    assert isinstance(look(), SkipReason), "it may still be copied"
    (folder / "a.xlsx").write_bytes(b"half and half")
    assert isinstance(look(), SkipReason), "it was"
    first = look()
    assert isinstance(first, RunRequest)
    again = look()
    assert isinstance(again, RunRequest)
    assert again.run_key == first.run_key, "Dagster starts a run a key"
    (folder / "b.xlsx").write_bytes(b"another")
    assert isinstance(look(), SkipReason)
    second = look()
    assert isinstance(second, RunRequest)
    assert second.run_key != first.run_key


def test_hidden_files_are_no_deliveries(home: Home) -> None:
    (home.inbox / "tax").mkdir(parents=True)
    (home.inbox / "tax" / ".a.xlsx.part").write_bytes(b"")
    assert inbox_fingerprint(home) is None
