"""Why a file is refused whole; the reasons are the contract's, in the order in which they are looked for."""

from __future__ import annotations

REASONS = {
    "unreadable": "无法读取(不是所要求的格式、编码错误、文件不完整或已加密)",
    "schema_mismatch": "缺少必需的列",
    "period_mismatch": "标题中的年月与文件名不一致",
    "unit_unknown": "计量单位无法识别",
    "control_total_mismatch": "合计数与明细之和不符(相差超过 0.1%)",
    "empty": "没有数据行",
    "malformed": "有不合要求的行",
    "unrecognised_name": "文件名不符合该来源的命名规则",
}


class Refused(Exception):
    """A file that cannot be taken: `reason` is a key of `REASONS`, `detail` says what to mend."""

    def __init__(self, reason: str, detail: str) -> None:
        assert reason in REASONS
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
