"""Invented codes are valid codes, and marked as invented; names are unique."""

from __future__ import annotations

import numpy as np
import pytest
from stdnum.cn import uscc

from pipelines.demo.county import County
from pipelines.demo.invent import MARKER, credit_codes, enterprise_names
from pipelines.demo.setting import stream
from pipelines.demo.untidy import date_cell, number_text


@pytest.mark.parametrize("seed", range(3))
def test_codes_are_valid_unique_and_marked(seed):
    codes = credit_codes(2000, stream(seed, "codes"))
    assert all(uscc.is_valid(code) for code in codes)
    assert len(set(codes)) == 2000
    assert {code[8:10] for code in codes} == {MARKER}


def test_names_are_unique():
    names = enterprise_names(np.array(["机械"] * 5000, dtype=object), stream(1, "names"))
    assert len(set(names)) == 5000


def test_an_enterprise_is_found_by_its_names_alone_where_it_has_to_be():
    """A name that may stand without a code belongs to one enterprise of that year's register only."""
    county = County(200, (2020, 2021, 2022), 5)
    for k in range(3):
        names: dict[str, set[int]] = {}
        for who in county.in_register(k):
            former = county.former_names[k, who]
            for name in [county.name[k, who], *(former.split("、") if former else [])]:
                names.setdefault(name, set()).add(int(who))
        shared = {who for owners in names.values() if len(owners) > 1 for who in owners}
        assert shared == set(county.namesakes.tolist())
        assert county.by_code_only(k)[list(shared)].all()


def test_lives_are_as_the_contract_foresees():
    county = County(300, (2020, 2021, 2022, 2023), 2)
    assert [len(county.in_register(k)) for k in range(4)] == [300] * 4
    for k in (1, 2, 3):
        assert set(county.in_register(k)) != set(county.in_register(k - 1))
        for who in county.reregistered[k]:
            assert county.code[k, who] != county.code[k - 1, who] == county.former_code[k, who]
        for who in county.renamed[k]:
            assert county.former_names[k, who] == county.name[k - 1, who] != county.name[k, who]
        for who in county.moved[k]:
            assert county.town[k, who] != county.town[k - 1, who]
    assert (np.bincount(county.meter_owner) > 1).any()
    assert all(county.name[0, who].startswith("注") for who in county.moulders)


@pytest.mark.parametrize("form", range(5))
@pytest.mark.parametrize("value", [0, 7, 1234567, -1234567, 1234.5])
def test_numbers_as_text_keep_their_value(form, value):
    text = number_text(value, 1, form)
    plain = "".join(chr(ord(c) - 0xFEE0) if "０" <= c <= "９" or c in "，．－" else c for c in text)
    assert float(plain.replace(",", "").strip()) == value


def test_excel_serial_of_a_date():
    import datetime as dt

    assert date_cell(dt.date(2021, 3, 5), 6, as_cells=True) == 44260
    assert date_cell(dt.date(2021, 3, 1), 4, as_cells=True) == "2021.3"
    # Two digits say nothing of the century.
    assert date_cell(dt.date(1998, 3, 5), 3, as_cells=True) == "1998-03-05"
