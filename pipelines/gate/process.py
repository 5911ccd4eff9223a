"""The gate's worker process, seen from the run that waits for it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from pipelines.gate.model import CheckResult
from pipelines.gate.suites import EXPECTATIONS

CHECK_SECONDS = 1800.0


class GateDied(Exception):
    """The worker ended or hung before it answered: the checks did not run."""


class GateWorker:
    """Starts loading Great Expectations at once; answers when asked.

    A worker that crashed, was killed or hung raises `GateDied`: no answer is never taken for a good one.
    """

    def __init__(self, log: Path) -> None:
        self._log: IO[bytes] = log.open("ab")
        self._log_path = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.gate.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
        )
        self._unread = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, work_file: Path, docs: Path, suites: Path = EXPECTATIONS) -> None:
        """Let it check `work_file`, which nobody may write any more; `results` are fetched later."""
        request = {"work_file": str(work_file), "docs": str(docs), "suites": str(suites)}
        assert self._process.stdin is not None
        # Where it ended already its answer, which does not come, says so.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")

    def results(self, timeout_s: float = CHECK_SECONDS) -> list[CheckResult]:
        """Results of every check that ran, once asked. Raises `GateDied`."""
        return [CheckResult(**record) for record in self._answer(timeout_s)["results"]]

    def check(
        self,
        work_file: Path,
        docs: Path,
        suites: Path = EXPECTATIONS,
        timeout_s: float = CHECK_SECONDS,
    ) -> list[CheckResult]:
        """Asks and waits. Raises `GateDied`."""
        self.ask(work_file, docs, suites)
        return self.results(timeout_s)

    def wait_for_docs(self, timeout_s: float = CHECK_SECONDS) -> None:
        """Until the Data Docs stand. Raises `GateDied`."""
        self._answer(timeout_s)
        if self._process.wait(timeout_s) != 0:
            raise self._died("after its last answer")

    def close(self) -> None:
        """End the worker if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None and not stream.closed:
                stream.close()

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        """The next line the worker writes. `select`, because a hung worker writes none; a buffer of our own,
        because `select` does not see what a buffered reader has taken already."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._unread:
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self.close()
                raise GateDied(f"the gate's worker gave no answer within {timeout_s:.0f} s and was ended")
            if not (chunk := os.read(pipe, 1 << 16)):
                raise self._died("before it answered")
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _died(self, when: str) -> GateDied:
        code = self._process.wait()
        self.close()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        last = self._log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        return GateDied(f"the gate's worker ended {when} ({how}){': ' + last[0] if last else ''}")
