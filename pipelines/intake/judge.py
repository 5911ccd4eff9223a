"""What happens to each row: the outcomes of the contract, in its order.

`unknown_enterprise` → `not_a_number`/`not_a_date` → `out_of_range` → `outside_period` → `no_evidence` →
`conflicting_duplicate` → `duplicate` → `accepted`. Only rows that passed the earlier tests are compared with each
other.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.contracts import Contract
from pipelines.intake.registers import Registers

OUTCOME_ZH = {
    "unknown_enterprise": "找不到企业:信用代码为空或无效,且名称在名录中没有唯一对应",
    "not_a_number": "应为数字的单元格不是数字(或计量单位无法识别)",
    "not_a_date": "应为日期的单元格不是日期",
    "unknown_code": "编号不在方案的登记表中",
    "out_of_range": "数量不能为负数",
    "outside_period": "日期不在本表所属期内",
    "no_evidence": "缺少佐证文号",
    "conflicting_duplicate": "同一主键出现多行且内容不一致",
}


@dataclass(frozen=True)
class Judged:
    """`rows`: every row with `outcome` and, for enterprises, `enterprise_code` and `matched_by` (with `identity` where
    a name alone may name one);
    `quarantined`: `row_number`, `reason`, `column_name`, `cells` (JSON object by printed heading)."""

    rows: pl.DataFrame
    quarantined: pl.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """rows read = accepted + quarantined + duplicate, checked."""
        outcomes = self.rows.get_column("outcome")
        counts = {
            "rows_read": len(outcomes),
            "rows_accepted": int((outcomes == "accepted").sum()),
            "rows_quarantined": self.quarantined.height,
            "rows_duplicate": int((outcomes == "duplicate").sum()),
        }
        parts = counts["rows_accepted"] + counts["rows_quarantined"] + counts["rows_duplicate"]
        if counts["rows_read"] != parts:
            raise AssertionError(f"rows lost while judging: {counts}")
        return counts


def outcomes(frame: pl.DataFrame, contract: Contract, code_header: str | None) -> pl.DataFrame:
    """`frame` with `outcome` and `outcome_column`; needs `identity` where the contract has an enterprise.

    `identity` names the enterprise of a row (its code, or the name of a below-scale one); null where none is found.
    """
    unknown = pl.col("identity").is_null() if contract.enterprise else pl.lit(False)
    frame = frame.with_columns(
        outcome=pl.when(unknown).then(pl.lit("unknown_enterprise")).otherwise(pl.col("bad_reason")),
        outcome_column=pl.when(unknown).then(pl.lit(code_header, pl.String)).otherwise(pl.col("bad_column")),
    )
    parts = {"enterprise": "identity"}
    if contract.enterprise:
        parts[contract.enterprise.name] = "name_norm"
    key = [parts.get(part, part) for part in contract.key]
    named = {contract.enterprise.code, contract.enterprise.name} if contract.enterprise else set()
    facts = [c.name for c in contract.columns if c.name not in named]
    passed = frame.filter(pl.col("outcome").is_null())
    repeated = passed.filter(pl.struct(key).is_duplicated())
    if not repeated.is_empty():
        verdict = repeated.select(
            "row_number",
            conflict=pl.struct(facts).n_unique().over(key) > 1,
            first=pl.col("row_number") == pl.col("row_number").min().over(key),
        ).select(
            "row_number",
            repeated=pl.when("conflict")
            .then(pl.lit("conflicting_duplicate"))
            .when(~pl.col("first"))
            .then(pl.lit("duplicate")),
        )
        frame = (
            frame.join(verdict, on="row_number", how="left", maintain_order="left")
            .with_columns(outcome=pl.coalesce("outcome", "repeated"))
            .drop("repeated")
        )
    return frame.with_columns(pl.col("outcome").fill_null("accepted"))


def judge_register(frame: pl.DataFrame, contract: Contract, code_header: str | None) -> pl.DataFrame:
    """Register rows with their outcomes: an enterprise's own code must be valid."""
    own = pl.when("code_is_valid").then(pl.col("code_norm"))
    return outcomes(frame.with_columns(enterprise_code=own, identity=own), contract, code_header)


def find_enterprises(frame: pl.DataFrame, contract: Contract, period: str | None, registers: Registers) -> pl.DataFrame:
    """`frame` with `enterprise_code` (current code), `matched_by` and `identity`.

    `matched_by`: `code`, `name`, `outside` (a valid code that no register knows), `below_scale` (by name alone),
    `absent` (a row that needs no enterprise), null where nothing was found.
    """
    rule = contract.enterprise
    assert rule is not None
    year = period[:4] if period else None
    names = registers.names_for(rule.names_of, year).with_columns(name_is_known=pl.lit(True))
    frame = frame.join(
        registers.codes.rename({"enterprise_code": "by_code"}),
        left_on="code_norm",
        right_on="code",
        how="left",
        maintain_order="left",
    ).join(names, on="name_norm", how="left", maintain_order="left")
    valid, no_code, no_name = pl.col("code_is_valid"), pl.col("code_norm").is_null(), pl.col("name_norm").is_null()
    small = no_code & ~no_name & pl.col("name_is_known").is_null() & pl.lit(rule.below_scale_by_name)
    absent = no_code & no_name & pl.lit(rule.may_be_absent)
    return (
        frame.with_columns(
            enterprise_code=pl.when(valid).then(pl.coalesce("by_code", "code_norm")).otherwise(pl.col("by_name")),
            matched_by=pl.when(valid & pl.col("by_code").is_not_null())
            .then(pl.lit("code"))
            .when(valid)
            .then(pl.lit("outside"))
            .when(pl.col("by_name").is_not_null())
            .then(pl.lit("name"))
            .when(small)
            .then(pl.lit("below_scale"))
            .when(absent)
            .then(pl.lit("absent")),
        )
        .with_columns(
            identity=pl.when(pl.col("enterprise_code").is_not_null())
            .then(pl.col("enterprise_code"))
            .when(small)
            .then(pl.lit("name:") + pl.col("name_norm"))
            .when(absent)
            .then(pl.lit("absent"))
        )
        .drop("by_code", "by_name", "name_is_known")
    )


def judge(
    frame: pl.DataFrame,
    cells: pl.DataFrame,
    header: tuple[str, ...],
    contract: Contract,
    period: str | None,
    code_header: str | None,
    registers: Registers,
) -> Judged:
    """The outcome of every row of one parsed delivery."""
    if contract.enterprise and contract.enterprise.is_register:
        judged = judge_register(frame, contract, code_header)
        current = registers.codes.rename({"enterprise_code": "current"})
        judged = (
            judged.join(current, left_on="enterprise_code", right_on="code", how="left", maintain_order="left")
            .with_columns(
                enterprise_code=pl.coalesce("current", "enterprise_code"),
                matched_by=pl.when(pl.col("enterprise_code").is_not_null()).then(pl.lit("code")),
            )
            .drop("current")
        )
    else:
        if contract.enterprise:
            frame = find_enterprises(frame, contract, period, registers)
        judged = outcomes(frame, contract, code_header)
    spoiled = judged.filter(~pl.col("outcome").is_in(["accepted", "duplicate"])).select(
        "row_number", reason="outcome", column_name="outcome_column"
    )
    quarantined = spoiled.join(cells, on="row_number", how="left", maintain_order="left")
    named = quarantined.select(
        "row_number",
        "reason",
        "column_name",
        cells=pl.struct(
            pl.col(f"c{i}").alias(name) for i, name in enumerate(unique_names(header))
        ).struct.json_encode(),
    )
    ours = ["row_number", "outcome"]
    if contract.enterprise:
        ours += ["enterprise_code", "matched_by"]
        if contract.enterprise.below_scale_by_name:
            ours.append("identity")
    rows = judged.select(*ours, *(c.name for c in contract.columns)).with_columns(pl.col("row_number").cast(pl.Int32))
    return Judged(rows, named)


def unique_names(header: tuple[str, ...]) -> list[str]:
    """Printed headings, made unique (an empty or repeated heading gets its position)."""
    seen: set[str] = set()
    unique = []
    for position, printed in enumerate(header, start=1):
        name = printed if printed and printed not in seen else f"{printed}#{position}"
        seen.add(name)
        unique.append(name)
    return unique
