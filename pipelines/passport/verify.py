"""Does the archive still give the figure of a passport, and does every row it names stand there?"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb

from pipelines.home import Home
from pipelines.intake.archive import Archive
from pipelines.passport import contributions, evidence, figures, kept
from pipelines.passport.lookup import Key, figure_of_id
from pipelines.passport.pages import NUMBERS
from pipelines.passport.part import INTERNAL, PUBLIC
from pipelines.reading import NothingThere, number
from pipelines.release.files import file_digest
from pipelines.release.store import Release, current_release, list_releases
from pipelines.release.tables import VIEWS, add_views

PASSPORT_ID = re.compile(r"[0-9a-f]{12}")
SHOWN_FAULTS = 10
Say = Callable[[str], None]


@dataclass(frozen=True)
class Verdict:
    """`published` and `recomputed`: the numbers of the figure (`value` first); equal where there are no `faults`."""

    figure_id: str
    key: Key
    release: Release
    published: dict[str, float | None]
    recomputed: dict[str, float | None] | None
    n_rows: int
    faults: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """What a reader is told first."""
        now = "—" if self.recomputed is None else number(self.recomputed["value"])
        word = "不一致 not equal" if self.faults else "一致 equal"
        return [
            f"{self.figure_id} {' '.join(self.key)} ({self.release.release_id})",
            f"公布 published {number(self.published['value'])}, 重算 recomputed {now}, "
            f"所据行 rows {self.n_rows:,}: {word}",
        ]


class _Page(HTMLParser):
    """The machine-readable figure of a page."""

    def __init__(self) -> None:
        super().__init__()
        self._within = False
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag == "script" and dict(attrs).get("id") == "passport"

    def handle_endtag(self, tag: str) -> None:
        self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            self.text += data


def page_facts(path: Path) -> dict[str, Any]:
    """The figure that a page says it is about. Raises `NothingThere` where it is no passport."""
    page = _Page()
    try:
        page.feed(path.read_text(encoding="utf-8"))
        facts = json.loads(page.text)
        return {name: facts[name] for name in ("figure_id", "content_hash", "edition", *KEY, *NUMBERS)}
    except (ValueError, KeyError, TypeError) as error:
        raise NothingThere(f"{path}: 不是数字护照 not the page of a passport") from error


KEY = ("indicator_id", "period", "breakdown", "breakdown_code")


def verify(home: Home, name: str, say: Say) -> Verdict:
    """`name`: a page's path, or an id (of the current release). Computes its release again from the archive's bytes.

    Raises `NothingThere` for what names no passport; `DbtFailed` or `FileNotFoundError` where it could not be computed
    again.
    """
    path = Path(name)
    if path.is_file():
        facts = page_facts(path)
        release = _release_of(home, path, facts["content_hash"])
        key: Key = (facts["indicator_id"], facts["period"], facts["breakdown"], facts["breakdown_code"])
        faults = _page_faults(path, facts, release)
    elif PASSPORT_ID.fullmatch(name):
        current = current_release(home)
        if current is None:
            raise NothingThere("尚未发布 nothing has been published yet; run: fenghuang nightly")
        release, key, faults, facts = current, figure_of_id(current, name), [], {"figure_id": name}
    else:
        raise NothingThere(f"{name}: 既不是护照页面也不是护照编号 neither a passport's page nor an id of 12 digits")
    with duckdb.connect(str(release.tables), read_only=True) as con:
        published = _numbers(con, "marts", key)
    if published is None:
        raise NothingThere(f"{' '.join(key)}: {release.release_id} 没有这个数 does not hold this figure")
    if facts.get("edition") == "internal" and any(facts[n] != published[n] for n in NUMBERS):
        faults.append(f"页面 the page says {number(facts['value'])}, 发布 the release {number(published['value'])}")
    faults += _evidence_faults(release)
    listed = _listed_rows(release, key)
    damaged = _archive_faults(Archive(home.archive), listed)
    if damaged:
        faults += [*damaged, "重算 recomputed —: 请先从备份恢复存档 restore the archive from its back-up first"]
        return Verdict(facts["figure_id"], key, release, published, None, len(listed), faults)
    recomputed, found = _again(home, release, key, say)
    if recomputed != published:
        now = "—" if recomputed is None else number(recomputed["value"])
        faults.append(f"数值 value: 公布 published {number(published['value'])}, 重算 recomputed {now}")
        faults += [
            f"{n}: 公布 published {published[n]!r}, 重算 recomputed {recomputed[n]!r}"
            for n in NUMBERS
            if recomputed is not None and recomputed[n] != published[n]
        ]
    for rows, words in (
        (listed - found, "存档中没有此行 not a row of the archive"),
        (found - listed, "未列出 not listed"),
    ):
        faults += _shortened([f"{_told(row)}: {words}" for row in sorted(rows, key=_told)])
    return Verdict(facts["figure_id"], key, release, published, recomputed, len(listed), faults)


def _release_of(home: Home, path: Path, content_hash: str) -> Release:
    known = list_releases(home)
    inside = [release for release in known if path.resolve().is_relative_to(release.path.resolve())]
    same = inside or [release for release in known if release.content_hash == content_hash]
    if not same:
        raise NothingThere(f"{path}: 没有内容为此的版本 no release of this content is kept: {content_hash[:8]}")
    return same[0]


def _page_faults(path: Path, facts: dict[str, Any], release: Release) -> list[str]:
    folder = INTERNAL if facts["edition"] == "internal" else PUBLIC
    where = f"{folder}/{facts['indicator_id']}/{facts['period']}.html"
    recorded = release.manifest["files"].get(where)
    # A page of another release of the same content differs by its history alone.
    if recorded and recorded["sha256"] == file_digest(path):
        return []
    return [f"{path}: 页面内容已变 not the page that was published as {where}"]


def _evidence_faults(release: Release) -> list[str]:
    """Of what contributions are listed from: files that are missing, or not the bytes that were published."""
    folder = f"{INTERNAL}/{kept.FOLDER}/"
    recorded = {name: file for name, file in release.manifest["files"].items() if name.startswith(folder)}
    if not recorded:
        raise NothingThere(f"{release.release_id}: {folder} 缺失 is missing; nothing can be verified without it")
    faults = []
    for name, file in sorted(recorded.items()):
        path = release.path / name
        if not path.is_file():
            raise NothingThere(f"{release.release_id}: {name} 缺失 is missing; nothing can be verified without it")
        if file_digest(path) != file["sha256"]:
            faults.append(f"{name}: 内容已变 not the bytes that were published")
    return faults


def _listed_rows(release: Release, key: Key) -> set[tuple[Any, ...]]:
    with evidence.of_release(release.path / INTERNAL, release.tables) as con:
        return _rows_of(con, key)


def _rows_of(con: duckdb.DuckDBPyConnection, key: Key) -> set[tuple[Any, ...]]:
    """The rows that a figure stands on: source, file_name, sheet, row_number, sha256."""
    indicator, period, breakdown, code = key
    figures.ask(con, breakdown=breakdown, indicators=[indicator], months=(period, period), code=code)
    return contributions.delivered_rows(con)


def _archive_faults(archive: Archive, rows: set[tuple[Any, ...]]) -> list[str]:
    """Files whose bytes are gone or not those of their sha256."""
    faults = []
    for source, file_name, sha256 in sorted({(row[0], row[1], row[4]) for row in rows}):
        path = archive.object_path(sha256)
        if not path.is_file():
            faults.append(f"{source}/{file_name}: 存档缺失 its bytes are not in the archive ({sha256})")
        elif file_digest(path) != sha256:
            faults.append(f"{source}/{file_name}: 存档内容已变 its bytes are not those that arrived ({sha256})")
    return faults


def _again(
    home: Home, release: Release, key: Key, say: Say
) -> tuple[dict[str, float | None] | None, set[tuple[Any, ...]]]:
    """The numbers of the figure computed again (None where it does not come out), and the rows it stands on now."""
    from pipelines.build.rebuild import rebuild

    with tempfile.TemporaryDirectory(prefix="fenghuang-verify-") as name:
        folder = Path(name)
        tables = rebuild(home, release, folder, say)
        add_views(tables, VIEWS)
        with evidence.of_work_file(tables, folder / "build.duckdb") as con:
            return _numbers(con, "release.marts", key), _rows_of(con, key)


def _numbers(con: duckdb.DuckDBPyConnection, schema: str, key: Key) -> dict[str, float | None] | None:
    found = con.execute(
        f"select {', '.join(NUMBERS)} from {schema}.indicator_value "  # noqa: S608
        "where indicator_id = ? and period = ? and breakdown = ? and breakdown_code = ?",
        list(key),
    ).fetchone()
    return None if found is None else dict(zip(NUMBERS, found, strict=True))


def _told(row: tuple[Any, ...]) -> str:
    source, file_name, sheet, row_number, sha256 = row
    return f"{source}/{file_name}{'!' + sheet if sheet else ''}:{row_number} ({sha256[:12]})"


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN_FAULTS
    return lines[:SHOWN_FAULTS] + ([f"… {more} more"] if more > 0 else [])
