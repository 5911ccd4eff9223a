{#- Remediation from the plan's first year on, by date of completion, one row of the seed rule_remediation each: sums
    take every completed action, counts take an enterprise once, by its latest completed action. -#}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

{{ remediation_contribution_ctes() }},

delivered as (
    select count(*) > 0 as is_known from {{ ref('stg_delivery') }} where source = 'remediation' and is_in_force
),

area_sums as (
    select r.indicator_id, t.period, 'county' as breakdown, c.code as breakdown_code,
        coalesce(sum(k.quantity), 0) as quantity
    from rule as r
    cross join months as t
    cross join county as c
    left join counted as k on r.indicator_id = k.indicator_id and t.period = k.period
    group by r.indicator_id, t.period, c.code
    {%- for breakdown, code in breakdowns().items() %}
    union all
    select indicator_id, period, '{{ breakdown }}' as breakdown, {{ code }} as breakdown_code, sum(quantity) as quantity
    from counted
    where {{ code }} is not null
    group by indicator_id, period, {{ code }}
    {%- endfor %}
)

select
    s.indicator_id,
    s.period,
    s.breakdown,
    s.breakdown_code,
    case when d.is_known then cast(s.quantity as double) / r.divided_by end as value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    {{ no_coverage() }}
from area_sums as s
inner join rule as r on s.indicator_id = r.indicator_id
cross join delivered as d
