{#- Changes of a published or intermediate ratio, one row of the seed rule_indicator_change each:
    factor x (value / value of the month compared with - 1). They begin with the plan's first year. -#}
with

rule as (
    select * from {{ ref('rule_indicator_change') }}
),

ratio as (
    select
        i.*,
        t.year,
        t.month
    from {{ ref('int_indicator_ratio') }} as i
    inner join {{ ref('int_period') }} as t on i.period = t.period
)

select
    r.indicator_id,
    v.period,
    v.breakdown,
    v.breakdown_code,
    r.factor * (v.value / nullif(b.value, 0) - 1) as value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    case when r.has_coverage then v.coverage end as coverage,
    case when r.has_coverage then v.coverage_weighted end as coverage_weighted,
    case when r.has_coverage then v.estimated_share end as estimated_share,
    cast(null as double) as rolling12_value,
    v.n_enterprises,
    v.numerator as changed_numerator,
    b.numerator / nullif(b.denominator, 0) * v.denominator as unchanged_numerator,
    v.denominator as changed_denominator,
    v.n_in_scope,
    v.weight,
    v.weight_in_scope,
    v.tce,
    v.tce_estimated,
    b.numerator as compared_numerator,
    b.denominator as compared_denominator
from rule as r
inner join ratio as v on r.base_indicator_id = v.indicator_id
left join ratio as b
    on
        v.indicator_id = b.indicator_id
        and v.breakdown = b.breakdown
        and v.breakdown_code = b.breakdown_code
        and v.month = b.month
        and b.year = case r.compared_with
            when 'prior_year' then v.year - 1
            when 'baseline_year' then {{ plan_parameter('baseline_year', 'integer') }}
        end
where v.year >= {{ plan_parameter('window_start_year', 'integer') }}
