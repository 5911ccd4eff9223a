"""The intake: inbox, API and database → archive → rows and their outcomes → what goes back to the bureaus."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

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
from pipelines.intake.registers import build_registers, read_registers
from pipelines.plan.seeds import county_code, plan_digest
from pipelines.workers import Failed, Task, Workers

log = logging.getLogger(__name__)

Progress = Callable[[str], None]
CHINA = ZoneInfo("Asia/Shanghai")
REGISTER = "register"


def _code_fingerprint(*modules: Any) -> str:
    return hashlib.sha256(b"".join(Path(m.__file__).read_bytes() for m in modules)).hexdigest()


# What was parsed or judged by other code, or written in another layout, is parsed or judged again.
LAYOUT = "2"
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
    # of the rows that go back: what a return workbook is made from
    quarantined_sha256: str | None = None


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
    # After a run that died, nothing is read in this process: the file it died of would end this one too.
    with archive.held() as died, Workers(always=died) as workers:
        run = _Run(archive, report, say, workers)
        _archive_new(home, run, now)
        report.deliveries = _answer(run)
        report.returned = _give_back(home, run)
    return report


def known_deliveries(home: Home, only: Callable[[Arrival], bool] | None = None) -> list[Delivery]:
    """Every delivery that has arrived (of those, the ones that are `only` asked for, as if no other had) and what
    became of it; takes nothing in."""
    if not home.archive.is_dir():
        return []
    archive = Archive(home.archive)
    with archive.held() as died, Workers(always=died) as workers:
        return _answer(_Run(archive, IntakeReport(), lambda message: None, workers), only)


@dataclass(frozen=True)
class _Run:
    """One intake under way. `failed`: why a delivery could not be parsed or judged, by the key of what was not made."""

    archive: Archive
    report: IntakeReport
    say: Progress
    workers: Workers
    failed: dict[str, str] = field(default_factory=dict)

    def make(self, kind: str, what: str, wanted: Mapping[str, tuple[Arrival, tuple[Any, ...]]]) -> int:
        """`kind` of each delivery by its key, where it is not there: `_MAKERS[kind](archive, key, arrival, …)`, many
        of them at once. Returns how many were wanting. A fault of ours with one must not take the others with it;
        nothing is kept of it, so it is tried again the next time."""
        missing = [key for key in wanted if key not in self.failed and not self.archive.derived(kind, key).exists()]
        tasks = [
            Task(_MAKERS[kind], (self.archive.root, key, arrival, *more), arrival.size)
            for key in missing
            for arrival, more in [wanted[key]]
        ]
        found: dict[int, str] = {}
        for done, (index, outcome) in enumerate(self.workers.run(tasks, partial(_explain, what)), start=1):
            arrival, _ = wanted[missing[index]]
            self.say(f"{what} {done}/{len(missing)} {arrival.source}/{arrival.file_name}")
            if isinstance(outcome, Failed):
                found[index] = outcome.detail
        for index, detail in sorted(found.items()):
            arrival, _ = wanted[missing[index]]
            self.failed[missing[index]] = detail
            self.report.failures.append(f"{arrival.source}/{arrival.file_name}: {detail}")
        return len(missing)


def _explain(what: str, error: BaseException) -> str:
    log.debug("%s failed", what, exc_info=error)
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"fault while {what.split()[-1]}: {type(error).__name__}: {error} ({Path(at.filename).name}:{at.lineno})"


def _answer(run: _Run, only: Callable[[Arrival], bool] | None = None) -> list[Delivery]:
    return _judged(run, _parsed(run, only))


# ----------------------------------------------------------------------------------------------- arrivals


def _archive_new(home: Home, run: _Run, now: datetime) -> None:
    mended: list[Path] = []
    desk = _Desk(run.archive, run.report, run.say, now)
    for candidate in _pulled(run.report, run.say, now):
        desk.receive(candidate)
    for candidate in _dropped(home, run.report, mended):
        desk.receive(candidate)
    for path in mended:
        where = str(path.relative_to(home.inbox))
        try:
            _take_return(_read(path), where, run, desk)
        except (OSError, ValueError) as error:
            run.report.failures.append(f"{where}: {error}")


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
        self.sequence = max((a.sequence for a in self.arrivals), default=0)

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
            sequence=self.sequence + 1,
            origin=candidate.origin,
            county_code=self.county_code,
        )
        self.archive.record(arrival)
        self.sequence = arrival.sequence
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


def _dropped(home: Home, report: IntakeReport, mended: list[Path]) -> Iterator[Candidate]:
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
            mended.append(path)
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


def _take_return(content: bytes, where: str, run: _Run, desk: _Desk) -> None:
    """A return workbook that came home mended: one corrected file for each file it changes. Taken once.

    The origin of the corrected files names the workbook, so that a run cut off half-way goes on where it was.
    Raises `ReturnError` (a `ValueError`) naming sheet and cell.
    """
    archive = run.archive
    sha256 = hashlib.sha256(content).hexdigest()
    taken = archive.root / "returns_taken" / f"{sha256}.json"
    if taken.exists():
        return
    origin = f"return:{sha256[:16]}"
    by_id = {a.delivery_id: a for a in desk.arrivals}
    holding = in_force(_parsed(run))

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


def parsed_key(arrival: Arrival, plan: str) -> str:
    """Under which the archive keeps what was parsed of a delivery, by the code and the contract in force and a plan
    (its `plan_digest`)."""
    contract = load_contracts()[arrival.source]
    depends = plan if contract.looks_into_plan else ""
    return content_key("parsed", LAYOUT, arrival.delivery_id, arrival.sha256, contract.fingerprint, PARSER, depends)


def _parsed(run: _Run, only: Callable[[Arrival], bool] | None = None) -> list[ParsedDelivery]:
    contracts = load_contracts()
    archive = run.archive
    newest = {a.delivery_id: a for a in archive.arrivals() if a.source in contracts and (only is None or only(a))}
    plan = plan_digest()
    keys = {parsed_key(arrival, plan): arrival for arrival in newest.values()}
    run.report.parsed += run.make("parsed", "解析 parsing", {key: (arrival, ()) for key, arrival in keys.items()})
    result = []
    for key, arrival in keys.items():
        folder = archive.derived("parsed", key)
        info = _unreadable(run.failed[key]) if key in run.failed else read_json(folder / "parsed.json")
        result.append(ParsedDelivery(arrival, contracts[arrival.source], key, folder, info))
    return result


def _unreadable(detail: str) -> dict[str, Any]:
    return {"status": "refused", "reason": "unreadable", "detail": detail}


def _parse(root: Path, key: str, arrival: Arrival) -> None:
    archive = Archive(root)
    archive.derive("parsed", key, partial(_write_parsed, archive, arrival, load_contracts()[arrival.source]))


def _write_parsed(archive: Archive, arrival: Arrival, contract: Contract, folder: Path) -> None:
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
            # The normalised code is the typed code column: kept once.
            _write_parquet(frame.drop("code_norm", strict=False), folder / f"{name or 'rows'}.parquet")
        if parsed.cells is not None:
            _write_parquet(parsed.cells, folder / "cells.parquet")
    (folder / "parsed.json").write_text(json.dumps(info, ensure_ascii=False), encoding="utf-8")


def _parsed_rows(folder: Path, contract: Contract) -> pl.DataFrame:
    frame = pl.read_parquet(folder / "rows.parquet")
    return frame.with_columns(code_norm=contract.enterprise.code) if contract.enterprise else frame


def _write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """zstd's first level: a fifth less time than the default, two per cent more bytes."""
    frame.write_parquet(path, compression="zstd", compression_level=1)


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


def _registers(archive: Archive, chosen: list[ParsedDelivery], fingerprint: str) -> Path:
    """The folder of what the registers in force know; made where it is not there."""

    def write(folder: Path) -> None:
        accepted = {}
        for delivery in chosen:
            frame = _parsed_rows(delivery.folder, delivery.contract)
            judged = judge_register(frame, delivery.contract, delivery.info["code_header"])
            accepted[delivery.arrival.period or ""] = judged.filter(pl.col("outcome") == "accepted")
        build_registers(accepted).write(folder)

    return archive.derive("registers", content_key("registers", LAYOUT, fingerprint, JUDGE), write)


def _judged(run: _Run, deliveries: list[ParsedDelivery]) -> list[Delivery]:
    archive = run.archive
    current = in_force(deliveries)
    chosen = [d for d in deliveries if d.arrival.source == REGISTER and d.arrival.delivery_id in current]
    fingerprint = content_key(*(part for d in chosen for part in (d.arrival.period or "", d.key)))
    keys = {
        delivery.key: content_key(
            # Only what looks enterprises up depends on the registers.
            *("judged", LAYOUT, delivery.key, fingerprint if delivery.contract.enterprise else "", JUDGE)
        )
        for delivery in deliveries
        if not delivery.refused
    }
    if any(not archive.derived("judged", key).exists() for key in keys.values()):
        known = _registers(archive, chosen, fingerprint)
        wanted = {keys[d.key]: (d.arrival, (d.key, known)) for d in deliveries if d.key in keys}
        run.report.judged += run.make("judged", "判定 judging", wanted)
        if failed := {key: run.failed[judged] for key, judged in keys.items() if judged in run.failed}:
            # As one that could not be parsed: the period stays as it was.
            deliveries = [replace(d, info=_unreadable(failed[d.key])) if d.key in failed else d for d in deliveries]
            current = in_force(deliveries)
    result = []
    for delivery in deliveries:
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
        folder = archive.derived("judged", keys[delivery.key])
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


def _judge(root: Path, key: str, arrival: Arrival, parsed_key: str, known: Path) -> None:
    archive = Archive(root)
    contract = load_contracts()[arrival.source]
    parsed = archive.derived("parsed", parsed_key)
    archive.derive("judged", key, partial(_write_judged, arrival, contract, parsed, known))


def _write_judged(arrival: Arrival, contract: Contract, parsed: Path, known: Path, folder: Path) -> None:
    info = read_json(parsed / "parsed.json")
    constants = {
        "delivery_id": pl.lit(arrival.delivery_id),
        "period": pl.lit(arrival.period, dtype=pl.String),
    }
    if contract.unit_in_row_2:
        constants["money_unit"] = pl.lit(info["money_unit"])
    if info["notes"]:
        notes = pl.DataFrame(
            info["notes"],
            schema={"row_number": pl.Int32, "column_name": pl.String, "cell": pl.String, "reason": pl.String},
            orient="row",
        )
        _write_parquet(notes, folder / "notes.parquet")
    record: dict[str, Any] = {}
    if contract.tables:
        for table in contract.tables:
            frame = pl.read_parquet(parsed / f"{table.name}.parquet")
            columns = (expression.alias(name) for name, expression in constants.items())
            _write_parquet(frame.select(*columns, pl.all()), folder / f"{table.name}.parquet")
    else:
        outcome = judge(
            _parsed_rows(parsed, contract),
            pl.read_parquet(parsed / "cells.parquet"),
            tuple(info["header"]),
            contract,
            arrival.period,
            info["code_header"],
            read_registers(known),
        )
        record |= outcome.counts
        columns = (expression.alias(name) for name, expression in constants.items())
        _write_parquet(outcome.rows.select(*columns, pl.all()), folder / "rows.parquet")
        if not outcome.quarantined.is_empty():
            spoiled = folder / "quarantined.parquet"
            _write_parquet(outcome.quarantined, spoiled)
            record["quarantined_sha256"] = hashlib.sha256(spoiled.read_bytes()).hexdigest()
    (folder / "judged.json").write_text(json.dumps(record), encoding="utf-8")


_MAKERS: dict[str, Callable[..., None]] = {"parsed": _parse, "judged": _judge}


# ------------------------------------------------------------------------------------------------- returns


def _give_back(home: Home, run: _Run) -> list[Path]:
    kept = [
        returns.KeptReturn(
            delivery.bureau,
            delivery.source,
            delivery.file_name,
            delivery.delivery_id,
            delivery.rows_quarantined,
            delivery.quarantined_sha256,
            delivery.judged / "quarantined.parquet",
        )
        for delivery in run.report.deliveries
        if delivery.in_force and delivery.rows_quarantined and delivery.judged and delivery.quarantined_sha256
    ]
    try:
        return returns.write_returns(kept, home.returns, run.workers)
    except returns.NotWritten as error:
        run.report.failures.append(str(error))
        return error.written
