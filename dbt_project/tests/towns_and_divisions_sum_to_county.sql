-- The parts of a ratio add up to the county: exactly where every enterprise in scope of the year has a code in that
-- dimension, and never to more enterprises where some have none.
with

parts as (
    select
        indicator_id,
        period,
        breakdown,
        sum(n_enterprises) as n_enterprises,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from {{ ref('int_indicator_ratio') }}
    where breakdown in ('town', 'industry')
    group by indicator_id, period, breakdown
),

complete as (
    select
        year,
        count(town_code) = count(*) as has_every_town,
        count(division) = count(*) as has_every_division
    from {{ ref('int_enterprise_year') }}
    group by year
),

compared as (
    select
        p.*,
        c.n_enterprises as county_n_enterprises,
        c.numerator as county_numerator,
        c.denominator as county_denominator,
        case p.breakdown when 'town' then y.has_every_town else y.has_every_division end as is_complete
    from parts as p
    inner join {{ ref('int_indicator_ratio') }} as c
        on p.indicator_id = c.indicator_id and p.period = c.period and c.breakdown = 'county'
    inner join {{ ref('int_period') }} as t on p.period = t.period
    inner join complete as y on t.year = y.year
)

select *
from compared
where
    n_enterprises > county_n_enterprises
    or (
        is_complete
        and (
            n_enterprises <> county_n_enterprises
            or abs(numerator - county_numerator) > 1e-9 * abs(county_numerator) + 1e-6
            or abs(denominator - county_denominator) > 1e-9 * abs(county_denominator) + 1e-6
        )
    )
