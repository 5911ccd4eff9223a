"""SDMX 3.0: the county's figures as SDMX-CSV 2.0 (`data.csv`) with their structure as SDMX-JSON 2.0 (`structure.json`).

One observation is an indicator, an area, an activity and a period. A town or platform is an area and all activities
(`_T`); an industry division is an activity of the county. Months are Gregorian (`2021-03`), years `2021` (SDMX
technical notes, observational time period). A value that is missing or suppressed is written `NaN`, as SDMX-CSV 2.0
asks, and OBS_STATUS says which.

Code lists of the SDMX agency hold the codes that may occur here and are marked partial: CL_FREQ 2.1,
CL_OBS_STATUS 2.2, CL_CONF_STATUS 1.2 (https://sdmx.org, cross-domain code lists).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from pipelines.export.public import ExportBroken, Release, last_day
from pipelines.reading import rows

if TYPE_CHECKING:
    from pysdmx.model import Codelist, ConceptScheme, DataStructureDefinition

VERSION = "1.0"
TOTAL = "_T"
CODE = re.compile(r"[A-Za-z0-9_@$-]+")
# Code lists kept by the SDMX agency: id, version, name, codes.
FREQ = ("CL_FREQ", "2.1", "频率 / Frequency", {"A": "年 / Annual", "Q": "季 / Quarterly", "M": "月 / Monthly"})
OBS_STATUS = (
    "CL_OBS_STATUS",
    "2.2",
    "观测状态 / Observation status",
    {
        "A": "正常值 / Normal value",
        "E": "估计值 / Estimated value",
        "O": "缺失值 / Missing value",
        "P": "初步值 / Provisional value",
        "Q": "缺失值，已抑制 / Missing value; suppressed",
    },
)
CONF_STATUS = (
    "CL_CONF_STATUS",
    "1.2",
    "保密状态 / Confidentiality status",
    {
        "A": "主动抑制：单位数过少 / Primary confidentiality due to small counts",
        "C": "保密统计信息 / Confidential statistical information",
        "D": "次级抑制：由发送方设定，不公布 / Secondary confidentiality set by the sender, not for publication",
        "F": "可公布 / Free (free for publication)",
        "G": "主动抑制：一家或两家占优 / Primary confidentiality due to dominance by one or two units",
        "M": "主动抑制：其他集中度 / Primary confidentiality due to data declared confidential based on other "
        "measures of concentration",
        "N": "不公布，仅内部使用 / Not for publication, restricted for internal use only",
        "O": "主动抑制：一家占优 / Primary confidentiality due to dominance by one unit",
        "S": "次级抑制：由接收方设定，不公布 / Secondary confidentiality set and managed by the receiver, "
        "not for publication",
        "T": "主动抑制：两家占优 / Primary confidentiality due to dominance by two units",
    },
)
# Component: what it is called, what it means.
CONCEPTS = {
    "FREQ": ("频率 / Frequency", None),
    "REF_AREA": ("地区 / Reference area", "全县、乡镇或平台 / The county, a town or a platform"),
    "ACTIVITY": ("行业 / Economic activity", "行业大类，_T 为全部 / Industry division, _T all of them"),
    "INDICATOR": ("指标 / Indicator", "方案登记表中的条目 / Row of the plan's registry"),
    "TIME_PERIOD": ("时期 / Time period", None),
    "OBS_VALUE": (
        "指标值 / Observation value",
        "单位为 UNIT_MEASURE 乘 10 的 UNIT_MULT 次方；未经四舍五入 / "
        "In UNIT_MEASURE times 10 to the UNIT_MULT; unrounded",
    ),
    "UNIT_MEASURE": ("计量单位 / Unit of measure", None),
    "UNIT_MULT": ("单位乘数 / Unit multiplier", "10 的幂 / Exponent of ten"),
    "OBS_STATUS": ("观测状态 / Observation status", None),
    "CONF_STATUS": ("保密状态 / Confidentiality status", None),
}
Item = tuple[str, str, str | None]  # code, name, description
DIMENSIONS = ("FREQ", "REF_AREA", "ACTIVITY", "INDICATOR", "TIME_PERIOD")

_OBSERVATIONS = """
    select
        freq as FREQ,
        case breakdown when 'industry' then $county else breakdown_code end as REF_AREA,
        case breakdown when 'industry' then breakdown_code else $total end as ACTIVITY,
        indicator_id as INDICATOR, time_period as TIME_PERIOD, value as OBS_VALUE, unit_code as UNIT_MEASURE,
        cast(unit_exponent as varchar) as UNIT_MULT, obs_status as OBS_STATUS, conf_status as CONF_STATUS
    from observation
    order by INDICATOR, REF_AREA, ACTIVITY, TIME_PERIOD
"""
_INDICATORS = "select target_id, name_zh, name_en, definition from marts.indicator order by target_id"
_MEMBERS = "select breakdown, breakdown_code, name_zh, name_en from marts.dimension order by breakdown_code"
_UNITS = """
    select distinct o.unit_code, coalesce(u.name_zh, o.unit, '不适用') as name_zh,
        coalesce(u.name_en, o.unit, 'Not applicable') as name_en
    from observation as o left join unit_of as u on o.unit = u.unit
    order by o.unit_code
"""
_EXPONENTS = "select distinct unit_exponent from observation order by 1"


class Structure(NamedTuple):
    definition: DataStructureDefinition
    concepts: ConceptScheme
    lists: dict[str, Codelist]  # by the component that takes its codes from it


def write_sdmx(connection: duckdb.DuckDBPyConnection, folder: Path, release: Release) -> None:
    """Write `structure.json` and `data.csv` into `folder`. Raises `ExportBroken` for a code SDMX does not allow."""
    # Imported here: pandas takes most of a second.
    from pysdmx.io.csv.sdmx20.writer import write
    from pysdmx.io.pd import PandasDataset
    from pysdmx.model.dataflow import Schema
    from pysdmx.model.dataset import ActionType

    agency = agency_of(release)
    structure = _structure(connection, release)
    (folder / "structure.json").write_bytes(_message(structure, release))
    schema = Schema(
        "dataflow",
        agency,
        "INDICATORS",
        structure.definition.components,
        VERSION,
        generated=_data_day(release),
    )
    data = connection.execute(_OBSERVATIONS, {"county": release.county_code, "total": TOTAL}).df()
    if strangers := sorted({str(code) for code in data["CONF_STATUS"]} - set(CONF_STATUS[-1])):
        raise ExportBroken(f"conf_status {', '.join(strangers)}: not in {CONF_STATUS[0]} {CONF_STATUS[1]}")
    text = write([PandasDataset(structure=schema, data=data, action=ActionType.Information)])
    (folder / "data.csv").write_text(str(text), encoding="utf-8", newline="")


def agency_of(release: Release) -> str:
    """The id of the agency that keeps the structure: of the county the figures are of."""
    return _checked(f"FENGHUANG_{release.county_code}")


def _structure(connection: duckdb.DuckDBPyConnection, release: Release) -> Structure:
    from pysdmx.model import Component, Components, DataStructureDefinition, Role

    agency = agency_of(release)
    members = rows(connection, _MEMBERS)
    areas = [_member(m, "breakdown_code") for m in members if m["breakdown"] != "industry"]
    if twice := sorted({code for code, *_ in areas if sum(code == other for other, *_ in areas) > 1}):
        raise ExportBroken(f"marts.dimension: SDMX tells areas apart by code alone; several have {', '.join(twice)}")
    divisions: list[Item] = [(TOTAL, "全部 / Total", None)]
    divisions += [_member(m, "breakdown_code") for m in members if m["breakdown"] == "industry"]
    indicators = [_member(i, "target_id", i["definition"]) for i in rows(connection, _INDICATORS)]
    units = [_member(u, "unit_code") for u in rows(connection, _UNITS)]
    exponents = [
        (str(n), f"10 的 {n} 次方 / Ten to the {n}", None) for (n,) in connection.execute(_EXPONENTS).fetchall()
    ]
    lists = {
        "FREQ": _sdmx_list(*FREQ),
        "REF_AREA": _list(agency, "CL_REF_AREA", "地区 / Areas", areas),
        "ACTIVITY": _list(agency, "CL_ACTIVITY", "行业大类 / Industry divisions", divisions),
        "INDICATOR": _list(agency, "CL_INDICATOR", "指标 / Indicators", indicators),
        "UNIT_MEASURE": _list(agency, "CL_UNIT_MEASURE", "计量单位 / Units of measure", units),
        "UNIT_MULT": _list(agency, "CL_UNIT_MULT", "单位乘数 / Unit multipliers", exponents),
        "OBS_STATUS": _sdmx_list(*OBS_STATUS),
        "CONF_STATUS": _sdmx_list(*CONF_STATUS),
    }
    concepts = _concepts(agency, lists)
    components = []
    for concept in concepts.concepts:
        name = concept.id
        role = Role.DIMENSION if name in DIMENSIONS else Role.MEASURE if name == "OBS_VALUE" else Role.ATTRIBUTE
        components.append(
            Component(
                name,
                True,
                role,
                concept,
                local_dtype=concept.dtype,
                local_codes=lists.get(name),
                local_enum_ref=lists[name].urn if name in lists else None,
                attachment_level=_attached(name) if role is Role.ATTRIBUTE else None,
            )
        )
    definition = DataStructureDefinition(
        id="DSD_INDICATORS",
        name="指标值结构 / Structure of indicator values",
        agency=agency,
        version=VERSION,
        components=Components(components),
    )
    return Structure(definition, concepts, lists)


def _attached(attribute: str) -> str:
    """A unit belongs to the indicator, a status to the observation."""
    return "INDICATOR" if attribute.startswith("UNIT") else "O"


def _concepts(agency: str, lists: dict[str, Codelist]) -> ConceptScheme:
    from pysdmx.model import Concept, ConceptScheme, DataType

    kinds = {"TIME_PERIOD": DataType.PERIOD, "OBS_VALUE": DataType.DOUBLE}
    scheme = "CS_INDICATORS"
    return ConceptScheme(
        id=scheme,
        name="指标值概念 / Concepts of indicator values",
        agency=agency,
        version=VERSION,
        items=[
            Concept(
                name,
                urn=f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={agency}:{scheme}({VERSION}).{name}",
                name=title,
                description=meaning,
                dtype=kinds.get(name, DataType.STRING),
                enum_ref=lists[name].urn if name in lists else None,
            )
            for name, (title, meaning) in CONCEPTS.items()
        ],
    )


def _member(row: dict[str, Any], code: str, description: str | None = None) -> Item:
    return _checked(row[code]), f"{row['name_zh']} / {row['name_en']}", description


def _checked(code: str) -> str:
    if not CODE.fullmatch(code):
        raise ExportBroken(f"{code!r} is no SDMX code: letters, digits and _ @ $ - only")
    return code


def _sdmx_list(name: str, version: str, title: str, codes: dict[str, str]) -> Codelist:
    return _list("SDMX", name, title, [(code, words, None) for code, words in codes.items()], version, partial=True)


def _list(
    agency: str,
    name: str,
    title: str,
    codes: Iterable[Item],
    version: str = VERSION,
    partial: bool = False,
) -> Codelist:
    from pysdmx.model import Code, Codelist

    return Codelist(
        id=name,
        name=title,
        agency=agency,
        version=version,
        is_partial=partial,
        urn=f"urn:sdmx:org.sdmx.infomodel.codelist.Codelist={agency}:{name}({version})",
        items=[Code(code, name=words, description=description) for code, words, description in codes],
    )


def _message(structure: Structure, release: Release) -> bytes:
    """The structure with its flow, concepts, code lists and agency. Its id and time are of the content."""
    from pysdmx.io.json.sdmxjson2.writer.v2_0.structure import write
    from pysdmx.model import Agency, AgencyScheme, Dataflow, Organisation
    from pysdmx.model.message import Header

    agency = agency_of(release)
    name = f"{release.county_zh} / {release.county_en}"
    flow = Dataflow(
        id="INDICATORS",
        name=f"{release.county_zh}指标值 / Indicator values of {release.county_en}",
        agency=agency,
        version=VERSION,
        structure=f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={agency}:{structure.definition.id}({VERSION})",
    )
    schemes = AgencyScheme(
        id="AGENCIES", name="机构 / Agencies", agency="SDMX", version="1.0", items=[Agency(agency, name=name)]
    )
    artefacts = [schemes, *structure.lists.values(), structure.concepts, structure.definition, flow]
    header = Header(
        id=f"FH{release.content_hash[:16]}", prepared=_data_day(release), sender=Organisation(agency, name=name)
    )
    return _finished(str(write(artefacts, header=header)))


def _finished(message: str) -> bytes:
    """What pysdmx leaves to do: it writes one language, so `中文 / English` is parted into SDMX-JSON's `names` and
    `descriptions`; and an empty list of groups, which the schema of SDMX-JSON 2.0 refuses."""
    whole = json.loads(message)
    _part(whole)
    for definition in whole["data"]["dataStructures"]:
        if not definition["dataStructureComponents"]["groups"]:
            del definition["dataStructureComponents"]["groups"]
    # The schema first: readers tell the flavour of a message by its beginning.
    whole["meta"] = {"schema": whole["meta"]["schema"], **whole["meta"], "contentLanguages": ["zh", "en"]}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _part(node: Any) -> None:
    if isinstance(node, dict):
        for key in ("name", "description"):
            zh, parted, en = str(node.get(key) or "").partition(" / ")
            if parted:
                node[key] = en
                node[f"{key}s"] = {"zh": zh, "en": en}
        node = list(node.values())
    if isinstance(node, Sequence) and not isinstance(node, str):
        for inner in node:
            _part(inner)


def _data_day(release: Release) -> datetime:
    """The last day of the latest month: the only date that is content."""
    return datetime.combine(last_day(release.data_month), datetime.min.time(), UTC)
