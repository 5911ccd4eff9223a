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

ranked as (
    select
        *,
        case when is_ranked then
            rank() over (partition by indicator_id, period, breakdown, is_ranked order by value desc)
        end as place,
        sum(case when is_ranked then 1 else 0 end) over (partition by indicator_id, period, breakdown) as n_ranked
    from area
),

scored as (
    select
        *,
        case
            when place is null then null
            when n_ranked = 1 then 100
            else 100 * cast(n_ranked - place as double) / (n_ranked - 1)
        end as score
    from ranked
),

composite as (
    select
        'composite' as indicator_id,
        period,
        breakdown,
        breakdown_code,
        -- Decimals, so that the order of adding up does not show in the last bit; two fewer in the end, so that equal
        -- means are equal whatever scores they are made of: three times 7/9 of 100, or once all of it and twice 6/9.
        cast({{ decimal_of(
            'cast(sum(' ~ decimal_of('score', 'decimal(17, 14)') ~ ' * cast(weight as decimal(18, 6))) as double)'
            ~ ' / cast(sum(case when score is not null then cast(weight as decimal(18, 6)) end) as double)',
            'decimal(28, 12)'
        ) }} as double) as value
    from scored
    group by period, breakdown, breakdown_code
),

everything as (
    select indicator_id, period, breakdown, breakdown_code, value, place, score from scored
    union all
    select
        indicator_id,
        period,
        breakdown,
        breakdown_code,
        value,
        case when value is not null then
            rank() over (partition by period, breakdown, value is not null order by value desc)
        end as place,
        value as score
    from composite
)

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
