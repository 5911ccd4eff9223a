"""Whoever may stand in a list or a ledger: the county's enterprises, and the many small ones that no register knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.demo.invent import CITY, WORKSHOP, credit_codes, enterprise_names
from pipelines.demo.setting import divisions, setting, stream

if TYPE_CHECKING:
    from pipelines.demo.county import County

NOBODY = -1
"""The index of no holder at all: a row without name and code."""

# Other places than the names of the registers begin with (county, city), so that none of these is one of those.
_WORKSHOP_PLACES = ("英溪", "余英")
_NAMED_PLACES = ("莫干", "莫梁")
_TRADES = ("软件", "信息科技", "智能科技", "检测技术", "工业设计", "生物科技")


class Holders:
    """Index 0 … `total`−1: the enterprises of the county, in its order. Then `workshops`, which have a code, and
    `named`, which are known by their name only. Everyone goes by one identity throughout: who has a code nobody could
    guess from the name is always written with it. The last entry is `NOBODY`.
    """

    def __init__(self, county: County) -> None:
        self.county = county
        rng = stream(county.seed, "holders")
        workshops, named = round(county.enterprises * 1.5) + 20, round(county.enterprises * 1.6) + 120
        begin = county.total
        self.workshops = np.arange(begin, begin + workshops)
        self.named = np.arange(begin + workshops, begin + workshops + named)
        self.size = begin + workshops + named

        trades = rng.choice(np.array(divisions("product"), dtype=object), size=workshops)
        services = rng.choice(np.array(_TRADES, dtype=object), size=named)
        names = [
            np.array([places[name[:2] == CITY] + name[2:] for name in enterprise_names(words, rng)], dtype=object)
            for places, words in ((_WORKSHOP_PLACES, trades), (_NAMED_PLACES, services))
        ]
        codes = credit_codes(workshops, rng, WORKSHOP)
        self._names = np.concatenate([*names, [None]])
        self._codes = np.concatenate([codes, np.full(named + 1, None, dtype=object)])
        small = self.size - county.n
        weights = np.array([town["weight"] for town in setting()["towns"]], dtype=float)
        self._towns = rng.choice(len(weights), size=workshops + named + 1, p=weights / weights.sum())
        platforms = np.array([*setting()["platforms"], None], dtype=object)
        self._platforms = platforms[rng.choice(len(platforms), size=small + 1, p=[0.5, 0.25, 0.25])]

        self.steady = np.flatnonzero((county.joins == 0) & (county.leaves == len(county.years) - 1))
        """In the register of every year."""
        self.by_code_only = np.zeros(self.size + 1, dtype=bool)
        """Never to be known by name: a register row that may be spoiled, a name that is shared, or in no register."""
        self.by_code_only[: county.n] = county.exposed
        self.by_code_only[county.namesakes] = True
        self.by_code_only[county.n : begin + workshops] = True

    def name(self, k: int) -> np.ndarray:
        """What everyone is called in the k-th year."""
        return np.concatenate([self.county.name[k], self._names])

    def code(self, k: int) -> np.ndarray:
        return np.concatenate([self.county.code[k], self._codes])

    def former_name(self, k: int) -> np.ndarray:
        return self._pad(self.county.former_names[k])

    def former_code(self, k: int) -> np.ndarray:
        return self._pad(self.county.former_code[k])

    def _pad(self, values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, np.full(self.size + 1 - len(values), None, dtype=object)])

    def town(self, k: int) -> np.ndarray:
        """Position in the setting's towns."""
        return np.concatenate([self.county.town[k], self._towns])

    def platform(self, k: int) -> np.ndarray:
        """Delivered name of the platform, or None."""
        return np.concatenate([self.county.platform[k], self._platforms])

    def known_by(self, k: int, who: np.ndarray) -> dict[str, np.ndarray]:
        """How rows about `who` may be written, as a `Sheet` takes it."""
        return {
            "by_code_only": self.by_code_only[who],
            "former_name": self.former_name(k)[who],
            "former_code": self.former_code(k)[who],
        }
