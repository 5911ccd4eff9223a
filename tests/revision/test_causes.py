"""Which deliveries differ between two releases, and what that makes of them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.build.rebuild import deliveries_from
from pipelines.home import Home
from pipelines.intake.run import take_in
from pipelines.release.inputs import Input
from pipelines.revision.causes import changed_deliveries
from tests.nights import SAMPLE
from tests.revision.conftest import delivered

TAX, FUEL = delivered("tax", "2021-10"), delivered("fuel", "2021-11")


def test_equal_deliveries_are_no_change() -> None:
    assert changed_deliveries([TAX, FUEL], [FUEL, TAX]) == []


def test_kinds_and_order() -> None:
    corrected, spoiled = delivered("tax", "2021-10", 1, "b", 5), delivered("tax", "2021-10", 2, "c", 6, "refused")
    monthly = delivered("tax", "2021-12", 0, "d", 7)
    found = changed_deliveries([TAX, FUEL], [TAX, monthly, spoiled, corrected])
    assert [(c.kind, c.delivery) for c in found] == [
        ("withdrawn", FUEL),
        ("corrected", corrected),
        ("refused", spoiled),
        ("new", monthly),
    ]
    assert found[0].removes == {FUEL.input} and not found[0].adds
    assert found[1].adds == {corrected.input} and not found[1].removes
    assert found[1].words == "更正 corrected tax/tax_2021-10_更正1"


def test_the_same_bytes_once_more_take_the_place_of_their_earlier_arrival() -> None:
    again = delivered("tax", "2021-10", 0, "a", 9)
    (change,) = changed_deliveries([TAX], [again])
    assert (change.kind, change.adds, change.removes) == ("sent_again", {again.input}, {TAX.input})


def test_what_was_in_force_then_is_known_again_after_a_file_came_back(tmp_path: Path) -> None:
    """The original, a correction under its name, the original again: of the second night the correction is in force."""
    home = Home(tmp_path)
    name = "土地出让收支_2021.csv"
    (home.inbox / "finance").mkdir(parents=True)
    path = home.inbox / "finance" / name
    original = (SAMPLE / "inbox" / "finance" / name).read_bytes()
    nights = []
    for day, content in enumerate((original, original.replace(b"149.81", b"150"), original), start=1):
        path.write_bytes(content)
        known = take_in(home, now=datetime(2022, 1, day, tzinfo=UTC)).deliveries
        inputs = {Input(d.source, d.file_name, d.sha256, seconds(d.received_at)) for d in known}
        nights.append((inputs, [d.sha256 for d in known if d.in_force]))
    for inputs, in_force in nights:
        assert [d.sha256 for d in deliveries_from(home, inputs) if d.in_force] == in_force
    assert nights[0][1] == nights[2][1] != nights[1][1]


def seconds(received_at: str) -> int:
    return int(datetime.fromisoformat(received_at).timestamp())


def test_a_delivery_the_archive_never_saw_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    shutil.copytree(SAMPLE / "inbox" / "finance", home.inbox / "finance")
    take_in(home)
    with pytest.raises(FileNotFoundError, match="tax_2021-10"):
        deliveries_from(home, {TAX.input})
