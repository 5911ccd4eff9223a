"""What people are told of a night and of late deliveries. No rows, no cells: a message may leave the county."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from pipelines.notify import Message
from pipelines.release.store import Release

LIGHTS = """
    select light, count(*) from marts.indicator_progress
    where period = (select max(period) from marts.indicator_progress)
    group by light order by light nulls last
"""


def night_failed(stage: str, headline: str, promise: str, current: str | None, log: str | None) -> Message:
    """The first cause: `headline`, and the words of the promise where one was broken. The rows stay in the log."""
    lines = [
        f"{stage}: {headline}",
        promise,
        f"当前版本不变 current stays {current or '—'}",
        f"日志 log {log}" if log else "",
    ]
    return Message("failure", f"凤凰 未发布 not published — {headline}", "\n".join(line for line in lines if line))


def night_succeeded(release: Release, before: Release | None, overdue: Sequence[str]) -> Message:
    """The digest of a release: what arrived since `before`, what it holds, its lights, warnings, what is overdue."""
    inputs = release.manifest["inputs"]
    known = {(i["source"], i["sha256"]) for i in before.manifest["inputs"]} if before else set()
    new = [i for i in inputs if (i["source"], i["sha256"]) not in known]
    refused = [i for i in new if i["status"] == "refused"]
    quarantined = sum(i["rows_quarantined"] or 0 for i in new)
    with duckdb.connect(str(release.tables), read_only=True) as con:
        lights = con.execute(LIGHTS).fetchall()
    warned = [c for c in release.manifest["checks"] if not c["passed"]]
    lines = [
        f"期末 to {release.latest_period} · {release.values:,} 个指标值 values · {release.checks} 项检查 checks",
        "红绿灯 lights: " + " · ".join(f"{light or '—'} {count}" for light, count in lights),
        f"新到 new {len(new)} 份报送 deliveries，退回 refused {len(refused)}，隔离 quarantined {quarantined} 行 rows",
        *(f"退回 refused: {i['source']} {i['period'] or ''} ({i['reason']})" for i in refused[:5]),
        *(f"提醒 warning: {c['table']} · {c['name']}" for c in warned[:5]),
        *(f"逾期 overdue: {line}" for line in overdue[:5]),
    ]
    if len(overdue) > 5:
        lines.append(f"… {len(overdue) - 5} more overdue: fenghuang freshness")
    return Message("success", f"凤凰 已发布 published {release.release_id}", "\n".join(lines))


def stale(lines: Sequence[str], now: datetime) -> Message:
    """What is overdue and was not told before."""
    title = f"凤凰 逾期 overdue: {len(lines)} ({now:%Y-%m-%d %H:%M})"
    return Message("warning", title, "\n".join(lines))


def trial(now: datetime) -> Message:
    return Message("info", "凤凰 测试通知 a test", f"能收到即可 it works, {now:%Y-%m-%d %H:%M}")
