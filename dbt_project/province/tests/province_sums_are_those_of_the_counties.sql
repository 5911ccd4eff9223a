-- A sum or a count of the province is the sum of the counties' published figures, over those that have one.
with

summed as (
    select indicator_id, period, count(*) as n, sum(value) as value
    from {{ source('counties', 'indicator_value') }}
    where breakdown = 'county' and value is not null
    group by indicator_id, period
)

select p.indicator_id, p.period, p.value, s.value as summed, p.n_counties, s.n
from {{ ref('int_province_value') }} as p
inner join {{ ref('int_indicator_rule') }} as r on p.indicator_id = r.indicator_id and r.result = 'sum'
left join summed as s on p.indicator_id = s.indicator_id and p.period = s.period
where
    p.n_counties <> coalesce(s.n, 0)
    or (p.n_counties > 0 and not coalesce(abs(p.value - s.value) <= 1e-9 * greatest(abs(s.value), 1), false))
