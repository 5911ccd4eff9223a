"""Cells to values: numbers, dates, flags, codes, names, as the contract's common rules say them.

All functions take and give Polars Series of the same length; nothing here knows of a source. Rules: contract,
"What every workbook has in common" and "How a row finds its enterprise".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

DECIMAL = pl.Decimal(38, 8)

# What stands for "not known": null, never 0.
NULL_TOKENS = ("", "/", "-", "—", "…", "*", "－", "／", "＊")

_FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " "}
_FULL_WIDTH_TABLE = str.maketrans(_FULL_WIDTH)

# `[0-9]`, for `\d` is any digit of Unicode.
_NUMBER = r"^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"

# GB 32100-2015: the alphabet without I, O, S, V, Z and the weights 3^(i-1) mod 31.
CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)], dtype=np.int16)
_CODE_VALUE = np.full(128, -1, dtype=np.int8)
for _i, _char in enumerate(CODE_ALPHABET):
    _CODE_VALUE[ord(_char)] = _i

_CODE = rf"^[{CODE_ALPHABET}]{{18}}$"

# Excel counts days from here (its 1900 leap-year error included), and these serials lie in 1927 … 2173.
_EXCEL_EPOCH = pl.date(1899, 12, 30)

# A trailing bracket that holds one of these is a note, not a part of the name.
NAME_NOTES = ("重点", "停产", "筹")


# A name without any of these stands as it is.
_NAME_ALTERED = rf"[\s\u3000()]|{'|'.join(NAME_NOTES)}"

# Columns shorter than this are read cell by cell: finding what is alike would cost as much.
_MANY = 2000


def _is_ascii(cells: pl.Series) -> bool:
    return cells.str.len_bytes().sum() == cells.str.len_chars().sum()


def _filled(values: pl.Series, positions: pl.Series, of_rest: pl.Series) -> pl.Series:
    """`values` with those of the remaining cells at their positions."""
    return values.clone().scatter(positions, of_rest.cast(values.dtype))


def _by_distinct(
    read: Callable[[pl.Series], tuple[pl.Series, pl.Series]], cells: pl.Series
) -> tuple[pl.Series, pl.Series]:
    """`read(cells)`, where a long column of few different cells is read once a different cell."""
    if len(cells) < _MANY:
        return read(cells)
    different = cells.unique()
    if len(different) > len(cells) // 4:
        return read(cells)
    values, bad = read(different)
    found = cells.to_frame("cell").join(
        pl.DataFrame({"cell": different, "value": values, "bad": bad}),
        on="cell",
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return found.get_column("value").alias(cells.name), found.get_column("bad").alias(cells.name)


def half_width_text(text: str) -> str:
    """`half_width` of one text."""
    return text.translate(_FULL_WIDTH_TABLE)


def half_width(cells: pl.Series) -> pl.Series:
    """Full-width ASCII and the ideographic blank to half width; everything else as it is."""
    if _is_ascii(cells):
        return cells
    return cells.str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values()))


def known(cells: pl.Series) -> pl.Series:
    """Surrounding blanks off; the marks for "not known" become null."""
    stripped = cells.str.strip_chars()
    return stripped.set(stripped.is_in(NULL_TOKENS).fill_null(False), None)


def numbers(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(DECIMAL(38,8) values, bad): thousands separators (both widths), full-width digits, surrounding blanks.

    `bad` is true where something stands that is no number.
    """
    values = cells.cast(DECIMAL, strict=False)
    # What a system writes is read by now, in one step; what people write, and the marks, is looked at closely.
    positions = (values.is_null() & cells.is_not_null()).arg_true()
    bad = pl.repeat(False, len(cells), eager=True).alias(cells.name)
    if positions.is_empty():
        return values, bad
    text = half_width(known(cells.gather(positions))).str.strip_chars()
    is_number = text.str.contains(_NUMBER).fill_null(False)
    of_rest = text.set(~is_number, None).str.replace_all(",", "", literal=True).cast(DECIMAL, strict=False)
    is_bad = text.is_not_null() & of_rest.is_null()
    return _filled(values, positions, of_rest), _filled(bad, positions, is_bad)


def dates(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(DATE values, bad): `2021-03-05`, `2021/3/5`, `2021年3月5日`, `21年3月5日`, `2021.3`, Excel dates and serials."""
    return _by_distinct(_dates, cells)


def _dates(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    name = cells.name
    text = half_width(known(cells)).str.strip_chars()
    frame = pl.DataFrame({"t": text})
    numeric = pl.col("t").str.extract_groups(
        r"^([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?$"
    )
    chinese = pl.col("t").str.extract_groups(r"^([0-9]{4}|[0-9]{2})年([0-9]{1,2})月([0-9]{1,2})日$")
    month = pl.col("t").str.extract_groups(r"^([0-9]{4})\.([0-9]{1,2})$")
    frame = frame.with_columns(
        y=pl.coalesce(*(groups.struct.field("1") for groups in (numeric, chinese, month))),
        m=pl.coalesce(*(groups.struct.field("2") for groups in (numeric, chinese, month))),
        d=pl.coalesce(
            numeric.struct.field("3"),
            chinese.struct.field("3"),
            pl.when(month.struct.field("1").is_not_null()).then(pl.lit("1")),
        ),
        serial=pl.col("t").str.extract(r"^([1-9][0-9]{4})(?:\.[0-9]+)?$").cast(pl.Int32),
    ).with_columns(
        # Two digits of a year: 70 … 99 are of the last century, as in POSIX.
        y=pl.when(pl.col("y").str.len_chars() == 2)
        .then(pl.when(pl.col("y") < "70").then("20" + pl.col("y")).otherwise("19" + pl.col("y")))
        .otherwise(pl.col("y"))
    )
    values = frame.select(
        pl.coalesce(
            (pl.col("y") + "-" + pl.col("m").str.zfill(2) + "-" + pl.col("d").str.zfill(2)).str.to_date(
                "%Y-%m-%d", strict=False
            ),
            _EXCEL_EPOCH + pl.duration(days=pl.col("serial")),
        ).alias(name)
    ).to_series()
    return values, text.is_not_null() & values.is_null()


def flags(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(BOOLEAN values, bad): 是/否, and true/false or 1/0 where a system wrote them."""
    return _by_distinct(_flags, cells)


def _flags(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    text = half_width(known(cells)).str.strip_chars().str.to_lowercase()
    values = text.replace_strict(
        {
            "是": True,
            "否": False,
            "true": True,
            "false": False,
            "1": True,
            "0": False,
            "1.0": True,
            "0.0": False,
        },
        default=None,
        return_dtype=pl.Boolean,
    )
    return values, text.is_not_null() & values.is_null()


def digits(cells: pl.Series, width: int) -> tuple[pl.Series, pl.Series]:
    """(text of `width` digits, bad): a code of digits; leading zeros that a spreadsheet ate come back."""
    return _by_distinct(partial(_digits, width=width), cells)


def _digits(cells: pl.Series, width: int) -> tuple[pl.Series, pl.Series]:
    text = half_width(known(cells)).str.replace_all(r"\s", "").str.replace(r"\.0+$", "")
    good = text.str.contains(rf"^[0-9]{{1,{width}}}$").fill_null(False)
    values = text.set(~good, None).str.zfill(width)
    return values, text.is_not_null() & ~good


def periods(cells: pl.Series, *, months_only: bool) -> tuple[pl.Series, pl.Series]:
    """(`YYYY-MM`, or `YYYY` of a whole year, bad): `2021-03`, `2021/3`, `2021年3月`, `202103`; `2021`, `2021年`."""
    return _by_distinct(partial(_periods, months_only=months_only), cells)


def _periods(cells: pl.Series, months_only: bool) -> tuple[pl.Series, pl.Series]:
    text = half_width(known(cells)).str.strip_chars()
    frame = pl.DataFrame({"t": text}).with_columns(
        parts=pl.col("t").str.extract_groups(r"^([0-9]{4})(?:[-/]|年)?(0?[1-9]|1[0-2])月?$"),
        year=pl.col("t").str.extract(r"^([0-9]{4})年?$"),
    )
    month = pl.col("parts").struct.field("1") + "-" + pl.col("parts").struct.field("2").str.zfill(2)
    values = frame.select(month if months_only else pl.coalesce("year", month)).to_series().alias(cells.name)
    return values, text.is_not_null() & values.is_null()


def texts(cells: pl.Series) -> pl.Series:
    """Surrounding blanks off; the marks for "not known" become null."""
    return known(cells)


def codes(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(normalised credit code, valid): blanks out, half width, upper case, I→1, O→0; GB 32100-2015 mod 31."""
    positions = (~cells.str.contains(_CODE)).arg_true()
    text = cells
    if len(positions):
        typed = half_width(known(cells.gather(positions))).str.replace_all(r"\s", "").str.to_uppercase()
        typed = typed.str.replace_all("I", "1", literal=True).str.replace_all("O", "0", literal=True)
        text = _filled(cells, positions, typed)
    return text, valid_codes(text)


def valid_codes(text: pl.Series) -> pl.Series:
    """True where a normalised code has 18 characters of the alphabet and the right check character."""
    shaped = text.str.contains(_CODE).fill_null(False)
    candidates = text if shaped.all() else text.filter(shaped)
    valid = np.zeros(len(text), dtype=bool)
    if len(candidates):
        raw = np.frombuffer(candidates.str.join("").item().encode("ascii"), dtype=np.uint8).reshape(-1, 18)
        # At most 17 × 30 × 30: sixteen bits hold it.
        weighted = np.zeros(len(candidates), dtype=np.int16)
        for place, weight in enumerate(CODE_WEIGHTS):
            weighted += _CODE_VALUE[raw[:, place]] * weight
        valid[shaped.to_numpy()] = _CODE_VALUE[raw[:, 17]] == (31 - weighted % 31) % 31
    return pl.Series(text.name, valid)


def names(cells: pl.Series) -> pl.Series:
    """Normalised enterprise names: blanks out, brackets to full width, a trailing note in brackets out."""
    positions = (cells.str.contains(_NAME_ALTERED) | (cells == "")).arg_true()
    if positions.is_empty():
        return cells
    text = cells.gather(positions).str.replace_all(r"[\s\u3000]", "")
    text = text.str.replace_all("(", "（", literal=True).str.replace_all(")", "）", literal=True)
    notes = "|".join(NAME_NOTES)
    text = text.str.replace(rf"（[^（）]*(?:{notes})[^（）]*）$", "")
    return _filled(cells, positions, text.set(text == "", None))
