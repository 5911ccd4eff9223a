"""The lists and ledgers of the made-up county: every target is served, and what the contract foresees occurs."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from pipelines.demo.county import County
from pipelines.demo.holders import NOBODY
from pipelines.demo.setting import setting, table
from pipelines.demo.sources import achievement, remediation, title
from pipelines.plan.check import OWN_SEEDS
from tests.demo import reading


def seed(name: str) -> pl.DataFrame:
    return pl.read_csv(OWN_SEEDS / f"{name}.csv", infer_schema=False)


@pytest.fixture(scope="module")
def county() -> County:
    return County(150, (2020, 2021, 2022, 2023), 6)


def files(written: reading.Written, source: str) -> list:
    return sorted((written.inbox / source).iterdir())


# -- achievements --------------------------------------------------------------------------------------------------


def test_every_target_of_the_ledger_occurs_in_its_unit_and_of_its_bureau(clean):
    targets = {row["target_id"]: row for row in seed("indicator_registry").to_dicts()}
    # What covers the register is reported enterprise by enterprise.
    wanted = {
        (
            name,
            "家" if result.endswith("_share") else targets[name]["unit"].removesuffix("/年"),
            targets[name]["lead_unit"],
        )
        for name, result in seed("rule_achievement").select("indicator_id", "result").iter_rows()
    }
    found = {
        (row["指标编号"], row["计量单位"], row["责任单位"])
        for path in files(clean, "achievement")
        for row in reading.table(path)
    }
    served_in_two_years = {entry["id"] for entry in table("achievement") if any(entry["amounts"][:2])}
    assert found == {row for row in wanted if row[0] in served_in_two_years}
    assert {entry["id"] for entry in table("achievement")} == {name for name, _, _ in wanted}
    assert all(any(entry["amounts"]) for entry in table("achievement"))


def test_targets_are_neither_all_met_nor_all_missed(large):
    """Of the targets of the ledger with a minimum, by their value of the last December."""
    targets = {row["target_id"]: row for row in seed("indicator_registry").to_dicts()}
    last = large.read("values").filter(pl.col("breakdown") == "county", pl.col("period") == "2023-12")
    values = dict(last.select("indicator_id", "value").iter_rows())
    served = [name for name in seed("rule_achievement")["indicator_id"] if targets[name]["comparator"] != "between"]
    shares = {name: values[name] / float(targets[name]["target_value"]) for name in served}
    assert all(0.3 < share < 2.1 for share in shares.values()), shares
    assert 0.25 < np.mean([share >= 1 for share in shares.values()]) < 0.85, shares


def test_more_is_reported_at_the_end_of_a_year(large):
    size = {path.stem[-6:]: len(reading.table(path)) for path in files(large, "achievement")}
    assert all(size[f"{year}Q4"] > size[f"{year}Q1"] for year in (2020, 2021, 2022, 2023))


def test_holders_repeat_change_their_names_and_stand_in_two_lists(county):
    rows = {(entry["id"], k): rows for k in range(4) for entry, rows in achievement.draw(county, k)}
    methods = [rows["quality_method_enterprises_annual", k] for k in range(4)]
    assert all(len(set(year.holder.tolist())) < len(year.holder) for year in methods)
    for k in (1, 2, 3):
        (old,) = methods[k].holder[methods[k].former]
        assert county.name[k - 1, old] != county.name[k, old]
        assert (methods[k].holder == old).sum() >= 2
    for k in range(4):
        annual, plan = (rows[f"pinzibiao_brand_enterprises_{window}", k] for window in ("annual", "3y"))
        assert annual.holder.tolist() == plan.holder.tolist()
    everyone = np.concatenate([year.holder for year in rows.values()])
    for kind in (county.holders.named, np.arange(county.n, county.total), np.arange(county.n), [NOBODY]):
        assert np.isin(everyone, kind).any()


def test_keys_of_a_clean_ledger_are_unique(clean):
    for path in files(clean, "achievement"):
        keys = Counter((row["指标编号"], row["事项名称"]) for row in reading.table(path))
        assert set(keys.values()) == {1}, path


# -- titles --------------------------------------------------------------------------------------------------------


def test_the_list_is_whole_each_time_and_names_many_without_a_code(clean):
    older, newer = (reading.table(path) for path in files(clean, "title"))
    assert len(newer) > len(older)
    assert {row["资质名称"] for row in newer} == {entry["title"] for entry in table("title")}
    nameless = [row for row in newer if row["统一社会信用代码"] is None]
    unknown = [row for row in nameless if row["企业名称"].strip().startswith("莫")]
    assert len(newer) * 0.3 < len(unknown) < len(nameless) < len(newer) * 0.9


def test_titles_expire_and_are_renewed_and_one_enterprise_has_both(county):
    awards = title.draw(county)
    hightech = awards.title == "高新技术企业"
    assert (awards.until[hightech] < np.datetime64("2023-12-31")).any()
    times = Counter(awards.holder[hightech].tolist())
    again = [holder for holder, count in times.items() if count > 1]
    gone = [holder for holder, count in times.items() if count == 1]
    assert again and gone
    gaps = set()
    for holder in again:
        mine = np.flatnonzero(hightech & (awards.holder == holder))
        mine = mine[np.argsort(awards.awarded[mine])]
        gaps |= {int((awards.awarded[b] - awards.until[a]).astype(int)) for a, b in pairwise(mine)}
    assert min(gaps) == 1 < max(gaps)
    assert np.datetime64("2023-06-30") in awards.until[hightech]
    giants, champions = (awards.holder[awards.title == name] for name in ("专精特新小巨人", "省隐形冠军"))
    assert len(np.intersect1d(giants, champions)) == 1
    keys = Counter(zip(awards.holder.tolist(), awards.title.tolist(), awards.awarded.tolist(), strict=True))
    assert set(keys.values()) == {1}


def test_small_holders_bear_no_name_of_the_registers(county):
    known = {name for k in range(4) for name in county.name[k]} | {
        name for names in county.former_names[-1] if names for name in names.split("、")
    }
    everyone = county.holders.name(3)
    small = [*everyone[county.holders.workshops], *everyone[county.holders.named]]
    assert len(set(small)) == len(small)
    assert not known & set(small)
    codes = county.holders.code(3)[: county.holders.named[0]]
    assert len(set(codes)) == len(codes)
    assert not any(county.holders.code(3)[county.holders.named])


# -- remediation ---------------------------------------------------------------------------------------------------


def test_actions_go_through_their_states(county):
    actions = remediation.draw(county)
    days = [np.datetime64(f"{year}-{month:02d}-28") for year in range(2020, 2024) for month in remediation.QUARTERS]
    states = np.array([np.where(actions.listed <= day, actions.state(day), "") for day in days])
    order = {"": 0, "在册": 1, "整治中": 2, "已销号": 3, "退出清单": 3}
    steps = np.vectorize(order.get)(states)
    assert (np.diff(steps, axis=0) >= 0).all()
    assert {*states[-1]} == {"在册", "整治中", "已销号", "退出清单"}
    assert {*range(4)} in [{*path} for path in steps.T]

    keys = list(zip(actions.holder.tolist(), actions.method.tolist(), actions.listed.tolist(), strict=True))
    assert len(set(keys)) == len(keys)
    twice = {holder for holder, count in Counter(actions.holder.tolist()).items() if count > 1}
    finished = {holder for holder in twice if (states[-1][actions.holder == holder] == "已销号").all()}
    assert finished and twice - finished
    struck_off = states[-1] == "已销号"
    assert (struck_off & ~actions.dated).any() and ((states[-1] == "退出清单") & actions.dated).any()
    left = np.flatnonzero(county.leaves < 3)
    assert np.isin(left, actions.holder).all()


def test_the_ledger_grows_and_writes_a_date_only_where_it_is_over(clean):
    ledgers = [reading.table(path) for path in files(clean, "remediation")]
    assert [len(ledger) for ledger in ledgers] == sorted(len(ledger) for ledger in ledgers)
    unknown = (None, "/", "-", "—", "…", "*", "－")
    for row in ledgers[-1]:
        assert row["状态"] in ("在册", "整治中", "已销号", "退出清单")
        assert row["状态"] in ("已销号", "退出清单") or row["完成日期"] in unknown


# -- land and money ------------------------------------------------------------------------------------------------


def test_land_goes_to_every_use_by_every_method(clean):
    data = setting()["land_transfer"]
    kinds = {(use, method) for use in data["uses"] for method in data["methods"]}
    for path in files(clean, "land_transfer"):
        rows = reading.table(path)
        assert {(row["用途"], row["供应方式"]) for row in rows} == kinds
        assert {row["盘活存量"] for row in rows} == {row["是否标准地"] for row in rows} == {"是", "否"}


def test_the_fund_is_reported_each_year(clean, large):
    for written, years in ((clean, 2), (large, 4)):
        for path in files(written, "finance"):
            (row,) = csv.DictReader(path.open(encoding="utf-8", newline=""))
            assert row["年份"] == path.stem[-4:]
        assert len(files(written, "finance")) == years
    found = large.read("values").filter(indicator_id="tlhn_fund_share_of_land_revenue")["value"]
    assert (found.min() or 1) < 0.5 < (found.max() or 0) < 1
