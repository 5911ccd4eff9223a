{#- Areas ranked within their dimension (赛马), best first, equal values sharing a rank; an area without a value or with
    fewer contributing enterprises than the plan's minimum is shown unranked. The composite is the weighted mean of an
    area's scores over the indicators it is ranked in; weights come from a dated list where one was delivered. -#}
with

dated as (
    select
        t.period,
        w.indicator_id,
        w.weight,
        row_number() over (
            partition by t.period, w.indicator_id order by w.effective_from desc, w.row_number desc
        ) as nearest
    from {{ ref('int_period') }} as t
    inner join {{ ref('stg_ranking_weight') }} as w on t.period >= w.effective_from
),

ranked_indicator as (
    select t.period, i.indicator_id, cast(1 as double) as weight
    from {{ ref('int_period') }} as t
    cross join {{ ref('rule_ranking') }} as i
    where not exists (
        select 1 from dated as d where t.period = d.period and i.indicator_id = d.indicator_id
    )
    union all
    select period, indicator_id, weight from dated where nearest = 1 and weight > 0
),

area as (
    select
        v.indicator_id,
        v.period,
        v.breakdown,
        v.breakdown_code,
        v.value,
        r.weight,
        v.value is not null
        and coalesce(v.n_enterprises, {{ plan_parameter('ranking_min_enterprises', 'integer') }})
        >= {{ plan_parameter('ranking_min_enterprises', 'integer') }} as is_ranked
    from {{ ref('indicator_value') }} as v
    inner join ranked_indicator as r on v.indicator_id = r.indicator_id and v.period = r.period
    where v.breakdown in ('town', 'platform')
),

{{ ranking_ctes() }}

select
    cast(indicator_id as string) as indicator_id,
    cast(period as string) as period,
    cast(breakdown as string) as breakdown,
    cast(breakdown_code as string) as breakdown_code,
    cast(value as double) as value,
    cast(place as integer) as rank,
    cast(score as double) as score
from everything
order by indicator_id nulls last, period nulls last, breakdown nulls last, breakdown_code nulls last
