"""Is a release still what was published, and does the archive still give it?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.home import Home
from pipelines.release.files import file_digest
from pipelines.release.store import MANIFEST, Release, list_releases
from pipelines.release.tables import NOT_REBUILT, table_digests

Say = Callable[[str], None]


def altered(release: Release) -> list[str]:
    """What of a release is not as its manifest says, a line each: a changed, missing or added file, a changed table."""
    return list(_altered(release))


def _altered(release: Release) -> Iterator[str]:
    recorded = release.manifest["files"]
    present = {
        path.relative_to(release.path).as_posix(): path
        for path in sorted(release.path.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    for name, facts in recorded.items():
        path = present.pop(name, None)
        if path is None:
            yield f"{name}: 缺失 missing"
        elif path.stat().st_size != facts["bytes"] or file_digest(path) != facts["sha256"]:
            yield f"{name}: 内容已变 not the bytes that were published"
    for name in present:
        yield f"{name}: 不属于该版本 was not published with it"


def chain_faults(home: Home) -> list[str]:
    """Breaks in the chain of releases: each manifest holds the sha256 of the one before. A pruned one is no break."""
    known = {release.release_id: release for release in list_releases(home)}
    faults = []
    for release in known.values():
        before = known.get(str(release.manifest["previous"]))
        if before and file_digest(before.path / MANIFEST) != release.manifest.get("previous_manifest"):
            faults.append(f"{before.release_id}/{MANIFEST}: 清单已变 not the manifest that {release.release_id} names")
    return faults


def rebuilt_differences(home: Home, release: Release, say: Say) -> list[str]:
    """Tables that come out otherwise when the release is computed again from the archive's bytes, a line each.

    Takes just the deliveries its manifest names, by the code and plan of now; where those differ from the release's,
    the first lines say so. What is of its night or of the releases before it is left out. Raises `DbtFailed`.
    """
    from pipelines.build.rebuild import rebuild
    from pipelines.plan.seeds import plan_digest
    from pipelines.release.code import code_digest

    lines = []
    if release.manifest["code"] != code_digest():
        lines.append("代码不同 the code is not the one that made it")
    if release.manifest.get("plan") != plan_digest():
        lines.append("方案不同 the plan is not the one it was made by")
    with tempfile.TemporaryDirectory(prefix="fenghuang-verify-") as folder:
        made = table_digests(rebuild(home, release, Path(folder), say))
    for table, facts in release.manifest["tables"].items():
        now = made.get(table)
        if table not in NOT_REBUILT and (now is None or now.digest != facts["digest"]):
            rows = "no" if now is None else now.rows
            lines.append(f"{table}: 重算结果不同 comes out otherwise ({facts['rows']} rows then, {rows} now)")
    return lines
