{#- The towns and platforms of each county as its own release ranks them, and the counties against each other (赛马), in
    the indicators that every county computes by one rule and that are ranked within the counties too. -#}
with

ranked_indicator as (
    select distinct k.indicator_id
    from {{ source('counties', 'area_ranking') }} as k
    inner join {{ ref('int_indicator_rule') }} as r on k.indicator_id = r.indicator_id and r.is_additive
),

minimum as (
    select cast(value as integer) as n_enterprises
    from {{ source('counties', 'parameter') }}
    where name = 'ranking_min_enterprises'
),

area as (
    select
        v.indicator_id,
        v.period,
        v.breakdown,
        v.breakdown_code,
        v.value,
        cast(1 as double) as weight,
        v.value is not null and coalesce(v.n_enterprises, m.n_enterprises) >= m.n_enterprises as is_ranked
    from {{ source('counties', 'indicator_value') }} as v
    inner join ranked_indicator as r on v.indicator_id = r.indicator_id
    cross join minimum as m
    where v.breakdown = 'county'
),

{{ ranking_ctes() }}

select
    county_code,
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    value,
    rank,
    score
from {{ source('counties', 'area_ranking') }}
union all
select
    breakdown_code as county_code,
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    value,
    cast(place as integer) as rank,
    cast(score as double) as score
from everything
order by county_code, indicator_id, period, breakdown, breakdown_code
