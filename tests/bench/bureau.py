"""What a bureau would write: tax, value added and land of the county by month, with pandas and openpyxl.

A floor from above: the same kind of figure from the same files, without checks, history, towns, energy or lists. Every
file is opened as the bureau's own people open it; a file that cannot be read, or whose heading is not where it was
last month, is left out.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd

UNITS_WAN = {"万元": 1.0, "千元": 0.1, "元": 0.0001}
MU = {"亩": 1.0, "平方米": 0.0015, "公顷": 15.0}


def _workbook(path: Path) -> tuple[pd.DataFrame, str]:
    """The table below the headings, printed names of two rows joined, and the unit of row 2."""
    grid = pd.read_excel(path, header=None, dtype=object, engine="openpyxl")
    unit = next((u for u in ("万元", "千元", "元") if grid.iloc[1].astype(str).str.contains(f"[:：]{u}").any()), "元")
    upper, lower = grid.iloc[2].ffill(), grid.iloc[3]
    two = lower.astype(str).str.contains("累计|库存|本月").any()
    names = [f"{a}/{b}" if two and pd.notna(b) else str(a) for a, b in zip(upper, lower, strict=True)]
    table = grid.iloc[4 if two else 3 :].set_axis(names, axis=1)
    return table, unit


def _number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column.astype(str).str.replace(",", ""), errors="coerce")


def _code(table: pd.DataFrame) -> pd.Series:
    name = next(n for n in table.columns if "信用代码" in n or "纳税人识别号" in n or n == "使用权人代码")
    return table[name].astype(str).str.strip()


def county(inbox: Path, years: list[int]) -> tuple[pd.DataFrame, int, int]:
    """Month → tax and value added (万元), land (亩) and their ratios; files read, files left out."""
    warnings.simplefilter("ignore")
    read = left_out = 0
    rows = []
    for year in years:
        try:
            register = set(_code(_workbook(inbox / "register" / f"规上工业企业名录_{year}.xlsx")[0]))
            land, _ = _workbook(inbox / "land" / f"工业用地宗地台账_{year}.xlsx")
            area = _number(land["登记面积"]) * land["面积单位"].map(MU)
            area = area.where(land["取得方式"] != "租出", -area)
            land_mu = area[_code(land).isin(register)].sum()
            read += 2
        except (KeyError, ValueError, StopIteration, OSError):
            left_out += 2
            continue
        for month in range(1, 13):
            found: dict[str, float | str] = {"period": f"{year}-{month:02d}", "land_mu": land_mu}
            try:
                tax, unit = _workbook(inbox / "tax" / f"企业入库税收_{year}{month:02d}.xlsx")
                paid = _number(tax["税收/本年累计"])[_code(tax).isin(register)].sum() * UNITS_WAN[unit]
                found |= {"tax_wan": paid, "tax_per_mu": paid / land_mu}
                read += 1
            except (KeyError, ValueError, StopIteration, OSError):
                left_out += 1
            path = inbox / "industry" / f"规上工业生产财务月报_{year}{month:02d}.csv"
            if month > 1:
                try:
                    industry = pd.read_csv(path, encoding="gb18030", dtype=str)
                    made = _number(industry["工业增加值(千元)"])[_code(industry).isin(register)].sum() / 10
                    found |= {"value_added_wan": made, "value_added_per_mu": made / land_mu}
                    read += 1
                except (KeyError, ValueError, StopIteration, OSError):
                    left_out += 1
            rows.append(found)
    return pd.DataFrame(rows), read, left_out
