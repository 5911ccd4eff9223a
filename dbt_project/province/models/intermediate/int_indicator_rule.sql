{#- May the figures of an indicator be added up over the counties? Only where all of them come of one rule, in one unit,
    and what they come of can be added; else the reason. -#}
with

computed as (
    select
        indicator_id,
        max(result) as result,
        max(factor) as factor,
        count(distinct rule) as n_rules
    from {{ source('counties', 'indicator_addend') }}
    group by indicator_id
),

registered as (
    select
        target_id as indicator_id,
        count(distinct unit) as n_units,
        count_if(row_type = 'target') as n_targets
    from {{ source('counties', 'indicator') }}
    group by target_id
),

judged as (
    select
        r.indicator_id,
        c.result,
        c.factor,
        case
            when c.indicator_id is null then 'not_computed'
            when c.result = 'latest' then 'latest_value'
            when c.n_rules > 1 then 'rule_differs'
            when r.n_units > 1 then 'unit_differs'
        end as reason
    from registered as r
    left join computed as c on r.indicator_id = c.indicator_id
    where c.indicator_id is not null or r.n_targets > 0
)

select indicator_id, result, factor, reason, reason is null as is_additive
from judged
