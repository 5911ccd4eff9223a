"""Work in other processes: of the intake on several files at once, one file a process; of a release beside the night.

A process that dies (out of memory, a fault in a reader's machine code) costs its one file, never the night. Little
work is done at once in this process: to start another costs half a second. It does not matter to the outcome where and
in which order files are worked on.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

# Below both it is not worth another process.
MANY_TASKS = 24
MANY_BYTES = 8 * 1024**2
# Files of more bytes than this together are not worked on at once, whatever the number of cores: reading one takes
# some ten times its size in memory.
MAX_BYTES_AT_ONCE = 256 * 1024**2


class WorkerDied(Exception):
    """The process that worked on this task ended before it answered."""


@dataclass(frozen=True)
class Failed:
    """A task that raised, or whose process died: what, in plain words."""

    detail: str


@dataclass(frozen=True)
class Task:
    """`function(*arguments)`, both picklable; `size` in bytes of what it reads."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    size: int


def cores() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0))


class Workers:
    """Runs tasks; at most `limit` processes, started when first needed (`always`: for the least) and ended with the
    `with` block, whatever ends it. Should this process be killed, they end by themselves."""

    def __init__(self, limit: int | None = None, *, always: bool = False) -> None:
        self.limit = limit or cores()
        self.always = always
        self._running: list[Worker] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self._running:
            worker.end()

    def run(self, tasks: Sequence[Task], explain: Callable[[BaseException], str] = repr) -> Iterator[tuple[int, Any]]:
        """(index of the task, its answer or `Failed`) as they end; at most one task a process is under way.

        `explain` says what an exception of a task was, where it was raised.
        """
        few = len(tasks) < MANY_TASKS and sum(task.size for task in tasks) < MANY_BYTES
        if few and not self.always and not self._running:
            for index, task in enumerate(tasks):
                yield index, answer(task, explain)
        else:
            yield from self._spread(tasks, explain)

    def _spread(self, tasks: Sequence[Task], explain: Callable[[BaseException], str]) -> Iterator[tuple[int, Any]]:
        # The longest first, so that none is left for the end alone.
        waiting = sorted(range(len(tasks)), key=lambda index: tasks[index].size)
        busy: dict[Connection, tuple[Worker, int]] = {}
        while waiting or busy:
            while waiting and len(busy) < self.limit and self._fits(tasks, waiting[-1], busy):
                index = waiting.pop()
                worker = self._idle(busy)
                worker.give(tasks[index], explain)
                busy[worker.connection] = worker, index
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection)
                worker, index = busy.pop(connection)
                try:
                    yield index, worker.answer()
                except WorkerDied as died:
                    self._running.remove(worker)
                    yield index, Failed(str(died))

    def _idle(self, busy: dict[Connection, tuple[Worker, int]]) -> Worker:
        idle = next((worker for worker in self._running if worker.connection not in busy), None)
        if idle is None:
            idle = Worker()
            self._running.append(idle)
        return idle

    @staticmethod
    def _fits(tasks: Sequence[Task], index: int, busy: dict[Connection, tuple[Worker, int]]) -> bool:
        under_way = sum(tasks[other].size for _, other in busy.values())
        return not busy or under_way + tasks[index].size <= MAX_BYTES_AT_ONCE


def answer(task: Task, explain: Callable[[BaseException], str]) -> Any:
    """What the task gives, or `Failed` where it raised. A panic of a Rust library is no `Exception`."""
    try:
        return task.function(*task.arguments)
    except Exception as error:
        return Failed(explain(error))
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return Failed(explain(error))


class Worker:
    """A process of `pipelines.worker` and the line to it."""

    def __init__(self) -> None:
        self.connection, theirs = Pipe()
        # One thread each: the files are spread over the cores already.
        environment = {**os.environ, "POLARS_MAX_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        theirs.close()

    def give(self, task: Task, explain: Callable[[BaseException], str]) -> None:
        # Where it ended already, its answer says so.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send((task, explain))

    def answer(self) -> Any:
        """Raises `WorkerDied`."""
        try:
            return self.connection.recv()
        except (EOFError, OSError) as error:
            code = self._process.wait()
            self.connection.close()
            how = f"signal {-code}, 可能内存不足 perhaps out of memory" if code < 0 else f"exit code {code}"
            raise WorkerDied(f"处理此项的进程中断 the process that worked on it ended ({how})") from error

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self.connection.close()
