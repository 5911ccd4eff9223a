{#- Remediation from the plan's first year on, by date of completion, one row of the seed rule_remediation each: sums
    take every completed action, counts take an enterprise once, by its latest completed action. -#}
{%- set measures = {
    'land_freed': 'a.land_freed_mu', 'energy_freed': 'a.energy_freed_tce', 'co2_reduced': 'a.co2_reduced_t'
} -%}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

rule as (
    select * from {{ ref('rule_remediation') }}
),

delivered as (
    select count(*) > 0 as is_known from {{ ref('stg_delivery') }} where source = 'remediation' and is_in_force
),

months as (
    select period, last_day
    from {{ ref('int_period') }}
    where is_reported and year >= {{ plan_parameter('window_start_year', 'integer') }}
),

action as (
    select
        t.period,
        a.*,
        row_number() over (
            partition by t.period, a.enterprise_code order by a.completed_on desc, a.row_number desc
        ) = 1 as is_latest
    from months as t
    inner join {{ ref('int_remediation') }} as a
        on
            a.is_completed
            and a.completed_on between make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
            and t.last_day
),

counted as (
    select
        r.indicator_id,
        a.period,
        a.town_code,
        a.platform_code,
        a.division,
        case r.result when 'enterprises' then cast(1 as decimal(18, 6))
            else {{ pick('r.measure', measures, 'decimal(18, 6)') }} end as quantity
    from rule as r
    inner join action as a
        on r.result = 'sum' or (a.is_latest and strpos('|' || r.methods || '|', '|' || a.method || '|') > 0)
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
