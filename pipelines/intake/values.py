"""Cells to values: numbers, dates, flags, codes, names, as the contract's common rules say them.

All functions take and give Polars Series of the same length; nothing here knows of a source. Rules: contract,
"What every workbook has in common" and "How a row finds its enterprise".
"""

from __future__ import annotations

import numpy as np
import polars as pl

DECIMAL = pl.Decimal(38, 8)

# What stands for "not known": null, never 0.
NULL_TOKENS = ("", "/", "-", "—", "…", "*", "－", "／", "＊")

_FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " "}
_FULL_WIDTH_TABLE = str.maketrans(_FULL_WIDTH)

_NUMBER = r"^[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$"

# GB 32100-2015: the alphabet without I, O, S, V, Z and the weights 3^(i-1) mod 31.
CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)], dtype=np.int64)
_CODE_VALUE = np.full(128, -1, dtype=np.int64)
for _i, _char in enumerate(CODE_ALPHABET):
    _CODE_VALUE[ord(_char)] = _i

# Excel counts days from here (its 1900 leap-year error included), and these serials lie in 1927 … 2173.
_EXCEL_EPOCH = pl.date(1899, 12, 30)

# A trailing bracket that holds one of these is a note, not a part of the name.
NAME_NOTES = ("重点", "停产", "筹")


def _is_ascii(cells: pl.Series) -> bool:
    return cells.str.len_bytes().sum() == cells.str.len_chars().sum()


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
    text = half_width(known(cells)).str.strip_chars()
    is_number = text.str.contains(_NUMBER)
    plain = text.set(~is_number.fill_null(False), None).str.replace_all(",", "", literal=True)
    has_exponent = plain.str.contains(r"[eE]").fill_null(False)
    if has_exponent.any():
        fixed = plain.cast(pl.Float64).map_elements(lambda value: f"{value:.12f}", return_dtype=pl.String)
        plain = plain.zip_with(~has_exponent, fixed)
    values = plain.cast(DECIMAL, strict=False)
    return values, text.is_not_null() & values.is_null()


def dates(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(DATE values, bad): `2021-03-05`, `2021/3/5`, `2021年3月5日`, `21年3月5日`, `2021.3`, Excel dates and serials."""
    name = cells.name
    text = half_width(known(cells)).str.strip_chars()
    frame = pl.DataFrame({"t": text})
    numeric = pl.col("t").str.extract_groups(
        r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$"
    )
    chinese = pl.col("t").str.extract_groups(r"^(\d{4}|\d{2})年(\d{1,2})月(\d{1,2})日$")
    month = pl.col("t").str.extract_groups(r"^(\d{4})\.(\d{1,2})$")
    frame = frame.with_columns(
        y=pl.coalesce(*(groups.struct.field("1") for groups in (numeric, chinese, month))),
        m=pl.coalesce(*(groups.struct.field("2") for groups in (numeric, chinese, month))),
        d=pl.coalesce(
            numeric.struct.field("3"),
            chinese.struct.field("3"),
            pl.when(month.struct.field("1").is_not_null()).then(pl.lit("1")),
        ),
        serial=pl.col("t").str.extract(r"^([1-9]\d{4})(?:\.\d+)?$").cast(pl.Int32),
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
    text = half_width(known(cells)).str.replace_all(r"\s", "").str.replace(r"\.0+$", "")
    good = text.str.contains(rf"^\d{{1,{width}}}$").fill_null(False)
    values = text.set(~good, None).str.zfill(width)
    return values, text.is_not_null() & ~good


def periods(cells: pl.Series, *, months_only: bool) -> tuple[pl.Series, pl.Series]:
    """(`YYYY-MM`, or `YYYY` of a whole year, bad): `2021-03`, `2021/3`, `2021年3月`, `202103`; `2021`, `2021年`."""
    text = half_width(known(cells)).str.strip_chars()
    frame = pl.DataFrame({"t": text}).with_columns(
        parts=pl.col("t").str.extract_groups(r"^(\d{4})(?:[-/]|年)?(0?[1-9]|1[0-2])月?$"),
        year=pl.col("t").str.extract(r"^(\d{4})年?$"),
    )
    month = pl.col("parts").struct.field("1") + "-" + pl.col("parts").struct.field("2").str.zfill(2)
    values = frame.select(month if months_only else pl.coalesce("year", month)).to_series().alias(cells.name)
    return values, text.is_not_null() & values.is_null()


def texts(cells: pl.Series) -> pl.Series:
    """Surrounding blanks off; the marks for "not known" become null."""
    return known(cells)


def codes(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(normalised credit code, valid): blanks out, half width, upper case, I→1, O→0; GB 32100-2015 mod 31."""
    text = half_width(known(cells)).str.replace_all(r"\s", "").str.to_uppercase()
    text = text.str.replace_all("I", "1", literal=True).str.replace_all("O", "0", literal=True)
    return text, valid_codes(text)


def valid_codes(text: pl.Series) -> pl.Series:
    """True where a normalised code has 18 characters of the alphabet and the right check character."""
    shaped = ((text.str.len_chars() == 18) & text.str.contains(rf"^[{CODE_ALPHABET}]{{18}}$")).fill_null(False)
    candidates = text.filter(shaped)
    valid = np.zeros(len(text), dtype=bool)
    if len(candidates):
        raw = np.frombuffer("".join(candidates.to_list()).encode("ascii"), dtype=np.uint8).reshape(-1, 18)
        values = _CODE_VALUE[raw]
        expected = (31 - (values[:, :17] * CODE_WEIGHTS).sum(axis=1) % 31) % 31
        valid[shaped.to_numpy()] = values[:, 17] == expected
    return pl.Series(text.name, valid)


def names(cells: pl.Series) -> pl.Series:
    """Normalised enterprise names: blanks out, brackets to full width, a trailing note in brackets out."""
    text = cells.str.replace_all(r"[\s\u3000]", "")
    text = text.str.replace_all("(", "（", literal=True).str.replace_all(")", "）", literal=True)
    notes = "|".join(NAME_NOTES)
    text = text.str.replace(rf"（[^（）]*(?:{notes})[^（）]*）$", "")
    return text.set((text == "").fill_null(False), None)
