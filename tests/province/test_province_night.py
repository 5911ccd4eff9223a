"""A province's night by the command: one county that fails, roll-backs, and the same content for the same counties."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.home import Home
from pipelines.last_night import last_night
from pipelines.province.registry import County, Province, add_county, read_province
from pipelines.province.rollup import roll_up
from pipelines.province.work_file import county_releases
from pipelines.release import current_release, table_digests
from pipelines.release.verify import altered
from tests.province.conftest import GROUPED, OTHER_PLAN, SAMPLE_CODE, Made, command, copy_of


def pointers(province: Province) -> dict[str, str]:
    homes = {county.county_code: province.home_of(county) for county in province.counties}
    return {code: str(home.current.readlink()) for code, home in homes.items() if home.current.is_symlink()}


def test_the_first_night_says_what_became_of_whom(made: Made) -> None:
    assert "已发布 published 2, 未发布 not published 0" in made.screen
    assert "[2/2]" not in made.screen, "progress is no result"
    home = made.province.home_of(made.province.county(GROUPED))
    told, release = last_night(home), current_release(home)
    assert told is not None and release is not None
    assert told.is_published and told.release == release.release_id


def test_a_broken_county_goes_in_with_its_last_good_release(made: Made, tmp_path: Path) -> None:
    broken = copy_of(made, tmp_path)
    before = pointers(broken.province)
    area = broken.root / "plans" / OTHER_PLAN / "area.csv"
    area.write_text("code,name_zh,name_en,area_type,parent_code\n", encoding="utf-8")
    # One that never published anything, and whose plan is that of another county.
    add_county(broken.province, County("337109", "空县", "Empty County", plan=f"plans/{GROUPED}"))
    done = broken.run("province", "nightly", "--county", OTHER_PLAN)
    assert done.returncode == 1
    assert "已发布 published 0, 未发布 not published 1 (共 of 1" in done.stdout
    assert f"{OTHER_PLAN} 苇坞县 — plan: 方案无法使用 the plan cannot be used" in done.stdout
    assert f"沿用上一版本 last good release used: {OTHER_PLAN}" in done.stdout
    assert "缺 missing: 337109" in done.stdout
    logs = [line.split()[-1] for line in done.stdout.splitlines() if "日志 log" in line]
    assert logs and "area.csv" in Path(logs[0]).read_text(encoding="utf-8")
    assert pointers(broken.province) == before, "no county's pointer moved"

    release = current_release(broken.province.home)
    assert release is not None
    entries = {entry["county_code"]: entry for entry in release.manifest["counties"]}
    assert {code: entry["status"] for code, entry in entries.items()} == {
        GROUPED: "accepted", OTHER_PLAN: "stale", SAMPLE_CODE: "accepted", "337109": "missing",
    }  # fmt: skip
    assert "the plan cannot be used" in entries[OTHER_PLAN]["reason"]
    with duckdb.connect(str(release.tables), read_only=True) as con:
        coverage = con.sql(
            "select distinct n_counties, county_coverage from marts.indicator_value "
            "where breakdown = 'province' and indicator_id = 'tax_per_mu_above_scale' and period = '2021-12'"
        ).fetchall()
        delivered = dict(
            con.sql("select county_code, any_value(status) from audit.delivery group by county_code").fetchall()
        )
        named = con.sql("select name_zh from marts.dimension where county_code = '337109'").fetchall()
    assert coverage == [(3, 0.75)], "the one that lacks is not taken for 0: it shows in the coverage"
    assert delivered == {code: entry["status"] for code, entry in entries.items()}
    assert named == [("空县",)]
    status = broken.run("province", "status")
    assert status.returncode == 1 and "未发布 not published" in status.stdout


def test_the_same_counties_give_the_same_content(made: Made, tmp_path: Path) -> None:
    again = copy_of(made, tmp_path)
    first = current_release(again.province.home)
    assert first is not None
    # Of another time: the releases are the same content under other names.
    for county in again.province.counties:
        home = again.province.home_of(county)
        release = current_release(home)
        assert release is not None
        other = f"20300101T000000Z{release.release_id[16:]}"
        release.path.rename(home.releases / other)
        home.current.unlink()
        home.current.symlink_to(f"releases/{other}")
    done = again.run("province", "rollup")
    assert done.returncode == 0, done.stdout + done.stderr
    second = current_release(again.province.home)
    assert second is not None and second.release_id != first.release_id
    assert second.content_hash == first.content_hash
    assert table_digests(second.public_tables) == table_digests(first.public_tables)
    assert table_digests(second.tables) == table_digests(first.tables)


def test_a_county_is_rolled_back_alone(made: Made, tmp_path: Path) -> None:
    rolled = copy_of(made, tmp_path)
    home = rolled.province.home_of(rolled.province.county(GROUPED))
    now = current_release(home)
    assert now is not None
    older = home.releases / f"20200101T000000Z-{now.content_hash[:8]}"
    shutil.copytree(now.path, older)
    before = pointers(rolled.province)
    done = rolled.run("--county", GROUPED, "release", "rollback")
    assert done.returncode == 0, done.stderr
    after = pointers(rolled.province)
    assert after == {**before, GROUPED: f"releases/{older.name}"}
    listed = rolled.run("province", "list").stdout
    assert older.name in listed and now.release_id not in listed
    assert rolled.run("province", "status").returncode == 1, "the roll-up holds another release than its readers see"


def test_a_command_for_a_county_asks_which(made: Made) -> None:
    for asked in ("nightly", "status", "scoreboard"):
        done = made.run(asked)
        assert done.returncode == 2 and "is a province: name a county" in done.stderr
    shown = made.run("--county", SAMPLE_CODE, "scoreboard", "2021-12")
    assert shown.returncode == 0, shown.stderr
    assert made.run("--county", "339999", "status").returncode == 1


def test_the_province_is_shown(made: Made) -> None:
    shown = made.run("province", "show", "规上工业亩均税收", "2021-12").stdout
    assert "330000 演示省" in shown and "3 (100%)" in shown and "330521 德清县" in shown
    board = made.run("province", "scoreboard").stdout
    assert "不汇总 not rolled up" in board and "rule_differs" in board
    nothing = made.run("province", "show", "no_such_indicator")
    assert nothing.returncode == 1 and "no county has such an indicator" in nothing.stderr


@pytest.mark.parametrize("code", [GROUPED, OTHER_PLAN])
def test_every_delivery_names_its_county(made: Made, code: str) -> None:
    records = list((made.root / "counties" / code / "raw" / "archive" / "deliveries").rglob("*.json"))
    assert len(records) > 100
    assert {json.loads(path.read_text(encoding="utf-8"))["county_code"] for path in records} == {code}


def test_a_release_of_another_county_is_not_taken(made: Made, tmp_path: Path) -> None:
    mixed = copy_of(made, tmp_path)
    wrong = mixed.province.home_of(mixed.province.county(OTHER_PLAN))
    shutil.rmtree(wrong.warehouse)
    shutil.copytree(mixed.province.home_of(mixed.province.county(GROUPED)).warehouse, wrong.warehouse, symlinks=True)
    found = {one.county.county_code: one for one in county_releases(mixed.province)}
    assert found[OTHER_PLAN].status == "missing" and f"says {GROUPED}" in str(found[OTHER_PLAN].reason)


def test_a_province_without_releases_publishes_nothing(made: Made, tmp_path: Path) -> None:
    empty = copy_of(made, tmp_path)
    for county in empty.province.counties:
        shutil.rmtree(empty.province.home_of(county).releases)
    before = current_release(empty.province.home)
    result = roll_up(empty.province, print)
    assert not result.ok and result.headline == "没有一个县有版本 no county has a release"
    assert len(result.details) == 3
    assert current_release(empty.province.home) == before


def test_a_copy_of_the_province_is_a_province(made: Made, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    done = made.run("province", "backup", str(copy))
    assert done.returncode == 0, done.stderr
    there = read_province(Home(copy))
    assert there.counties == made.province.counties
    assert pointers(there) == pointers(made.province)
    assert there.plan_of(there.county(OTHER_PLAN)) == copy / "plans" / OTHER_PLAN
    for mine, theirs in zip(made.province.counties, there.counties, strict=True):
        release = current_release(there.home_of(theirs))
        assert release is not None and altered(release) == []
        assert release.release_id == current_release(made.province.home_of(mine)).release_id  # type: ignore[union-attr]
    assert command(copy, made.code, "verify").returncode == 0
    again = made.run("province", "backup", str(copy))
    assert "copied 0 releases, 0 files" in again.stdout
    inside = made.run("province", "backup", str(made.root / "copy"))
    assert inside.returncode == 2 and not (made.root / "copy").exists()
    rebuilt = made.run("verify", "--rebuild")
    assert rebuilt.returncode == 2 and "--county" in rebuilt.stderr
