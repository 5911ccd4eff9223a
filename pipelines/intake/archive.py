"""The archive: bytes once under their sha256, arrival records, and what was made of them. Nothing is rewritten.

Layout: docs/architecture.md, "Archive". A file or folder appears under its name only when it is whole (written
aside, then renamed), so a crash leaves nothing half-taken.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock


@dataclass(frozen=True)
class Arrival:
    """One file as it came in. `sequence` orders arrivals; `origin` is `inbox`, `api`, `database` or `return:…`;
    `county_code`: the county it was delivered to, None in the records of before there was such a column."""

    source: str
    file_name: str
    period: str | None
    version: int
    sha256: str
    size: int
    received_at: str
    sequence: int
    origin: str
    county_code: str | None = None

    @property
    def delivery_id(self) -> str:
        return content_key(self.source, self.file_name, self.sha256)[:16]


def content_key(*parts: str) -> str:
    """A key that depends on every part and on nothing else."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


class Archive:
    def __init__(self, root: Path) -> None:
        self.root = root

    def object_path(self, sha256: str) -> Path:
        return self.root / "objects" / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keeps the bytes; returns their sha256."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.object_path(sha256)
        if not path.exists():
            write_whole(path, content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes as they arrived. Raises `OSError` where they were damaged since."""
        content = self.object_path(sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise OSError(f"archive object {sha256} no longer has its content; restore it from a back-up")
        return content

    def arrivals(self) -> Iterator[Arrival]:
        """Every arrival, in order."""
        for path in sorted((self.root / "deliveries").glob("*/*.json"), key=lambda p: p.name):
            yield Arrival(**json.loads(path.read_text(encoding="utf-8")))

    def record(self, arrival: Arrival) -> None:
        """From here on the delivery has arrived."""
        path = self.root / "deliveries" / arrival.source / f"{arrival.sequence:08d}-{arrival.delivery_id}.json"
        write_whole(path, json.dumps(asdict(arrival), ensure_ascii=False, indent=1).encode())

    def derived(self, kind: str, key: str) -> Path:
        """Folder of what was made of a delivery; it exists only when it is whole."""
        return self.root / kind / key[:2] / key

    @property
    def _aside(self) -> Path:
        return self.root / ".aside"

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Nobody else changes the archive meanwhile. Gives whether the last to hold it died in the midst; what that
        one was making is removed."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / ".lock"):
            mark = self.root / ".held"
            died = mark.exists()
            if self._aside.is_dir():
                shutil.rmtree(self._aside)
            mark.touch()
            try:
                yield died
            finally:
                mark.unlink(missing_ok=True)

    def derive(self, kind: str, key: str, write: Callable[[Path], None]) -> Path:
        """The folder, made by `write(folder)` where it is not there yet."""
        path = self.derived(kind, key)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = self._aside / uuid.uuid4().hex
            aside.mkdir(parents=True)
            try:
                write(aside)
                aside.rename(path)
            except BaseException:
                shutil.rmtree(aside, ignore_errors=True)
                raise
        return path


def write_whole(path: Path, content: bytes) -> None:
    """Writes aside, flushes to disk, renames: the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
