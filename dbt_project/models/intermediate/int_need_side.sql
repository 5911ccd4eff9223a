{#- What a ratio, a growth or a decline is made of, so that a target can be said in the units of its numerator: the
    numerator that a target T asks for is base x (offset + slope x T), at the present denominator. -#}
with

published as (
    select
        v.indicator_id,
        v.period,
        v.breakdown,
        v.breakdown_code,
        v.numerator,
        v.denominator as base,
        0.0 as needed_offset,
        case i.unit when '%' then 0.01 else 1.0 end as needed_slope
    from {{ ref('indicator_value') }} as v
    inner join {{ ref('indicator') }} as i on v.indicator_id = i.target_id
    left join {{ ref('rule_enterprise_ratio') }} as r on v.indicator_id = r.indicator_id
    where v.numerator is not null and v.breakdown <> 'industry' and not coalesce(r.has_rolling12, false)
),

rolling as (
    select
        v.indicator_id,
        v.period,
        v.breakdown,
        v.breakdown_code,
        v.rolling12_numerator as numerator,
        v.rolling12_denominator as base,
        0.0 as needed_offset,
        1.0 / r.factor as needed_slope
    from {{ ref('int_indicator_ratio') }} as v
    inner join {{ ref('rule_enterprise_ratio') }} as r on v.indicator_id = r.indicator_id and r.has_rolling12
    where v.rolling12_numerator is not null and v.breakdown <> 'industry'
),

change as (
    select
        v.indicator_id,
        v.period,
        v.breakdown,
        v.breakdown_code,
        v.changed_numerator as numerator,
        v.unchanged_numerator as base,
        1.0 as needed_offset,
        1.0 / r.factor as needed_slope
    from {{ ref('int_indicator_change') }} as v
    inner join {{ ref('rule_indicator_change') }} as r on v.indicator_id = r.indicator_id
    where v.unchanged_numerator is not null and v.breakdown <> 'industry'
),

investment as (
    select
        v.indicator_id,
        v.period,
        v.breakdown,
        v.breakdown_code,
        v.this_year_sum as numerator,
        v.prior_year_sum as base,
        1.0 as needed_offset,
        1.0 / r.factor as needed_slope
    from {{ ref('int_indicator_project') }} as v
    inner join {{ ref('rule_project') }} as r on v.indicator_id = r.indicator_id and r.result = 'growth'
    where v.prior_year_sum is not null and v.breakdown <> 'industry'
),

side as (
    select * from published
    union all
    select * from rolling
    union all
    select * from change
    union all
    select * from investment
),

measure_of as (
    select indicator_id, numerator as measure from {{ ref('rule_enterprise_ratio') }}
    union all
    select c.indicator_id, r.numerator as measure
    from {{ ref('rule_indicator_change') }} as c
    inner join {{ ref('rule_enterprise_ratio') }} as r on c.base_indicator_id = r.indicator_id
    union all
    select indicator_id, numerator as measure from {{ ref('rule_project') }}
    union all
    select indicator_id, 'patents' as measure from {{ ref('rule_patent_stock') }}
    union all
    select indicator_id, 'holders' as measure from {{ ref('rule_title') }}
    union all
    select indicator_id, 'holders' as measure from {{ ref('rule_achievement') }}
    union all
    select indicator_id, 'transferred_area' as measure from {{ ref('rule_land_transfer') }}
    union all
    select indicator_id, numerator as measure from {{ ref('rule_finance') }}
)

select
    s.indicator_id,
    s.period,
    s.breakdown,
    s.breakdown_code,
    s.numerator,
    s.base,
    cast(s.needed_offset as double) as needed_offset,
    cast(s.needed_slope as double) as needed_slope,
    coalesce(q.unit, o.numerator_unit) as unit
from side as s
left join measure_of as m on s.indicator_id = m.indicator_id
left join {{ ref('measure') }} as q on m.measure = q.measure
left join {{ ref('rule_observation') }} as o on s.indicator_id = o.indicator_id
