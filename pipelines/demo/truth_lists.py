"""The lists of enterprises (evaluation, 高耗低效, two-high, carbon efficiency), by the sections of the indicator rules
from Enterprise evaluation on; from what is known of every year, apart from the pipeline.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipelines.demo.county import County
from pipelines.demo.known import KnownYear

# item → (numerator, denominator, base, weight)
_ITEMS = {
    "tax_per_mu": ("tax", "land", 24.097, 30),
    "value_added_per_mu": ("value_added", "land", 136.16, 20),
    "value_added_per_tce": ("value_added", "tce", 2.694, 20),
    "labour_productivity": ("value_added", "staff", 18.14, 10),
    "rd_ratio": ("rd", "revenue", 0.0302, 10),
}
# Nobody reports emissions: everyone has the item's full weight.
_EMISSIONS = 10.0
# The best of n, in per cent of n; the rest is class D.
_CLASSES = {"A": 20, "B": 60, "C": 95}
_TWO_HIGH_DIVISIONS = ("25", "26", "30", "31", "32", "44")
_NEW_FROM, _NEW_TCE, _OLD_TCE = dt.date(2018, 1, 1), 1_000, 5_000
_LEVELS, _CARBON_CLASSES = (0.6, 0.8, 1.2, 2.0), {"低碳": 0.6, "中碳": 2.0}

EVALUATION = (
    "year",
    "credit_code",
    "score",
    "class",
    "tax_per_mu",
    "value_added_per_mu",
    "value_added_per_tce",
    "emissions",
    "labour_productivity",
    "rd_ratio",
    "missing",
)


class Lists:
    """Fed year by year; what becomes of a 高耗低效 enterprise stands in the newest ledger."""

    def __init__(self, county: County) -> None:
        self._codes = county.codes_now[: county.n]
        self._years: list[pl.DataFrame] = []
        self._remediation = pl.DataFrame()

    def add(self, known: KnownYear) -> None:
        """Take in the December of one year."""
        equivalent, calorific = known.tce_ytd()
        december = {
            "tax": known.tax_wan,
            "value_added": known.value_added_wan,
            "staff": known.staff,
            "revenue": known.revenue_wan,
            "tce": equivalent,
            "calorific": calorific,
            "co2": known.co2_ytd(),
        }
        facts = pl.DataFrame(
            {
                "credit_code": self._codes.tolist(),
                "holder": range(len(self._codes)),
                "division": known.division.tolist(),
                "started_on": known.started_on,
                "land": known.land_mu,
                "rd": known.rd_wan,
                **{name: values[:, -1] for name, values in december.items()},
            },
            nan_to_null=True,
        ).filter(known.scope)
        self._years.append(facts.select(pl.lit(known.year).alias("year"), pl.all()))
        self._remediation = self._remediation if known.remediation is None else known.remediation

    def tables(self) -> dict[str, pl.DataFrame]:
        """`evaluation`, `hcle`, `two_high`, `carbon` of all years."""
        every = [(facts, evaluation(facts)) for facts in self._years]
        listed = self._remediation.sort("listed_on", maintain_order=True).unique("holder", keep="last")
        return {
            "evaluation": pl.concat([scored.select(EVALUATION) for _, scored in every]),
            "hcle": pl.concat([candidates(facts, scored, listed) for facts, scored in every]),
            "two_high": pl.concat([two_high(facts) for facts in self._years]),
            "carbon": pl.concat([carbon(facts) for facts in self._years]),
        }


def _ratio(numerator: str, denominator: str) -> pl.Expr:
    """Unknown where a side is, or over nothing."""
    return pl.when(pl.col(denominator) != 0).then(pl.col(numerator) / pl.col(denominator))


def _of_division(numerator: str, denominator: str) -> pl.Expr:
    """Σ ÷ Σ of the industry division over the enterprises with both sides known; unknown without value added."""
    both = pl.col(numerator).is_not_null() & pl.col(denominator).is_not_null()
    top, bottom = (pl.col(name).filter(both).sum().over("division") for name in (numerator, denominator))
    return pl.when(bottom > 0).then(top / bottom)


def evaluation(facts: pl.DataFrame) -> pl.DataFrame:
    """Scores and classes of one year's enterprises; whose land is unknown is of class N, and nothing else."""
    known = pl.col("land").is_not_null()
    shares = facts.select(
        "year",
        "credit_code",
        "holder",
        "land",
        *(_ratio(*sides).alias(name) for name, (*sides, _, _) in _ITEMS.items()),
    )
    gaps = [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in _ITEMS]
    points = {
        name: (pl.col(name) / base * weight).clip(lower_bound=0).fill_null(0)
        for name, (_, _, base, weight) in _ITEMS.items()
    }
    scored = shares.with_columns(
        pl.lit(_EMISSIONS).alias("emissions"),
        pl.concat_str(gaps, separator=";", ignore_nulls=True).alias("missing"),
        **points,
    )
    items = [*_ITEMS, "emissions"]
    scored = scored.with_columns(score=pl.sum_horizontal(items))
    scored = scored.with_columns(
        *(pl.when(known).then(pl.col(name)) for name in (*items, "score")),
        missing=pl.when(known).then(pl.col("missing")).otherwise(pl.lit("")),
    )
    count = scored["score"].count()
    place, name = pl.col("score").rank("min", descending=True), pl.lit("D")
    for grade, share in reversed(_CLASSES.items()):
        name = pl.when(place <= -(-count * share // 100)).then(pl.lit(grade)).otherwise(name)
    return scored.with_columns(pl.when(known).then(name).otherwise(pl.lit("N")).alias("class"))


def candidates(facts: pl.DataFrame, scored: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """高耗低效 of one year: year, credit_code, reasons, status. `listed`: the last row of every holder in it."""
    joined = facts.join(scored.select("holder", "class"), on="holder").join(listed, on="holder", how="left")
    uses_for_nothing = (pl.col("value_added") <= 0) & (pl.col("tce") > 0)
    above = pl.col("tce") / pl.col("value_added") > 2 * _of_division("tce", "value_added")
    reasons = {
        "class_d": pl.col("class") == "D",
        "tax_per_mu_below_5": _ratio("tax", "land") < 5,
        "energy_above_twice_division": pl.when(pl.col("value_added") > 0).then(above).otherwise(uses_for_nothing),
    }
    said = [pl.when(hit).then(pl.lit(name)) for name, hit in reasons.items()]
    return joined.select(
        "year",
        "credit_code",
        reasons=pl.concat_str(said, separator=";", ignore_nulls=True),
        status=pl.col("state").fill_null("未列入"),
    ).filter(pl.col("reasons") != "")


def two_high(facts: pl.DataFrame) -> pl.DataFrame:
    """Enterprises that the screening hits in one year: year, credit_code."""
    started, used = pl.col("started_on"), pl.col("calorific")
    new = pl.col("division").is_in(_TWO_HIGH_DIVISIONS) & (started >= _NEW_FROM) & (used >= _NEW_TCE)
    return facts.filter(new | ((started < _NEW_FROM) & (used >= _OLD_TCE))).select("year", "credit_code")


def carbon(facts: pl.DataFrame) -> pl.DataFrame:
    """Carbon efficiency of one year: year, credit_code, L (t CO₂ per 万元), K, level, carbon_class. Where the value
    added of a division is none or less, neither K nor the level can be known."""
    level = 1 + pl.sum_horizontal([(pl.col("K") > line).cast(pl.Int64) for line in _LEVELS], ignore_nulls=False)
    kind = pl.lit("高碳")
    for name, line in reversed(_CARBON_CLASSES.items()):
        kind = pl.when(pl.col("L") <= line).then(pl.lit(name)).otherwise(kind)
    measured = facts.with_columns(L=_ratio("co2", "value_added"), mean=_of_division("co2", "value_added"))
    measured = measured.filter(pl.col("value_added") > 0, pl.col("co2").is_not_null())
    measured = measured.with_columns(K=pl.col("L") / pl.col("mean"))
    return measured.select("year", "credit_code", "L", "K", level=level, carbon_class=kind)
