{{ config(alias='area_ranking') }}
{#- Places of the counties: the whole list is withheld where a hidden county holds a place in it, and the composite of
    that month, for the gap would bound the hidden figure. Lists within a county are those of its public file. -#}
with

county as (
    select
        k.*,
        case
            when k.indicator_id = 'composite' then 'F'
            else coalesce(v.conf_status, 'D')
        end as own_status
    from {{ ref('area_ranking') }} as k
    left join {{ source('counties', 'public_indicator_value') }} as v
        on
            k.county_code = v.county_code
            and k.indicator_id = v.indicator_id
            and k.period = v.period
            and k.breakdown = v.breakdown
    where k.breakdown = 'county'
),

closed as (
    select distinct indicator_id, period from county where own_status <> 'F' and rank is not null
),

closed_list as (
    select indicator_id, period from closed
    union
    select 'composite' as indicator_id, period from closed
)

select county_code, indicator_id, period, breakdown, breakdown_code, value, rank, score, conf_status
from {{ source('counties', 'public_area_ranking') }}
union all
select
    k.county_code,
    k.indicator_id,
    k.period,
    k.breakdown,
    k.breakdown_code,
    case
        when k.own_status <> 'F' or (k.indicator_id = 'composite' and c.period is not null) then null
        else k.value
    end as value,
    case when k.own_status <> 'F' or c.period is not null then null else k.rank end as rank,
    case when k.own_status <> 'F' or c.period is not null then null else k.score end as score,
    case
        when k.own_status <> 'F' then k.own_status
        when k.indicator_id = 'composite' and c.period is not null then 'D'
        else 'F'
    end as conf_status
from county as k
left join closed_list as c on k.indicator_id = c.indicator_id and k.period = c.period
order by county_code, indicator_id, period, breakdown, breakdown_code
