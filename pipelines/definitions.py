"""The one entry point of Dagster: `dagster dev -m pipelines.definitions`.

Of a county; or, where `FENGHUANG_HOME` is a province, of its counties' releases and their roll-up.
"""

from __future__ import annotations

from dagster import Definitions

from pipelines.home import Home
from pipelines.province.registry import is_province, read_province


def _definitions(home: Home) -> Definitions:
    # Each loads only what it shows.
    if is_province(home):
        from pipelines.orchestration.province import province_definitions

        return province_definitions(read_province(home))
    from pipelines.orchestration.county import county_definitions

    return county_definitions()


defs = _definitions(Home.from_env())
