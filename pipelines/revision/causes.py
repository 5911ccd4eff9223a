"""What a release was made of that another was not: deliveries, the plan, the code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.release.inputs import Delivered, Input

# What a changed delivery is to the release before: kind → words.
WORDS = {
    "new": "新到 new",
    "corrected": "更正 corrected",
    "refused": "退回 refused",
    "sent_again": "重新报送 sent again",
    "withdrawn": "不再采用 no longer there",
}
PLAN_CHANGED = "方案 registry"
CODE_CHANGED = "代码 code"


@dataclass(frozen=True)
class Change:
    """One delivery that differs: what it is (`WORDS`), and what it adds to the inputs and takes from them."""

    kind: str
    delivery: Delivered
    adds: frozenset[Input]
    removes: frozenset[Input]

    @property
    def words(self) -> str:
        return f"{WORDS[self.kind]} {self.delivery.source}/{self.delivery.file_name}"


def changed_deliveries(before: Iterable[Delivered], now: Iterable[Delivered]) -> list[Change]:
    """The deliveries that differ, in the order (source, period, version, file name, time of arrival).

    A file whose very bytes arrived once more is `sent_again`: it may be in force again. A delivery that others put
    in or out of force is no change itself.
    """
    earlier, later = {d.input: d for d in before}, {d.input: d for d in now}
    answered = {(d.source, d.period) for d in earlier.values() if d.status == "accepted"}
    gone = {(i.source, i.file_name, i.sha256): d for i, d in earlier.items() if i not in later}
    changes = []
    for this, delivery in later.items():
        if this in earlier:
            continue
        same = gone.pop((this.source, this.file_name, this.sha256), None)
        if same is not None:
            kind, removes = "sent_again", frozenset({same.input})
        elif delivery.status == "refused":
            kind, removes = "refused", frozenset()
        else:
            kind = "corrected" if (delivery.source, delivery.period) in answered else "new"
            removes = frozenset()
        changes.append(Change(kind, delivery, frozenset({this}), removes))
    changes += [Change("withdrawn", d, frozenset(), frozenset({d.input})) for d in gone.values()]
    return sorted(changes, key=lambda change: change.delivery.order)
