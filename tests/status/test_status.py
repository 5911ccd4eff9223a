"""What has arrived and what is owed, on days chosen for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from rich.console import Console

from pipelines.contracts import Contract, load_contracts
from pipelines.status import PeriodStatus, SourceStatus, due_days, render, status_table, summary


@dataclass(frozen=True)
class Row:
    source: str
    file_name: str
    period: str | None
    status: str = "accepted"
    version: int = 0
    reason: str | None = None
    in_force: bool = True
    received_at: str = "2022-01-01T00:00:00+00:00"
    rows_quarantined: int | None = 0
    sha256: str = ""


def refused(source: str, period: str, reason: str, version: int = 0, received_at: str = "2022-01-02") -> Row:
    name = f"{source}_{period}_{version}"
    return Row(source, name, period, "refused", version, reason, False, received_at, None, name)


def contract(every: str = "month", period: str = "month", **rhythm: object) -> dict[str, Contract]:
    model = Contract.model_validate(
        {
            "source": "s",
            "bureau": "县统计局",
            "label_zh": "月报",
            "label_en": "report",
            "channel": "csv",
            "file_stem": "月报",
            "period": period,
            "rhythm": {"every": every, **rhythm},
        }
    )
    return {"s": model}


def of(rows: list[Row], contracts: dict[str, Contract], day: str, source: str = "s") -> SourceStatus:
    status = status_table(rows, contracts, date.fromisoformat(day))
    return next(s for s in status.sources if s.source == source)


def states(source: SourceStatus) -> dict[str | None, str]:
    return {period.period: period.state for period in source.periods}


FEB_TO_DEC = list(range(2, 13))


@pytest.mark.parametrize(
    ("every", "period", "rhythm", "expected"),
    [
        ("month", "month", {"months": [2, 12]}, [("2020-02", "2020-03-20"), ("2020-12", "2021-01-20")]),
        ("month", "month", {"months": [1], "due_day": 31}, [("2020-01", "2020-02-29")]),
        ("year", "year", {"months": [3]}, [("2020", "2021-04-20")]),
        ("year", "year", {"months": [3], "during_year": True}, [("2020", "2020-04-20")]),
        ("year", "year", {"months": [12]}, [("2020", "2022-01-20")]),
        ("quarter", "quarter", {"months": [3, 12]}, [("2020-Q1", "2020-04-20"), ("2020-Q4", "2021-01-20")]),
        ("quarter", "month", {}, [(f"2020-{m}", d) for m, d in (
            ("03", "2020-04-20"), ("06", "2020-07-20"), ("09", "2020-10-20"), ("12", "2021-01-20"))]),
        ("on_demand", "date", {}, []),
    ],
)  # fmt: skip
def test_due_days(every: str, period: str, rhythm: dict[str, object], expected: list[tuple[str, str]]) -> None:
    found = due_days(contract(every, period, **rhythm)["s"], 2020)
    assert [(name, due.isoformat()) for name, _, due in found] == expected


def test_no_january_where_the_contract_has_none() -> None:
    source = of([Row("s", "f", "2021-02")], contract(months=FEB_TO_DEC), "2021-03-31")
    assert states(source) == {"2021-02": "arrived"}


def test_a_month_cannot_be_owed_before_it_is_over() -> None:
    rows = [Row("s", "f", "2021-02")]
    assert "2021-03" not in states(of(rows, contract(months=FEB_TO_DEC), "2021-03-31"))
    assert states(of(rows, contract(months=FEB_TO_DEC), "2021-04-01"))["2021-03"] == "awaited"


def test_awaited_on_the_due_day_late_the_day_after() -> None:
    rows = [Row("s", "f", "2021-02")]
    on_the_day = of(rows, contract(months=FEB_TO_DEC), "2021-04-20").periods[-1]
    after = of(rows, contract(months=FEB_TO_DEC), "2021-04-21").periods[-1]
    assert on_the_day == PeriodStatus("2021-03", "awaited", date(2021, 4, 20), 0)
    assert after == PeriodStatus("2021-03", "late", date(2021, 4, 20), 1)


def test_a_hole_in_the_series_is_missing_the_end_of_it_late() -> None:
    rows = [Row("s", "f", "2021-02"), Row("s", "f", "2021-04")]
    assert states(of(rows, contract(months=FEB_TO_DEC), "2021-06-21")) == {
        "2021-02": "arrived",
        "2021-03": "missing",
        "2021-04": "arrived",
        "2021-05": "late",
    }


def test_a_refused_file_is_neither_here_nor_missing() -> None:
    rows = [Row("s", "f", "2021-02"), refused("s", "2021-03", "empty"), refused("s", "2021-03", "unreadable", 1)]
    period = of(rows, contract(months=FEB_TO_DEC), "2021-06-21").periods[1]
    assert (period.state, period.refused_file, period.reason) == ("refused", "s_2021-03_1", "unreadable")


def test_a_refused_correction_leaves_the_period_standing_but_is_told() -> None:
    rows = [Row("s", "first", "2021-02", rows_quarantined=3), refused("s", "2021-02", "empty", 1)]
    source = of(rows, contract(months=FEB_TO_DEC), "2021-03-15")
    (period,) = source.periods
    assert (period.state, period.file_name, period.refused_file) == ("arrived", "first", "s_2021-02_1")
    assert (source.refused_files, source.rows_quarantined) == (1, 3)


def test_a_refusal_made_good_since_is_forgotten() -> None:
    rows = [refused("s", "2021-02", "empty"), Row("s", "second", "2021-02", version=1)]
    (period,) = of(rows, contract(months=FEB_TO_DEC), "2021-03-15").periods
    assert (period.state, period.refused_file) == ("arrived", None)
    again = [refused("s", "2021-02", "empty", 0, "2022-01-01"), Row("s", "f", "2021-02", received_at="2022-01-03")]
    (period,) = of(again, contract(months=FEB_TO_DEC), "2021-03-15").periods
    assert period.refused_file is None


def test_only_what_is_in_force_counts_quarantined_rows() -> None:
    rows = [
        Row("s", "old", "2021-02", "superseded", in_force=False, rows_quarantined=9),
        Row("s", "new", "2021-02", version=1, rows_quarantined=2),
    ]
    assert of(rows, contract(months=FEB_TO_DEC), "2021-03-15").rows_quarantined == 2


def test_an_older_yearly_list_counts_as_arrived() -> None:
    rows = [Row("s", "a", "2020", "superseded", in_force=False), Row("s", "b", "2021")]
    rules = contract("year", "year", months=[3], during_year=True)
    assert states(of(rows, rules, "2021-05-01")) == {"2021": "arrived", "2020": "arrived"}


def test_a_list_on_demand_is_here_or_missing_never_late() -> None:
    rules = contract("on_demand", "date")
    assert states(of([], rules, "2021-05-01")) == {None: "missing"}
    rows = [
        Row("s", "a", "2020-12-01", "superseded", in_force=False),
        Row("s", "b", "2020-12-31"),
        refused("s", "2021-01-31", "unreadable"),
        refused("s", "2020-11-01", "unreadable"),
    ]
    (period,) = of(rows, rules, "2030-01-01").periods
    assert (period.period, period.state, period.refused_file) == ("2020-12-31", "arrived", "s_2021-01-31_0")
    undated = Row("s", "指数", None)
    assert states(of([undated], contract("on_demand", "none"), "2021-05-01")) == {None: "arrived"}


def test_all_sources_are_owed_from_the_first_year_on() -> None:
    contracts = load_contracts()
    status = status_table([Row("tax", "f", "2020-03")], contracts, date(2021, 4, 21))
    by_source = {source.source: source for source in status.sources}
    assert list(by_source) == sorted(contracts)
    assert states(by_source["register"]) == {"2020": "late", "2021": "late"}
    assert states(by_source["population"]) == {"2020": "late"}
    assert states(by_source["rd"]) == {"2020": "awaited"}
    assert by_source["tax"].count("missing") == 2
    assert by_source["tax"].count("late") == 12
    assert by_source["industry"].periods[0].period == "2020-02"
    assert states(by_source["patent"]) == {None: "missing"}


def test_an_empty_archive_owes_no_period() -> None:
    status = status_table([], load_contracts(), date(2021, 4, 21))
    assert {p.period for s in status.sources for p in s.periods} == {None}


def test_periods_are_sorted_and_do_not_depend_on_the_order_of_deliveries() -> None:
    rows = [Row("s", f"f{m}", f"2021-{m:02d}") for m in (5, 2, 4)]
    one = of(rows, contract(months=FEB_TO_DEC), "2021-08-01")
    assert one == of(rows[::-1], contract(months=FEB_TO_DEC), "2021-08-01")
    assert [p.period for p in one.periods] == [f"2021-{m:02d}" for m in range(2, 8)]


def test_the_table_and_the_next_steps() -> None:
    rows = [
        Row("s", "月报_202102.csv", "2021-02", rows_quarantined=4),
        Row("s", "月报_202105.csv", "2021-05"),
        refused("s", "2021-06", "control_total_mismatch"),
    ]
    status = status_table(rows, contract(months=FEB_TO_DEC), date(2021, 9, 25))
    console = Console(width=250)
    with console.capture() as capture:
        console.print(render(status))
    text = capture.get()
    assert "2021-03…2021-04" in text and "2021-07…2021-08" in text and "control_total_mismatch" in text
    assert summary(status).splitlines() == [
        "1. 请更正退回的 1 个文件 correct the refused files",
        "   县统计局 s_2021-06_0: 合计数与明细之和不符(相差超过 0.1%) control_total_mismatch",
        "2. 请补报缺少的 send what is missing",
        "   县统计局 月报: 2021-03…2021-04",
        "3. 请催报逾期的 remind of what is late",
        "   县统计局 月报: 2021-07…2021-08",
        "4. 请改正 raw/returns/ 中退回的行 mend the rows in raw/returns/",
        "   县统计局 月报: 4 行 rows",
    ]


def test_nothing_to_do() -> None:
    status = status_table([Row("s", "f", "2021-02")], contract(months=FEB_TO_DEC), date(2021, 3, 1))
    assert summary(status).startswith("全部到齐")


def test_a_file_under_a_wrong_name_is_told_until_it_comes_under_its_own() -> None:
    wrong = Row("s", "月报二月.csv", None, "refused", 0, "unrecognised_name", False, sha256="abc")
    rows = [wrong, Row("s", "f", "2021-02", sha256="other")]
    source = of(rows, contract(months=FEB_TO_DEC), "2021-03-15")
    assert [(p.period, p.state, p.refused_file) for p in source.periods] == [
        (None, "refused", "月报二月.csv"),
        ("2021-02", "arrived", None),
    ]
    rows[1] = Row("s", "f", "2021-02", sha256="abc")
    assert of(rows, contract(months=FEB_TO_DEC), "2021-03-15").refused_files == 0
    drop = contract("on_demand", "date")
    assert states(of([wrong], drop, "2021-03-15")) == {None: "missing"}
    assert of([wrong], drop, "2021-03-15").refused_files == 1


def test_before_anything_has_arrived_the_summary_says_where_to_drop_it() -> None:
    assert "raw/inbox" in summary(status_table([], load_contracts(), date(2021, 4, 21)))


def test_markup_in_a_file_name_stays_text() -> None:
    row = Row("s", "[red]x", "2021-02", "refused", 0, "empty", False)
    status = status_table([row], contract(months=FEB_TO_DEC), date(2021, 3, 1))
    console = Console(width=250)
    with console.capture() as capture:
        console.print(render(status))
    assert "[red]x" in capture.get()
