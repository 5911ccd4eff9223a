"""`land`: 工业用地宗地台账, parcel × holder × tenure, units mixed."""

from __future__ import annotations

import numpy as np

from pipelines.demo.county import County, YearFacts
from pipelines.demo.desk import Desk
from pipelines.demo.known import KnownYear
from pipelines.demo.setting import setting, stream
from pipelines.demo.sheet import Column, Form, Sheet

FORM = Form(
    source="land",
    stem="工业用地宗地台账",
    channel="workbook",
    title="{when}工业用地宗地台账",
    totals=True,
    columns=(
        Column("宗地编号"),
        Column("使用权人代码", "code", ("统一社会信用代码",)),
        Column("使用权人名称", "name"),
        Column("乡镇"),
        Column("登记面积", "number", decimals=4, nonnegative=True),
        Column("面积单位", bad=("平米", "顷", "分")),
        Column("取得方式"),
        Column("建筑面积(平方米)", "number", decimals=2, nonnegative=True, has_total=True),
        Column("老旧园区"),
    ),
    ways={
        "unknown_enterprise": 2,
        "not_a_number": 3,
        "out_of_range": 1,
        "conflicting_duplicate": 1,
        "duplicate": 1,
    },
    conflict="登记面积",
    at_least=1,
)
_MU_PER = {"平方米": 15 / 10_000, "亩": 1.0, "公顷": 15.0}
_SIGN = {"自有": 1.0, "租入": 1.0, "租出": -1.0}


def deliver(desk: Desk, county: County, k: int, facts: YearFacts, known: KnownYear) -> None:
    parcels = county.parcels(k)
    who = parcels.holder
    full = np.array([town["name"] for town in setting()["towns"]], dtype=object)
    short = np.array([name.removesuffix("街道").removesuffix("镇") for name in full], dtype=object)
    town = county.town[k, who]
    cut = stream(county.seed, "town names", k).random(len(who)) < 0.35
    towns = np.where(cut, short[town], full[town])

    def sheet() -> Sheet:
        return Sheet(
            FORM,
            {
                "宗地编号": parcels.parcel_no,
                "使用权人代码": county.code[k, who],
                "使用权人名称": county.name[k, who],
                "乡镇": towns,
                "登记面积": parcels.area,
                "面积单位": parcels.unit,
                "取得方式": parcels.tenure,
                "建筑面积(平方米)": parcels.floor_m2,
                "老旧园区": parcels.park,
            },
            by_code_only=county.by_code_only(k)[who],
            former_name=county.former_names[k, who],
            former_code=county.former_code[k, who],
        )

    taken = desk.deliver(FORM, sheet, facts.year)
    if taken is None:
        return
    good = taken.accepted
    holder = who[good]
    mu = parcels.area[good] * np.array([_MU_PER[unit] for unit in parcels.unit[good]])
    sign = np.array([_SIGN[tenure] for tenure in parcels.tenure[good]])
    rows = np.bincount(holder, minlength=county.total)[: county.n]
    land = np.bincount(holder, weights=mu * sign, minlength=county.total)[: county.n]
    # Known from one row on; land in use of nothing or less is unknown.
    known.land_mu = np.where((rows > 0) & (land > 0), land, np.nan)
    park = np.array([name is not None for name in parcels.park[good]])
    own = np.bincount(holder[park], weights=mu[park], minlength=county.total)[: county.n]
    known.park_mu = np.where(own > 0, own, np.nan)
    floor_m2 = float(parcels.floor_m2[good][park].sum())
    known.park_plot = (floor_m2, float(mu[park].sum()) / _MU_PER["平方米"], int((own > 0).sum()))
