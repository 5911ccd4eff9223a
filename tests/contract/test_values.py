"""The contract's common rules for cells, by property: numbers, dates, codes and names."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from pipelines.intake import values

FULL_WIDTH = str.maketrans("0123456789.,+-", "０１２３４５６７８９．，＋－")
BLANKS = st.sampled_from(["", " ", "  ", "\u3000", "\t", "\u00a0"])


def one(function, cell, *args):
    """(value, bad) of a single cell."""
    result, bad = function(pl.Series("cell", [cell], dtype=pl.String), *args)
    return result[0], bad[0]


DECIMALS = st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=4)


@given(DECIMALS, st.booleans(), st.sampled_from(["", ",", "，"]), BLANKS, BLANKS)
def test_a_number_is_read_however_it_is_written(number, full_width, separator, before, after):
    text = f"{number:,.4f}" if separator else f"{number:.4f}"
    text = text.replace(",", separator) if separator else text
    if full_width:
        text = text.translate(FULL_WIDTH)
    assert one(values.numbers, before + text + after) == (number, False)


@given(st.floats(min_value=-1e15, max_value=1e15, allow_nan=False))
def test_the_text_of_a_double_is_read_to_eight_decimals(number):
    value, bad = one(values.numbers, repr(number))
    assert not bad
    assert abs(value - Decimal(repr(number))) <= Decimal("5.1e-9") + abs(Decimal(repr(number))) * Decimal("1e-15")


@pytest.mark.parametrize("mark", ["/", "-", "—", "…", "*", "－", "", " / ", "\u3000", None])
def test_marks_for_not_known_are_null_and_never_zero(mark):
    assert one(values.numbers, mark) == (None, False)


@pytest.mark.parametrize(
    "cell",
    ["12..5", "1O5", "见附件", "约300", "#REF!", "1,23", "12,34.5", "1 234", "12%", "NaN", "inf", "1e", "--", "²"],
)
def test_anything_else_in_a_numbers_place_is_an_error(cell):
    assert one(values.numbers, cell) == (None, True)


@given(st.text(min_size=1, max_size=12))
def test_no_text_is_lost_silently(text):
    """Every cell is a value, a mark for not known, or bad; never null without a reason."""
    value, bad = one(values.numbers, text)
    if value is None and not bad:
        assert text.strip() in values.NULL_TOKENS or values.half_width_text(text).strip() in values.NULL_TOKENS


DATES = st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31))


@given(
    DATES,
    st.sampled_from(
        [
            lambda d: f"{d:%Y-%m-%d}",
            lambda d: f"{d.year}/{d.month}/{d.day}",
            lambda d: f"{d.year}年{d.month}月{d.day}日",
            lambda d: f"{d:%y}年{d.month}月{d.day}日",
            lambda d: f"{d:%Y-%m-%d} 00:00:00",
            lambda d: str((d - date(1899, 12, 30)).days),
        ]
    ),
    st.booleans(),
)
def test_a_date_is_read_in_every_form(day, form, full_width):
    text = form(day).translate(FULL_WIDTH) if full_width else form(day)
    assert one(values.dates, text) == (day, False)


@given(DATES)
def test_a_month_with_a_point_is_its_first_day(day):
    assert one(values.dates, f"{day.year}.{day.month}") == (day.replace(day=1), False)


@pytest.mark.parametrize("cell", ["2021-13-05", "2021年2月30日", "去年底", "不详", "2021", "5", "999999", "2021-3"])
def test_what_is_no_date_is_an_error(cell):
    assert one(values.dates, cell) == (None, True)


ORGANISATION = st.text(alphabet=values.CODE_ALPHABET, min_size=17, max_size=17)


@given(ORGANISATION)
def test_codes_agree_with_the_standard_library_of_numbers(body):
    code = body + uscc.calc_check_digit(body)
    wrong = body + values.CODE_ALPHABET[(values.CODE_ALPHABET.index(code[-1]) + 1) % 31]
    valid = values.valid_codes(pl.Series([code, wrong, code[:-1], code + "0"]))
    assert valid.to_list() == [True, False, False, False]


@given(ORGANISATION, st.booleans(), st.booleans(), st.integers(0, 17))
def test_a_code_is_repaired_before_it_is_checked(body, lower, full_width, blank_at):
    code = body + uscc.calc_check_digit(body)
    typed = code.replace("1", "I").replace("0", "O")
    typed = typed.lower() if lower else typed
    if full_width:
        typed = "".join(chr(ord(c) + 0xFEE0) for c in typed)
    typed = typed[:blank_at] + " " + typed[blank_at:]
    normal, valid = values.codes(pl.Series([typed]))
    assert (normal[0], valid[0]) == (code, True)


def test_a_remainder_of_zero_gives_the_check_character_zero():
    """The classic bug: 31 − 0 = 31 has no character (contract; domain notes, section 3)."""
    assert values.valid_codes(pl.Series(["91330521MA2CJU1F60"])).to_list() == [True]
    assert values.valid_codes(pl.Series(["91310115MA1G4L1WXK", "91330521MAJ3A4B5C6"])).to_list() == [False, False]


@pytest.mark.parametrize(
    ("printed", "normal"),
    [
        ("德清甲乙(浙江)机械有限公司", "德清甲乙（浙江）机械有限公司"),
        (" 德清 甲乙 有限公司(重点) ", "德清甲乙有限公司"),
        ("德清甲乙有限公司（停产）", "德清甲乙有限公司"),
        ("德清甲乙有限公司(筹)", "德清甲乙有限公司"),
        ("湖州丙丁(德清)", "湖州丙丁（德清）"),
        ("（重点）德清甲乙有限公司", "（重点）德清甲乙有限公司"),
    ],
)
def test_names_are_normalised(printed, normal):
    assert values.names(pl.Series([printed])).to_list() == [normal]


@given(st.integers(0, 9999))
def test_leading_zeros_that_a_spreadsheet_ate_come_back(number):
    assert one(values.digits, str(number), 4) == (f"{number:04d}", False)
    assert one(values.digits, f"{number}.0", 4) == (f"{number:04d}", False)


def test_dates_far_apart_keep_their_distance_as_serials():
    days = [date(1990, 1, 1) + timedelta(days=700 * i) for i in range(60)]
    cells = pl.Series([str((d - date(1899, 12, 30)).days) for d in days])
    assert values.dates(cells)[0].to_list() == days
