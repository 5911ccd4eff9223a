{#- How sensitive each computed indicator is: `amount` (contributors and dominance), `count` (contributors alone) or
    `public`; what no row of the seed disclosure_sensitivity names is sensitive. `family`: indicators that publish the
    same measures of the same enterprises, which must hide the same areas; a change hides what its base hides. -#}
with

ruled as (
    select indicator_id, 'enterprise_ratio' as rule, cast(null as string) as result, cast(null as string) as base_id,
        is_published, cast(null as string) as compared_with, cast(null as string) as time_window
    from {{ ref('rule_enterprise_ratio') }}
    union all
    select indicator_id, 'indicator_change' as rule, cast(null as string) as result, base_indicator_id as base_id,
        true as is_published, compared_with, cast(null as string) as time_window
    from {{ ref('rule_indicator_change') }}
    {%- for rule, columns in {
        'project': ('result', 'time_window'), 'patent_stock': ('null', 'null'), 'title': ('result', 'null'),
        'remediation': ('result', "'plan'"), 'achievement': ('result', 'time_window'),
        'land_transfer': ('null', 'null'), 'finance': ('null', 'null'), 'observation': ('result', 'time_window')
    }.items() %}
    union all
    select indicator_id, '{{ rule }}' as rule, cast({{ columns[0] }} as string) as result,
        cast(null as string) as base_id, true as is_published, cast(null as string) as compared_with,
        cast({{ columns[1] }} as string) as time_window
    from {{ ref('rule_' ~ rule) }}
    {%- endfor %}
),

matched as (
    select
        r.*,
        s.sensitivity,
        row_number() over (
            partition by r.indicator_id
            order by
                case when s.indicator_id is null then 1 else 0 end nulls last,
                case when s.result is null then 1 else 0 end nulls last
        ) as place
    from ruled as r
    left join {{ ref('disclosure_sensitivity') }} as s
        on
            r.rule = s.rule
            and (s.indicator_id is null or r.indicator_id = s.indicator_id)
            and (s.result is null or r.result = s.result)
),

-- sides of published ratios, so that those which share a measure are found
side as (
    select indicator_id, numerator as measure from {{ ref('rule_enterprise_ratio') }} where is_published
    union
    select indicator_id, denominator as measure from {{ ref('rule_enterprise_ratio') }} where is_published
),

{%- for round in range(1, 6) %}
near_{{ round }} as (
    select a.indicator_id, min(b.{{ 'indicator_id' if loop.first else 'family' }}) as family
    from side as a
    inner join side as s on a.measure = s.measure
    inner join {{ 'side' if loop.first else 'near_' ~ (round - 1) }} as b on s.indicator_id = b.indicator_id
    group by a.indicator_id
),
{%- endfor %}

placed as (
    select
        m.indicator_id,
        m.rule,
        coalesce(m.sensitivity, 'amount') as sensitivity,
        m.is_published,
        m.base_id,
        m.compared_with,
        m.time_window,
        coalesce(n.family, m.base_id, m.indicator_id) as own_family
    from matched as m
    left join near_5 as n on m.indicator_id = n.indicator_id
    where m.place = 1
)

select
    i.indicator_id,
    i.rule,
    i.sensitivity,
    i.is_published,
    i.base_id,
    i.compared_with,
    {{ plan_parameter('baseline_year', 'string') }} as baseline_year,
    i.time_window,
    coalesce(b.own_family, i.own_family) as family
from placed as i
left join placed as b on i.base_id = b.indicator_id
