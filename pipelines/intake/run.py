"""The intake: inbox, API and database → archive → rows and their outcomes → what goes back to the bureaus."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from filelock import FileLock

from pipelines.contracts import Contract, load_contracts
from pipelines.home import Home
from pipelines.intake import archive as archive_module
from pipelines.intake import judge as judge_module
from pipelines.intake import parse as parse_module
from pipelines.intake import readers, registers, returns, values
from pipelines.intake.archive import Archive, Arrival, content_key, read_json
from pipelines.intake.judge import judge, judge_register
from pipelines.intake.parse import parse
from pipelines.intake.pull import PullError
from pipelines.intake.refusal import Refused
from pipelines.intake.registers import Registers, build_registers
from pipelines.plan.seeds import county_code, plan_digest

log = logging.getLogger(__name__)

Progress = Callable[[str], None]
CHINA = ZoneInfo("Asia/Shanghai")
REGISTER = "register"


def _code_fingerprint(*modules: Any) -> str:
    return hashlib.sha256(b"".join(Path(m.__file__).read_bytes() for m in modules)).hexdigest()


# What was parsed or judged by other code is parsed or judged again.
PARSER = _code_fingerprint(parse_module, readers, values)
JUDGE = _code_fingerprint(judge_module, registers, values)


@dataclass(frozen=True)
class Delivery:
    """One row of `raw.delivery` / `audit.delivery`; counts are None for a refused file and for a database."""

    delivery_id: str
    source: str
    bureau: str
    file_name: str
    period: str | None
    version: int
    sha256: str
    received_at: str
    status: str
    reason: str | None
    detail: str | None
    in_force: bool
    rows_read: int | None = None
    rows_accepted: int | None = None
    rows_quarantined: int | None = None
    rows_duplicate: int | None = None
    judged: Path | None = None
    sheet: str | None = None
    county_code: str | None = None


@dataclass
class IntakeReport:
    """`new`: deliveries that arrived in this run; `failures`: sources that could not be pulled, in plain words;
    `ignored`: things in the inbox that are nobody's delivery."""

    deliveries: list[Delivery] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    parsed: int = 0
    judged: int = 0
    failures: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    returned: list[Path] = field(default_factory=list)

    @property
    def refused(self) -> list[Delivery]:
        return [d for d in self.deliveries if d.status == "refused"]


@dataclass(frozen=True)
class Candidate:
    """Bytes that may be a delivery."""

    source: str
    file_name: str
    content: bytes
    origin: str


def take_in(home: Home, progress: Progress | None = None, *, now: datetime | None = None) -> IntakeReport:
    """Takes in what is new and answers for everything that has ever arrived.

    One bad file never stops the others: it is refused, with the reason, and the period stays as it was.
    """
    say = progress or (lambda message: None)
    now = now or datetime.now(UTC)
    report = IntakeReport()
    archive = Archive(home.archive)
    home.archive.mkdir(parents=True, exist_ok=True)
    with FileLock(home.archive / ".lock"):
        _archive_new(home, archive, report, say, now)
        report.deliveries = _answer(archive, report, say)
        report.returned = _give_back(home, report.deliveries)
    return report


def known_deliveries(home: Home, only: Callable[[Arrival], bool] | None = None) -> list[Delivery]:
    """Every delivery that has arrived (of those, the ones that are `only` asked for, as if no other had) and what
    became of it; takes nothing in."""
    if not home.archive.is_dir():
        return []
    with FileLock(home.archive / ".lock"):
        return _answer(Archive(home.archive), IntakeReport(), lambda message: None, only)


def _answer(
    archive: Archive, report: IntakeReport, say: Progress, only: Callable[[Arrival], bool] | None = None
) -> list[Delivery]:
    deliveries = _parsed(archive, report, say, only)
    return _judged(archive, deliveries, _registers(deliveries), report, say)


# ----------------------------------------------------------------------------------------------- arrivals


def _archive_new(home: Home, archive: Archive, report: IntakeReport, say: Progress, now: datetime) -> None:
    mended: list[tuple[str, bytes]] = []
    desk = _Desk(archive, report, say, now)
    for candidate in _pulled(report, say, now):
        desk.receive(candidate)
    for candidate in _dropped(home, report, mended):
        desk.receive(candidate)
    for where, content in mended:
        try:
            _take_return(content, where, archive, desk)
        except ValueError as error:
            report.failures.append(f"{where}: {error}")


class _Desk:
    """Receives candidates one by one: what is new is archived and recorded as an arrival."""

    def __init__(self, archive: Archive, report: IntakeReport, say: Progress, now: datetime) -> None:
        self.archive = archive
        self.report = report
        self.say = say
        self.received_at = now.astimezone(UTC).isoformat(timespec="seconds")
        self.county_code = county_code()
        self.arrivals = list(archive.arrivals())
        self.latest = {(a.source, a.file_name): a for a in self.arrivals}

    def receive(self, candidate: Candidate) -> None:
        contract = load_contracts()[candidate.source]
        sha256 = hashlib.sha256(candidate.content).hexdigest()
        last = self.latest.get((candidate.source, candidate.file_name))
        if last and last.sha256 == sha256:
            return
        if candidate.origin in ("api", "database"):
            # A list pulled again without a change is no new delivery, whatever the date in its name.
            pulled = [a for a in self.arrivals if a.source == candidate.source]
            if pulled and pulled[-1].sha256 == sha256:
                return
        self.archive.put(candidate.content)
        period, version = contract.parse_name(candidate.file_name) or (None, 0)
        arrival = Arrival(
            source=candidate.source,
            file_name=candidate.file_name,
            period=period,
            version=version,
            sha256=sha256,
            size=len(candidate.content),
            received_at=self.received_at,
            sequence=max((a.sequence for a in self.arrivals), default=0) + 1,
            origin=candidate.origin,
            county_code=self.county_code,
        )
        self.archive.record(arrival)
        self.latest[candidate.source, candidate.file_name] = arrival
        self.arrivals.append(arrival)
        self.report.new.append(f"{candidate.source}/{candidate.file_name}")
        self.say(f"收到 arrived {candidate.source}/{candidate.file_name}")


def _pulled(report: IntakeReport, say: Progress, now: datetime) -> Iterator[Candidate]:
    """The lists of the sources whose URL is set; one that cannot be pulled stays as it was."""
    for contract in load_contracts().values():
        url = _pull_url(contract)
        if not url:
            continue
        say(f"拉取 pulling {contract.source}")
        stamp = f"{now.astimezone(CHINA):%Y%m%d}"
        # Their drivers cost a second to import, which a night without them need not spend.
        from pipelines.intake.pull.investment_db import fetch_investment
        from pipelines.intake.pull.patent_api import fetch_patents

        try:
            if contract.pulled_from == "api":
                content = fetch_patents(url, os.environ.get("PATENT_API_TOKEN"))
            else:
                content = fetch_investment(url)
        except PullError as error:
            report.failures.append(f"{contract.source}: {error}")
        else:
            name = contract.file_example.replace("YYYYMMDD", stamp)
            yield Candidate(contract.source, name, content, contract.pulled_from or "")


def _pull_url(contract: Contract) -> str | None:
    variables = {"api": "PATENT_API_URL", "database": "INVESTMENT_DB_URL"}
    return os.environ.get(variables[contract.pulled_from]) if contract.pulled_from else None


def _dropped(home: Home, report: IntakeReport, mended: list[tuple[str, bytes]]) -> Iterator[Candidate]:
    """The files of the inbox; return workbooks that came home are put aside into `mended`."""
    contracts = load_contracts()
    for path in sorted(home.inbox.rglob("*")) if home.inbox.is_dir() else []:
        if not path.is_file() or path.name.startswith((".", "~$")):
            continue
        where = path.relative_to(home.inbox)
        source = where.parts[0]
        try:
            content = _read(path)
        except (OSError, ValueError) as error:
            report.failures.append(f"{where}: {error}")
            continue
        if path.suffix == ".xlsx" and returns.is_return_workbook(content):
            mended.append((str(where), content))
        elif len(where.parts) == 1 or source not in contracts:
            report.ignored.append(f"{where}: 没有该来源的合同 no contract for this folder")
        elif _pull_url(contracts[source]):
            report.ignored.append(f"{where}: 该来源按网址拉取 this source is pulled by URL")
        else:
            yield Candidate(source, path.name, content, "inbox")


def _read(path: Path) -> bytes:
    if path.stat().st_size > readers.MAX_FILE_BYTES:
        raise ValueError(f"larger than {readers.MAX_FILE_BYTES // 1024**2} MiB; not taken in")
    return path.read_bytes()


def _take_return(content: bytes, where: str, archive: Archive, desk: _Desk) -> None:
    """A return workbook that came home mended: one corrected file for each file it changes. Taken once.

    The origin of the corrected files names the workbook, so that a run cut off half-way goes on where it was.
    Raises `ReturnError` (a `ValueError`) naming sheet and cell.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    taken = archive.root / "returns_taken" / f"{sha256}.json"
    if taken.exists():
        return
    origin = f"return:{sha256[:16]}"
    by_id = {a.delivery_id: a for a in desk.arrivals}
    holding = in_force(_parsed(archive, desk.report, desk.say))

    def made_of(source: str, period: str | None) -> Arrival | None:
        return next((a for a in desk.arrivals if (a.source, a.period, a.origin) == (source, period, origin)), None)

    def original(delivery_id: str) -> tuple[str, bytes]:
        arrival = by_id[delivery_id]
        if delivery_id not in holding and not made_of(arrival.source, arrival.period):
            raise KeyError(delivery_id)
        return arrival.file_name, archive.get(arrival.sha256)

    def next_name(file_name: str) -> str:
        contract = next(c for c in load_contracts().values() if c.parse_name(file_name))
        parsed = contract.parse_name(file_name)
        assert parsed
        before = made_of(contract.source, parsed[0])
        if before:
            return before.file_name
        versions = [a.version for a in desk.arrivals if (a.source, a.period) == (contract.source, parsed[0])]
        stem = file_name.removesuffix(contract.suffix).split("_更正")[0]
        return f"{stem}_更正{max(versions, default=0) + 1}{contract.suffix}"

    corrected = returns.corrected_files(content, original, next_name)
    archive.put(content)
    for item in corrected:
        desk.receive(Candidate(item.source, item.file_name, item.content, origin))
    record = {"file": where, "corrected": [item.file_name for item in corrected]}
    archive_module.write_whole(taken, json.dumps(record, ensure_ascii=False).encode())


# ------------------------------------------------------------------------------------------ parse and judge


@dataclass(frozen=True)
class ParsedDelivery:
    arrival: Arrival
    contract: Contract
    key: str
    folder: Path
    info: dict[str, Any]

    @property
    def refused(self) -> bool:
        return self.info["status"] == "refused"


def _parsed(
    archive: Archive, report: IntakeReport, say: Progress, only: Callable[[Arrival], bool] | None = None
) -> list[ParsedDelivery]:
    contracts = load_contracts()
    newest = {a.delivery_id: a for a in archive.arrivals() if a.source in contracts and (only is None or only(a))}
    result = []
    for done, arrival in enumerate(newest.values(), start=1):
        contract = contracts[arrival.source]
        plan = plan_digest() if contract.looks_into_plan else ""
        key = content_key("parsed", arrival.delivery_id, arrival.sha256, contract.fingerprint, PARSER, plan)
        if not archive.derived("parsed", key).exists():
            say(f"解析 parsing {done}/{len(newest)} {arrival.source}/{arrival.file_name}")
            report.parsed += 1
        try:
            folder = archive.derive("parsed", key, partial(_parse, archive, arrival, contract))
        except Exception as error:
            # A fault of ours must not take the other files with it; nothing is kept, so it is tried again.
            log.debug("parsing %s/%s failed", arrival.source, arrival.file_name, exc_info=True)
            at = traceback.extract_tb(error.__traceback__)[-1]
            detail = f"fault while parsing: {type(error).__name__}: {error} ({Path(at.filename).name}:{at.lineno})"
            report.failures.append(f"{arrival.source}/{arrival.file_name}: {detail}")
            info = {"status": "refused", "reason": "unreadable", "detail": detail}
            result.append(ParsedDelivery(arrival, contract, key, archive.derived("parsed", key), info))
            continue
        result.append(ParsedDelivery(arrival, contract, key, folder, read_json(folder / "parsed.json")))
    return result


def _parse(archive: Archive, arrival: Arrival, contract: Contract, folder: Path) -> None:
    info: dict[str, Any]
    try:
        if contract.parse_name(arrival.file_name) is None:
            raise Refused("unrecognised_name", f"应为 expected {contract.file_example}")
        parsed = parse(archive.get(arrival.sha256), contract, arrival.period)
    except Refused as refusal:
        info = {"status": "refused", "reason": refusal.reason, "detail": refusal.detail}
    else:
        info = {
            "status": "parsed",
            "header": parsed.header,
            "code_header": parsed.code_header,
            "sheet": parsed.sheet,
            "money_unit": parsed.money_unit,
            "extra_columns": parsed.extra_columns,
            "notes": [[n.row_number, n.column_name, n.cell, n.reason] for n in parsed.notes],
        }
        for name, frame in parsed.tables.items():
            frame.write_parquet(folder / f"{name or 'rows'}.parquet", compression="zstd")
        if parsed.cells is not None:
            parsed.cells.write_parquet(folder / "cells.parquet", compression="zstd")
    (folder / "parsed.json").write_text(json.dumps(info, ensure_ascii=False), encoding="utf-8")


def in_force(deliveries: Iterable[ParsedDelivery]) -> set[str]:
    """Ids of the deliveries that answer for their period: the highest correction that was not refused; of lists
    that replace each other the newest. A file of the same name sent again later stands above the earlier one."""
    groups: dict[tuple[str, str | None], list[ParsedDelivery]] = defaultdict(list)
    for delivery in deliveries:
        if not delivery.refused:
            replaces_all = delivery.contract.newest_only
            groups[delivery.arrival.source, None if replaces_all else delivery.arrival.period].append(delivery)

    def rank(delivery: ParsedDelivery) -> tuple[str, int, int]:
        arrival = delivery.arrival
        # A list without a date in its name (the price index) comes whole each time: the latest to arrive holds.
        return arrival.period or "", arrival.version if arrival.period else 0, arrival.sequence

    return {max(group, key=rank).arrival.delivery_id for group in groups.values()}


def _registers(deliveries: list[ParsedDelivery]) -> Registers:
    chosen = [d for d in deliveries if d.arrival.source == REGISTER]
    current = in_force(chosen)
    accepted, keys = {}, {}
    for delivery in chosen:
        if delivery.arrival.delivery_id not in current:
            continue
        year = delivery.arrival.period or ""
        frame = pl.read_parquet(delivery.folder / "rows.parquet")
        judged = judge_register(frame, delivery.contract, delivery.info["code_header"])
        accepted[year] = judged.filter(pl.col("outcome") == "accepted")
        keys[year] = delivery.key
    return build_registers(accepted, keys)


def _judged(
    archive: Archive,
    deliveries: list[ParsedDelivery],
    known: Registers,
    report: IntakeReport,
    say: Progress,
) -> list[Delivery]:
    current = in_force(deliveries)
    result = []
    for done, delivery in enumerate(deliveries, start=1):
        arrival, contract = delivery.arrival, delivery.contract
        common: dict[str, Any] = {
            "delivery_id": arrival.delivery_id,
            "source": arrival.source,
            "bureau": contract.bureau,
            "file_name": arrival.file_name,
            "period": arrival.period,
            "version": arrival.version,
            "sha256": arrival.sha256,
            "received_at": arrival.received_at,
            "county_code": arrival.county_code or county_code(),
        }
        if delivery.refused:
            result.append(
                Delivery(
                    **common,
                    status="refused",
                    reason=delivery.info["reason"],
                    detail=delivery.info["detail"],
                    in_force=False,
                )
            )
            continue
        # Only what looks enterprises up depends on the registers.
        depends = known.fingerprint if contract.enterprise else ""
        key = content_key("judged", delivery.key, depends, JUDGE)
        if not archive.derived("judged", key).exists():
            say(f"判定 judging {done}/{len(deliveries)} {arrival.source}/{arrival.file_name}")
            report.judged += 1
        folder = archive.derive("judged", key, partial(_judge, delivery, known))
        holds = arrival.delivery_id in current
        result.append(
            Delivery(
                **common,
                status="accepted" if holds else "superseded",
                reason=None,
                detail=None,
                in_force=holds,
                judged=folder,
                sheet=delivery.info.get("sheet"),
                **read_json(folder / "judged.json"),
            )
        )
    return sorted(result, key=lambda d: (d.source, d.period or "", d.version, d.file_name, d.sha256))


def _judge(delivery: ParsedDelivery, known: Registers, folder: Path) -> None:
    arrival, contract = delivery.arrival, delivery.contract
    constants = {
        "delivery_id": pl.lit(arrival.delivery_id),
        "period": pl.lit(arrival.period, dtype=pl.String),
    }
    if contract.unit_in_row_2:
        constants["money_unit"] = pl.lit(delivery.info["money_unit"])
    notes = pl.DataFrame(
        delivery.info["notes"],
        schema={"row_number": pl.Int32, "column_name": pl.String, "cell": pl.String, "reason": pl.String},
        orient="row",
    )
    notes.write_parquet(folder / "notes.parquet")
    if contract.tables:
        for table in contract.tables:
            frame = pl.read_parquet(delivery.folder / f"{table.name}.parquet")
            frame.select(*(expression.alias(name) for name, expression in constants.items()), pl.all()).write_parquet(
                folder / f"{table.name}.parquet"
            )
        counts: dict[str, int] = {}
    else:
        outcome = judge(
            pl.read_parquet(delivery.folder / "rows.parquet"),
            pl.read_parquet(delivery.folder / "cells.parquet"),
            tuple(delivery.info["header"]),
            contract,
            arrival.period,
            delivery.info["code_header"],
            known,
        )
        counts = outcome.counts
        outcome.rows.select(
            *(expression.alias(name) for name, expression in constants.items()), pl.all()
        ).write_parquet(folder / "rows.parquet")
        outcome.quarantined.write_parquet(folder / "quarantined.parquet")
    (folder / "judged.json").write_text(json.dumps(counts), encoding="utf-8")


# ------------------------------------------------------------------------------------------------- returns


def _give_back(home: Home, deliveries: list[Delivery]) -> list[Path]:
    items = []
    for delivery in deliveries:
        if not delivery.in_force or not delivery.rows_quarantined or delivery.judged is None:
            continue
        rows = pl.read_parquet(delivery.judged / "quarantined.parquet").sort("row_number")
        parsed = [(number, reason, column, json.loads(cells)) for number, reason, column, cells in rows.iter_rows()]
        items.append(
            returns.ReturnItem(
                bureau=delivery.bureau,
                source=delivery.source,
                file_name=delivery.file_name,
                delivery_id=delivery.delivery_id,
                header=list(parsed[0][3]),
                rows=[(number, reason, column, list(cells.values())) for number, reason, column, cells in parsed],
            )
        )
    return returns.write_returns(items, home.returns)
