"""`python -m pipelines.build.dbt_worker TARGET CACHE`: the one dbt invocation of a night, in a process of its own.

Importing dbt and reading its project take seconds, so the process starts while intake runs and waits, project
parsed, for the word `go` on stdin; then it builds. Events go to stdout as JSON, artifacts to the folder TARGET. What
was parsed is kept in the file CACHE, so that the next night parses only what changed.

Exit codes: 0 built, 1 something failed, 2 dbt itself failed.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pipelines.build.dbt_project import NIGHTLY_BUILD, PARTIAL_PARSE, project_arguments
from pipelines.build.parent import lines_from_parent


def main(target: Path, cache: Path) -> int:
    told = lines_from_parent()
    from dbt.cli.main import dbtRunner

    from pipelines import forecast

    target.mkdir(parents=True, exist_ok=True)
    if cache.is_file():
        shutil.copyfile(cache, target / PARTIAL_PARSE)
    arguments = [*project_arguments(target), "--log-format", "json"]
    parsed = dbtRunner().invoke(["parse", "--quiet", *arguments])
    if not parsed.success:
        return 2 if parsed.exception else 1
    part = target / f"{PARTIAL_PARSE}.part"
    shutil.copyfile(target / PARTIAL_PARSE, part)
    part.replace(cache)

    forecast.load()
    if told() != b"go":
        return 2
    built = dbtRunner(manifest=parsed.result).invoke([*NIGHTLY_BUILD, *arguments])  # type: ignore[arg-type]
    if built.exception:
        print(built.exception, file=sys.stderr)
        return 2
    return 0 if built.success else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
