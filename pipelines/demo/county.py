"""The made-up county: which enterprises there are, and what is true of them.

Everything here is clean. How bureaus write it down is `sources/`, `untidy.py` and `spoil.py`; what a reader should
make of it is `truth.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.demo.holders import Holders
from pipelines.demo.invent import CITY, credit_codes, enterprise_names
from pipelines.demo.setting import county_code, divisions, setting, stream

FIRST_YEAR, LAST_YEAR = 2020, 2023
SMALLEST, LARGEST = 30, 50_000
CHURN = 0.03

# County levels of the first year, from which everything is scaled, and their yearly growth.
_VALUE_ADDED_PER_MU, _TAX_PER_MU, _PRODUCTIVITY, _RD_TO_REVENUE = 135.0, 30.2, 24.1, 0.021
_GROWTH = {"value_added": 1.10, "tax": 1.095, "staff": 1.015, "rd": 1.14, "tce_per_real_wan": 0.955}
# What an enterprise pays and uses while it is below scale, as a share of its above-scale level.
_BELOW_SCALE = 0.4

MONTHS = 12


@dataclass(frozen=True)
class YearFacts:
    """What happened in one year. Rows of the matrices are enterprises (`County` order), columns months 1 … 12.

    Year-to-date facts are whole numbers in the unit they are reported in; January of what is not reported in
    January is there too, and simply not printed.
    """

    year: int
    tax_ytd_yuan: np.ndarray
    value_added_ytd_kcny: np.ndarray
    output_ytd_kcny: np.ndarray
    revenue_ytd_kcny: np.ndarray
    profit_ytd_kcny: np.ndarray
    rd_expense_ytd_kcny: np.ndarray
    staff: np.ndarray
    rd_kcny: np.ndarray
    rd_active: np.ndarray
    rd_institution: np.ndarray
    meter_kwh: np.ndarray
    """Meter × month; 0 where the account is not open."""
    fuel_users: np.ndarray
    fuel_ytd: np.ndarray
    """Fuel user × fuel × month in the unit of the heading; NaN for a fuel not used."""


@dataclass(frozen=True)
class Parcels:
    """The land ledger of one year, one element a row: parcel × holder × tenure."""

    parcel_no: np.ndarray
    holder: np.ndarray
    tenure: np.ndarray
    area: np.ndarray
    unit: np.ndarray
    floor_m2: np.ndarray
    park: np.ndarray


class County:
    """Enterprises and their lives. Index 0 … `n`−1: above scale in some year; `n` … `total`−1: always below.

    `enterprises` is the size of each year's register; `years` begin in 2020.
    """

    def __init__(self, enterprises: int, years: Sequence[int], seed: int) -> None:
        years = tuple(years)
        if not SMALLEST <= enterprises <= LARGEST:
            raise ValueError(f"enterprises must be from {SMALLEST} to {LARGEST}, not {enterprises}")
        if not years or years[-1] > LAST_YEAR or years != tuple(range(FIRST_YEAR, FIRST_YEAR + len(years))):
            raise ValueError(f"years must run from {FIRST_YEAR} without a gap to {LAST_YEAR} at most, not {years}")
        self.enterprises, self.years, self.seed = enterprises, years, seed
        churn = max(1, round(enterprises * CHURN))
        self.n = enterprises + churn * (len(years) - 1)
        below = max(4, round(enterprises * 0.15))
        self.total = self.n + below
        rng = stream(seed, "county")
        self._draw_lives(churn, rng)
        self._draw_characters(rng)
        self._draw_identities(rng)
        self._draw_levels(rng)
        self._draw_meters(rng)
        self._draw_land(rng)

    # -- who exists when -------------------------------------------------------------------------------------

    def _draw_lives(self, churn: int, rng: np.random.Generator) -> None:
        """Who joins and leaves the register, and who is set aside for something special."""
        last = len(self.years) - 1
        self.joins = np.zeros(self.n, dtype=int)
        self.leaves = np.full(self.n, last)
        self.joins[self.enterprises :] = np.repeat(np.arange(1, last + 1), churn)
        order = rng.permutation(self.enterprises)
        for k in range(last):
            self.leaves[order[k * churn : (k + 1) * churn]] = k
        self.lingers = rng.random(self.n) < 0.7
        """Pays tax, holds land and uses electricity in the years in which it is not in the register too."""

        steady = list(order[churn * last :])

        def take(count: int) -> np.ndarray:
            taken, steady[:] = steady[:count], steady[count:]
            return np.array(taken, dtype=int)

        few, fewer = max(1, self.enterprises // 50), max(1, self.enterprises // 100)
        self.renamed = {k: take(few) for k in range(1, last + 1)}
        self.moved = {k: take(few) for k in range(1, last + 1)}
        self.reregistered = {k: take(fewer) for k in range(1, last + 1)}
        self.renamed_before, self.reregistered_before = take(few), take(fewer)
        self.in_park = take(max(3, self.enterprises // 20))
        self.namesakes = take(2)
        """Two enterprises that once had the same name: the name alone identifies neither."""
        self.moulders = take(max(1, self.enterprises // 500))
        """Enterprises whose name begins with 注, as notes under a table do."""
        self.exposed = np.zeros(self.n, dtype=bool)
        self.exposed[take(max(3, self.enterprises // 5))] = True
        """Their register rows may be spoiled; so their rows elsewhere never rely on the name alone."""

    def in_register(self, k: int) -> np.ndarray:
        """Index of the enterprises above scale in the k-th year."""
        return np.flatnonzero((self.joins <= k) & (k <= self.leaves))

    def present(self, k: int) -> np.ndarray:
        """Mask over all `total` enterprises: there in the k-th year, above scale or not."""
        inside = (self.joins <= k) & (k <= self.leaves)
        return np.concatenate([inside | self.lingers, np.ones(self.total - self.n, dtype=bool)])

    def by_code_only(self, k: int) -> np.ndarray:
        """Mask over all `total` enterprises: rows of the k-th year must carry the code, the name won't do."""
        named = np.zeros(self.total, dtype=bool)
        named[self.in_register(k)] = True
        named[: self.n] &= ~self.exposed
        named[self.namesakes] = False
        return ~named

    def _draw_characters(self, rng: np.random.Generator) -> None:
        weights = np.array(divisions("weight"), dtype=float)
        self.kind = rng.choice(len(weights), size=self.total, p=weights / weights.sum())
        self.kind[self.moulders] = divisions("division").index("29")
        self.division = np.array(divisions("division"), dtype=object)[self.kind]
        self.is_manufacturing = (self.division >= "13") & (self.division <= "43")
        self.industry_code = self.division + rng.integers(11, 30, size=self.total).astype("U2").astype(object)
        self.is_backbone = rng.random(self.n) < 0.12

        towns = setting()["towns"]
        weights = np.array([town["weight"] for town in towns], dtype=float)
        count = len(self.years)
        first = rng.choice(len(towns), size=self.total, p=weights / weights.sum())
        self.town = np.tile(first, (count, 1))
        for k, who in self.moved.items():
            self.town[k:, who] = (self.town[k, who] + rng.integers(1, len(towns), size=len(who))) % len(towns)
        on_platform = rng.random(self.n) < 0.72
        platform_of = np.array([town["platform"] for town in towns], dtype=object)
        self.platform = platform_of[self.town[:, : self.n]]
        self.platform[:, ~on_platform] = None
        odds = np.array(divisions("hightech_probability"))[self.kind[: self.n]]
        odds = np.where(self.platform[0] == "高新区", 1 - (1 - odds) * 0.45, odds)
        self.is_hightech = rng.random(self.n) < odds

        year = rng.integers(1993, 2020, size=self.n)
        year[self.joins > 0] = 2018 + self.joins[self.joins > 0]
        months, days = rng.integers(1, 13, size=self.n), rng.integers(1, 29, size=self.n)
        days[rng.random(self.n) < 0.1] = 1
        self.started = np.array(
            [f"{y}-{m:02d}-{d:02d}" for y, m, d in zip(year, months, days, strict=True)], dtype="datetime64[D]"
        )

    def _draw_identities(self, rng: np.random.Generator) -> None:
        """Codes and names year by year, with the former ones."""
        products = np.array(divisions("product"), dtype=object)[self.kind]
        renamed = [*self.renamed.values(), self.renamed_before]
        moves = sum(len(who) for who in renamed)
        products = np.concatenate([products, products[np.concatenate(renamed)], ["老厂"]])
        names = enterprise_names(products, rng)
        again = sum(len(who) for who in self.reregistered.values()) + len(self.reregistered_before)
        codes = credit_codes(self.total + again, rng)

        count = len(self.years)
        names[self.moulders] = np.array(["注塑" + name[2:] for name in names[self.moulders]], dtype=object)
        self.name = np.tile(names[: self.total], (count, 1))
        self.code = np.tile(codes[: self.total], (count, 1))
        self.former_names = np.full((count, self.total), None, dtype=object)
        self.former_code = np.full((count, self.total), None, dtype=object)
        spare_names, spare_codes = list(names[self.total : self.total + moves]), list(codes[self.total :])

        self.former_names[:, self.renamed_before] = self._pop(spare_names, len(self.renamed_before))
        self.former_names[:, self.namesakes] = names[-1]
        for k, who in self.renamed.items():
            self.former_names[k:, who] = self.name[0, who]
            self.name[k:, who] = self._pop(spare_names, len(who))
        # One renamed twice: the register joins former names by 、.
        twice = self.renamed_before[:1]
        self.former_names[:, twice] = self.former_names[0, twice] + "、" + f"{CITY}老字号厂"
        self.former_code[:, self.reregistered_before] = self._pop(spare_codes, len(self.reregistered_before))
        for k, who in self.reregistered.items():
            self.former_code[k:, who] = self.code[0, who]
            self.code[k:, who] = self._pop(spare_codes, len(who))

    @staticmethod
    def _pop(spare: list[str], count: int) -> np.ndarray:
        taken, spare[:] = spare[:count], spare[count:]
        return np.array(taken, dtype=object)

    @property
    def shared_name(self) -> str:
        """The former name of both `namesakes`."""
        return self.former_names[0, self.namesakes[0]]

    # -- how large they are ----------------------------------------------------------------------------------

    def _draw_levels(self, rng: np.random.Generator) -> None:
        """Yearly levels of the first year, in 万元, 人, 亩 and tce, scaled to the county's."""

        def of_kind(column: str) -> np.ndarray:
            return np.array(divisions(column), dtype=float)[self.kind]

        def about(spread: float) -> np.ndarray:
            return rng.lognormal(-spread * spread / 2, spread, size=self.total)

        first = self.in_register(0)
        makers = first[self.is_manufacturing[first]]
        self.staff = np.clip(rng.lognormal(np.log(75), 0.7, size=self.total), 12, 2500)
        # Those who come and go are small; the county does not hang on them.
        self.staff[: self.n][(self.joins > 0) | (self.leaves < len(self.years) - 1)] *= 0.4
        productivity = of_kind("productivity") * about(0.3)
        productivity *= _PRODUCTIVITY / ((self.staff * productivity)[makers].sum() / self.staff[makers].sum())
        self.value_added = self.staff * productivity
        self.value_added[self.n :] *= 0.04
        self.land_mu = self.value_added * about(0.45)
        self.land_mu *= self.value_added[first].sum() / self.land_mu[first].sum() / _VALUE_ADDED_PER_MU
        self.tax = self.value_added * about(0.4)
        self.tax *= _TAX_PER_MU * self.land_mu[first].sum() / self.tax[first].sum()
        self.revenue = self.value_added / (of_kind("value_added_rate") * np.clip(about(0.15), 0.6, 1.6))
        self.margin = rng.normal(0.06, 0.03, size=self.total)
        self.does_rd = rng.random(self.total) < 0.45
        self.has_institution = rng.random(self.total) < np.where(self.does_rd, 0.55, 0.05)
        self.rd = self.revenue * self.does_rd * about(0.5)
        self.rd *= _RD_TO_REVENUE * self.revenue[makers].sum() / max(self.rd[makers].sum(), 1.0)
        energy = self.value_added * of_kind("tce_per_wan") * about(0.3)
        # Nobody uses more than a twentieth of the county's energy: a small county should not hang on one spoiled row.
        energy = np.minimum(energy, energy[first].sum() / 20)
        self.tce_per_wan = energy / self.value_added

        uses_fuel = rng.random(self.total) < of_kind("fuel_probability")
        uses_fuel[self.n :] = False
        # So that the fuel workbook is never empty, however small the county.
        uses_fuel[self.in_park] = True
        self.uses_fuel = uses_fuel
        self.electric_share = np.where(uses_fuel, of_kind("electric_share"), 1.0)
        mains = divisions("main_fuels")
        fuels = len(setting()["fuels"])
        can = np.zeros((len(mains), fuels), dtype=bool)
        for row, main in enumerate(mains):
            can[row, main] = True
        mix = rng.gamma(1.0, size=(self.total, fuels)) * can[self.kind] * (rng.random((self.total, fuels)) < 0.8)
        mix[np.arange(self.total), [mains[kind][0] for kind in self.kind]] += 0.2
        mix[:, 2] += (rng.random(self.total) < 0.25) * 0.02
        mix[:, 3] += (rng.random(self.total) < 0.2) * 0.01
        self.fuel_mix = mix / mix.sum(axis=1, keepdims=True)

    def _draw_meters(self, rng: np.random.Generator) -> None:
        """Meter accounts: one to three an enterprise, some opened or closed on the way."""
        counts = rng.choice([1, 2, 3], size=self.total, p=[0.55, 0.3, 0.15])
        counts[self.n :] = rng.random(self.total - self.n) < 0.3
        self.meter_owner = np.repeat(np.arange(self.total), counts)
        size = len(self.meter_owner)
        starts = np.cumsum(counts) - counts
        is_main = np.zeros(size, dtype=bool)
        is_main[starts[counts > 0]] = True
        share = np.where(is_main, 1.0, rng.uniform(0.05, 0.7, size=size))
        total = np.bincount(self.meter_owner, weights=share, minlength=self.total)
        self.meter_share = share / total[self.meter_owner]
        span = MONTHS * len(self.years)
        late, early = rng.random(size) < 0.05, rng.random(size) < 0.04
        opened = rng.integers(1, span - 3, size=size)
        self.meter_opens = np.where(late & ~is_main, opened, 0)
        self.meter_closes = np.where(early & ~is_main, opened + 2, span)
        numbers = 3_300_000_000 + rng.choice(90_000_000, size=size, replace=False)
        self.meter_no = numbers.astype("U10").astype(object)

    def _draw_land(self, rng: np.random.Generator) -> None:
        """Parcels: one to four an enterprise; some let in part to another."""
        counts = rng.choice([1, 2, 3, 4], size=self.total, p=[0.35, 0.3, 0.2, 0.15])
        counts[self.n :] = rng.random(self.total - self.n) < 0.3
        owner = np.repeat(np.arange(self.total), counts)
        share = rng.uniform(0.3, 1.0, size=len(owner))
        share /= np.bincount(owner, weights=share, minlength=self.total)[owner]
        area = self.land_mu[owner] * share
        number = np.char.add(county_code(), np.char.zfill(np.arange(len(owner)).astype("U7"), 7)).astype(object)
        ratio = rng.lognormal(np.log(1.25), 0.2, size=len(owner))
        parks = np.array(setting()["parks"], dtype=object)
        park = np.full(len(owner), None, dtype=object)
        park_of = np.full(self.total, None, dtype=object)
        park_of[self.in_park] = parks[np.arange(len(self.in_park)) % len(parks)]
        first = np.zeros(len(owner), dtype=bool)
        first[(np.cumsum(counts) - counts)[counts > 0]] = True
        park[first] = park_of[owner[first]]

        lets = np.flatnonzero(first & (owner < self.n) & (park == None) & (rng.random(len(owner)) < 0.08))  # noqa: E711
        tenant = self.in_register(0)[rng.integers(0, self.enterprises, size=len(lets))]
        lets, tenant = lets[tenant != owner[lets]], tenant[tenant != owner[lets]]
        let_area = area[lets] * rng.uniform(0.1, 0.4, size=len(lets))
        none = np.full(2 * len(lets), None, dtype=object)
        self._parcel_no = np.concatenate([number, number[lets], number[lets]])
        self._parcel_holder = np.concatenate([owner, owner[lets], tenant])
        tenures = [np.full(len(owner), "自有"), np.full(len(lets), "租出"), np.full(len(lets), "租入")]
        self._parcel_tenure = np.concatenate(tenures).astype(object)
        self._parcel_mu = np.concatenate([area, let_area, let_area])
        self._parcel_ratio = np.concatenate([ratio, ratio[lets], ratio[lets]])
        self._parcel_park = np.concatenate([park, none])

    # -- what happens in a year ------------------------------------------------------------------------------

    @cached_property
    def codes_now(self) -> np.ndarray:
        """The current credit code of every enterprise: that of the newest register."""
        return self.code[-1]

    @cached_property
    def holders(self) -> Holders:
        """Whoever may stand in a list or a ledger of the bureaus."""
        return Holders(self)

    def parcels(self, k: int) -> Parcels:
        """The land ledger of the k-th year; units vary from row to row and from year to year."""
        rng = stream(self.seed, "parcels", self.years[k])
        size = len(self._parcel_no)
        units = np.array(["平方米", "亩", "公顷"], dtype=object)
        per_mu = np.array([10000 / 15, 1.0, 1 / 15])
        decimals = np.array([2, 4, 4])
        at = rng.choice(3, size=size, p=[0.6, 0.3, 0.1])
        area = np.zeros(size)
        for unit in range(3):
            # Never rounded to nothing: a parcel of no size is no parcel.
            here = np.maximum(np.round(self._parcel_mu * per_mu[unit], decimals[unit]), 10.0 ** -decimals[unit])
            area = np.where(at == unit, here, area)
        floor = np.round(self._parcel_mu * per_mu[0] * self._parcel_ratio * 1.02**k, 2)
        there = self.present(k)[self._parcel_holder]
        return Parcels(
            parcel_no=self._parcel_no[there],
            holder=self._parcel_holder[there],
            tenure=self._parcel_tenure[there],
            area=area[there],
            unit=units[at][there],
            floor_m2=floor[there],
            park=self._parcel_park[there],
        )

    def facts(self, k: int) -> YearFacts:
        """Everything that is reported by month for the k-th year."""
        year = self.years[k]
        rng = stream(self.seed, "facts", year)
        n, total = self.n, self.total
        above = np.zeros(total, dtype=bool)
        above[self.in_register(k)] = True
        scale = np.where(above, 1.0, _BELOW_SCALE)
        scale[n:] = 1.0

        def level(base: np.ndarray, growth: float, spread: float) -> np.ndarray:
            return base * growth**k * rng.lognormal(-spread * spread / 2, spread, size=total) * scale

        value_added = level(self.value_added, _GROWTH["value_added"], 0.07)
        energy = value_added / (setting()["deflator_2020_100"][str(year)] / 100)
        energy = energy * self.tce_per_wan * _GROWTH["tce_per_real_wan"] ** k
        tax = level(self.tax, _GROWTH["tax"], 0.12)
        staff = np.maximum(level(self.staff, _GROWTH["staff"], 0.04), 3)
        revenue = level(self.revenue, _GROWTH["value_added"], 0.05)
        rd = level(self.rd, _GROWTH["rd"], 0.1)
        # A bad year: value added, or tax after a refund, may be negative.
        small = self.in_register(k)
        small = small[np.argsort(value_added[small], kind="stable")][: self.enterprises // 2]
        losing = rng.choice(small, size=max(1, self.enterprises // 200), replace=False)
        value_added[losing] *= -0.2
        refunded = rng.choice(total, size=max(1, total // 200), replace=False)
        tax[refunded] *= -0.1

        def by_month(yearly: np.ndarray, season: str, noise: float) -> np.ndarray:
            weights = np.array(setting()["seasons"][season])
            drawn = weights * rng.lognormal(0, noise, size=(len(yearly), MONTHS))
            return yearly[:, None] * drawn / drawn.sum(axis=1, keepdims=True)

        def ytd(yearly: np.ndarray, season: str, noise: float, unit: float) -> np.ndarray:
            return np.rint(np.cumsum(by_month(yearly, season, noise), axis=1) * unit).astype(np.int64)

        revenue_ytd = ytd(revenue[:n], "value_added", 0.08, 10)
        staff_months = staff[:n, None] * rng.lognormal(0, 0.02, size=(n, MONTHS))
        users = np.flatnonzero(self.uses_fuel & above)
        per_unit = np.array([fuel["tce_per_unit"] for fuel in setting()["fuels"]])
        burnt = energy[users] * (1 - self.electric_share[users])
        by_fuel = burnt[:, None] * self.fuel_mix[users] / per_unit
        used = by_fuel > 0
        months = by_month(np.ones(len(users)), "energy", 0.08)
        fuel_ytd = np.round(np.cumsum(by_fuel[:, :, None] * months[:, None, :], axis=2), 2)
        fuel_ytd[~used] = np.nan

        kgce = setting()["electricity_equivalent_kgce_kwh"][str(year)]
        kwh = energy * self.electric_share / (kgce / 1000)
        month_at = k * MONTHS + np.arange(MONTHS)
        is_open = (self.meter_opens[:, None] <= month_at) & (month_at < self.meter_closes[:, None])
        is_open &= self.present(k)[self.meter_owner][:, None]
        metered = by_month(np.abs(kwh)[self.meter_owner] * self.meter_share, "energy", 0.1)
        return YearFacts(
            year=year,
            tax_ytd_yuan=ytd(tax, "tax", 0.25, 10_000),
            value_added_ytd_kcny=ytd(value_added[:n], "value_added", 0.1, 10),
            output_ytd_kcny=np.rint(revenue_ytd * 1.02).astype(np.int64),
            revenue_ytd_kcny=revenue_ytd,
            profit_ytd_kcny=np.rint(revenue_ytd * self.margin[:n, None]).astype(np.int64),
            rd_expense_ytd_kcny=np.rint(revenue_ytd * np.where(self.does_rd, 0.025, 0)[:n, None]).astype(np.int64),
            staff=np.maximum(np.rint(staff_months), 1).astype(np.int64),
            rd_kcny=np.rint(rd[:n] * 10).astype(np.int64),
            rd_active=self.does_rd[:n] | (rng.random(n) < 0.01 * k),
            rd_institution=self.has_institution[:n] | (rng.random(n) < 0.02 * k),
            meter_kwh=np.maximum(np.rint(metered), 1).astype(np.int64) * is_open,
            fuel_users=users,
            fuel_ytd=np.abs(fuel_ytd),
        )

    def population(self, k: int) -> np.ndarray:
        """Residents of every town at the end of the k-th year."""
        weights = np.array([town["weight"] for town in setting()["towns"]], dtype=float)
        everyone = self.enterprises * 610 * 1.005**k
        return np.rint(everyone * weights / weights.sum()).astype(np.int64)
