"""What a reader who keeps to the raw contracts knows of one year, once the defects have taken their toll."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipelines.demo.county import MONTHS, County
from pipelines.demo.setting import setting


def _unknown(*shape: int) -> np.ndarray:
    return np.full(shape, np.nan)


@dataclass
class KnownYear:
    """Accepted facts of one year. Rows are enterprises (or meters, or fuel users), columns months 1 … 12.

    NaN means not known. Money in 万元 year to date, land in 亩, electricity in kWh of the month.
    """

    county: County
    k: int
    scope: np.ndarray = field(init=False)
    started_on: np.ndarray = field(init=False)
    """投产日期 as the register of the year says it; NaT where it has none."""
    tax_wan: np.ndarray = field(init=False)
    value_added_wan: np.ndarray = field(init=False)
    revenue_wan: np.ndarray = field(init=False)
    staff: np.ndarray = field(init=False)
    rd_wan: np.ndarray = field(init=False)
    rd_active: np.ndarray = field(init=False)
    rd_institution: np.ndarray = field(init=False)
    land_mu: np.ndarray = field(init=False)
    park_mu: np.ndarray = field(init=False)
    park_plot: tuple[float, float, int] = (0.0, 0.0, 0)
    """Floor area and land (㎡) of own parcels in old parks, and how many hold them."""
    meter_kwh: np.ndarray = field(init=False)
    meter_quarantined: np.ndarray = field(init=False)
    electricity_delivered: np.ndarray = field(init=False)
    fuel_users: np.ndarray = field(init=False)
    fuel_ytd: np.ndarray = field(init=False)
    fuel_accepted: np.ndarray = field(init=False)
    fuel_delivered: np.ndarray = field(init=False)
    population: np.ndarray | None = None
    titles: pl.DataFrame | None = None
    """The list of the year: holder, title, awarded_on, valid_until, platform (code). Holders as in `Holders`."""
    remediation: pl.DataFrame | None = None
    """The last ledger of the year, in its order: holder, method, listed_on, completed_on, state, land_mu, energy_tce,
    co2_t, town_code."""
    achievements: dict[int, pl.DataFrame] = field(default_factory=dict)
    """By quarter, in the order of the ledger: indicator_id, holder, happened_on, quantity."""
    transfers: pl.DataFrame | None = None
    """use, method, hectare, standard, freed."""
    finance: tuple[float, float] | None = None
    """Fund set aside and land revenue in 万元."""

    def __post_init__(self) -> None:
        n, meters = self.county.n, len(self.county.meter_no)
        self.scope = np.zeros(n, dtype=bool)
        self.started_on = np.full(n, np.datetime64("NaT", "D"))
        for name in ("tax_wan", "value_added_wan", "revenue_wan", "staff"):
            setattr(self, name, _unknown(n, MONTHS))
        for name in ("rd_wan", "rd_active", "rd_institution", "land_mu", "park_mu"):
            setattr(self, name, _unknown(n))
        self.meter_kwh = _unknown(meters, MONTHS)
        self.meter_quarantined = np.zeros((meters, MONTHS), dtype=bool)
        self.electricity_delivered = np.zeros(MONTHS, dtype=bool)
        self.fuel_delivered = np.zeros(MONTHS, dtype=bool)
        self.set_fuel_users(np.array([], dtype=int))

    def set_fuel_users(self, users: np.ndarray) -> None:
        self.fuel_users = users
        self.fuel_ytd = _unknown(len(users), len(setting()["fuels"]), MONTHS)
        self.fuel_accepted = np.zeros((len(users), MONTHS), dtype=bool)

    @property
    def year(self) -> int:
        return self.county.years[self.k]

    # -- what the register says of the enterprises -------------------------------------------------------------

    @property
    def town(self) -> np.ndarray:
        codes = np.array([town["code"] for town in setting()["towns"]], dtype=object)
        return codes[self.county.town[self.k, : self.county.n]]

    @property
    def platform(self) -> np.ndarray:
        return self.county.platform[self.k]

    @property
    def division(self) -> np.ndarray:
        return self.county.division[: self.county.n]

    @property
    def is_manufacturing(self) -> np.ndarray:
        return self.county.is_manufacturing[: self.county.n]

    # -- energy ------------------------------------------------------------------------------------------------

    def tce_ytd(self) -> tuple[np.ndarray, np.ndarray]:
        """Energy in tce year to date, 等价值 and 当量值, enterprise × month, gaps estimated (contract, Facts).

        January is unknown, since no fuel is reported; so is every month from a missing electricity file to
        December, and a month whose fuel file is missing.
        """
        data = setting()
        equivalent = data["electricity_equivalent_kgce_kwh"][str(self.year)]
        first, second = self._weighed(
            (equivalent, "tce_per_unit"), (data["electricity_calorific_kgce_kwh"], "tce_per_unit")
        )
        return first, second

    def co2_ytd(self) -> np.ndarray:
        """CO₂ in t year to date, enterprise × month; known where the energy is."""
        (co2,) = self._weighed((setting()["electricity_co2_kg_kwh"][str(self.year)], "co2_t_per_unit"))
        return co2

    def _weighed(self, *factors: tuple[float, str]) -> list[np.ndarray]:
        """Electricity by its factor (kg a kWh) and fuels by theirs (a column of the setting's fuels), in t."""
        kwh, filled = self._electricity_ytd(), self._fuel_filled()
        gone = np.logical_or.accumulate(~self.electricity_delivered) | ~self.fuel_delivered
        results = []
        for per_kwh, column in factors:
            fuel = self._of_fuel(filled, column)
            known = ~np.isnan(kwh) | ~np.isnan(fuel)
            weighed = np.where(known, np.nan_to_num(kwh) * per_kwh / 1000 + np.nan_to_num(fuel), np.nan)
            weighed[:, gone] = np.nan
            results.append(weighed)
        return results

    def _electricity_ytd(self) -> np.ndarray:
        """kWh year to date of every enterprise; accounts with gaps count with the mean of their accepted months."""
        accepted = ~np.isnan(self.meter_kwh)
        ever = accepted.any(axis=1)
        begun = np.logical_or.accumulate(accepted, axis=1)
        still = np.logical_or.accumulate(accepted[:, ::-1], axis=1)[:, ::-1]
        mean = np.nansum(self.meter_kwh, axis=1) / np.maximum(accepted.sum(axis=1), 1)
        estimated = ~accepted & ever[:, None] & (self.meter_quarantined | (begun & still))
        month = np.where(accepted, self.meter_kwh, np.where(estimated, mean[:, None], np.nan))
        known = np.logical_or.accumulate(~np.isnan(month), axis=1)
        ytd = np.cumsum(np.nan_to_num(month), axis=1)
        return self._of_owner(ytd, known, self.county.meter_owner)

    def _of_owner(self, values: np.ndarray, known: np.ndarray, owner: np.ndarray) -> np.ndarray:
        size = self.county.total
        total, count = np.zeros((size, MONTHS)), np.zeros((size, MONTHS))
        np.add.at(total, owner, np.where(known, values, 0))
        np.add.at(count, owner, known)
        return np.where(count > 0, total, np.nan)[: self.county.n]

    def _fuel_filled(self) -> np.ndarray:
        """Fuels year to date, user × fuel × month; months without an accepted row are interpolated."""
        users, ytd, accepted = len(self.fuel_users), self.fuel_ytd, self.fuel_accepted
        before_month, before = np.zeros((users, MONTHS)), np.zeros_like(ytd)
        last_month, last = np.zeros(users), np.zeros(ytd.shape[:2])
        for m in range(MONTHS):
            now = accepted[:, m]
            last_month = np.where(now, m + 1, last_month)
            last = np.where(now[:, None], ytd[:, :, m], last)
            before_month[:, m], before[:, :, m] = last_month, last
        after_month, after = np.zeros((users, MONTHS)), np.full_like(ytd, np.nan)
        next_month, following = np.zeros(users), np.full(ytd.shape[:2], np.nan)
        for m in reversed(range(MONTHS)):
            now = accepted[:, m]
            next_month = np.where(now, m + 1, next_month)
            following = np.where(now[:, None], ytd[:, :, m], following)
            after_month[:, m], after[:, :, m] = next_month, following
        month = np.arange(1, MONTHS + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            between = (month - before_month) / (after_month - before_month)
            inner = before + (after - before) * between[:, None, :]
            beyond = before * (month / before_month)[:, None, :]
        filled = np.where((after_month > 0)[:, None, :], inner, beyond)
        filled = np.where(accepted[:, None, :], ytd, filled)
        filled[~accepted.any(axis=1)] = np.nan
        return filled

    def _of_fuel(self, filled: np.ndarray, column: str) -> np.ndarray:
        """What the fuels of every enterprise weigh in t, by the factors of a column."""
        per_unit = np.array([fuel[column] for fuel in setting()["fuels"]])
        known = ~np.isnan(filled)
        result = _unknown(self.county.n, MONTHS)
        result[self.fuel_users] = np.where(
            known.any(axis=1), np.nansum(filled * per_unit[None, :, None], axis=1), np.nan
        )
        return result
