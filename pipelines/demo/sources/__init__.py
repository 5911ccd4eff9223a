"""One module a source. Each says what its form is (`FORM`) and writes its deliveries.

`deliver(desk, county, k, facts, known)` writes what belongs to the k-th year and enters into `known` what a reader
accepts. Whole lists that are sent once have `deliver_list(desk, county)` instead, called after the last year.

Another source is another module here and its name in one of the two tuples.
"""

from __future__ import annotations

from pipelines.demo.sources import (
    achievement,
    electricity,
    finance,
    fuel,
    industry,
    investment,
    land,
    land_transfer,
    patent,
    population,
    price_index,
    rd,
    register,
    remediation,
    tax,
    title,
)

OF_A_YEAR = (
    register,
    land,
    tax,
    electricity,
    industry,
    fuel,
    population,
    rd,
    title,
    remediation,
    achievement,
    land_transfer,
    finance,
)
WHOLE_LISTS = (price_index, patent, investment)
