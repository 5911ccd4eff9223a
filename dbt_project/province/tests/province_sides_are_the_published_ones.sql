-- What the province divides is the sum of what the counties publish: numerators and denominators of their ratios.
with

summed as (
    select
        v.indicator_id,
        v.period,
        count(*) as n,
        sum(v.numerator) as numerator,
        sum(v.denominator) as denominator
    from {{ source('counties', 'indicator_value') }} as v
    where v.breakdown = 'county' and v.value is not null
    group by v.indicator_id, v.period
)

select p.indicator_id, p.period, p.numerator, s.numerator as summed_numerator, p.denominator, s.denominator as summed
from {{ ref('int_province_value') }} as p
inner join {{ ref('int_indicator_rule') }} as r on p.indicator_id = r.indicator_id and r.result = 'ratio'
left join summed as s on p.indicator_id = s.indicator_id and p.period = s.period
where
    p.n_counties > 0
    and not coalesce(
        p.n_counties = s.n
        and abs(p.numerator - s.numerator) <= 1e-9 * greatest(abs(s.numerator), 1)
        and abs(p.denominator - s.denominator) <= 1e-9 * greatest(abs(s.denominator), 1),
        false
    )
