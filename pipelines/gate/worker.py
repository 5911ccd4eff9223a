"""`python -m pipelines.gate.worker`: loads Great Expectations while intake and build run, then checks one file.

One line of JSON comes in: `work_file`, `suites` (folder), `docs` (folder). Two lines go out: `{"results": [...]}`
as soon as every check has run, then `{"docs": true}` once the Data Docs stand. It ends when stdin closes: the run
that started it is gone then. Anything that goes wrong ends it with a traceback on stderr and an exit code other than 0.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from pipelines.build.parent import lines_from_parent
from pipelines.gate import expectations
from pipelines.gate.suites import load_suites
from pipelines.memory import collect_seldom


def main() -> None:
    # Libraries print; the answers need a channel of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = lines_from_parent()
    collect_seldom()
    expectations.load()
    request = json.loads(asked())
    results, build_docs = expectations.run_suites(
        load_suites(Path(request["suites"])), Path(request["work_file"]), Path(request["docs"])
    )
    print(json.dumps({"results": [asdict(result) for result in results]}), file=answers, flush=True)
    build_docs()
    print(json.dumps({"docs": True}), file=answers, flush=True)


if __name__ == "__main__":
    main()
