{#- What contributors add up over a window, one row each and month: sums of projects, of remediation and of achievements
    whose amounts are not public, with what came to them in the 1 to 12 months that end there
    (what a reader learns by subtracting). -#}
{%- set sides = ['numerator', 'denominator'] -%}
with

{{ project_contribution_ctes() }},

reported as (
    select period, year, month, last_day from {{ ref('int_period') }} where is_reported
),

completed as (
    select
        r.indicator_id,
        t.period,
        a.enterprise_code as contributor,
        a.town_code,
        a.platform_code,
        a.division,
        case r.measure
            when 'land_freed' then a.land_freed_mu
            when 'energy_freed' then a.energy_freed_tce
            when 'co2_reduced' then a.co2_reduced_t
        end as numerator
    from {{ ref('rule_remediation') }} as r
    cross join reported as t
    inner join {{ ref('int_remediation') }} as a
        on
            a.is_completed
            and a.completed_on between make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
            and t.last_day
    where r.result = 'sum'
),

achieved as (
    select
        r.indicator_id,
        t.period,
        coalesce(a.holder, a.evidence_no) as contributor,
        e.town_code,
        e.platform_code,
        e.division,
        a.quantity as numerator
    from {{ ref('rule_achievement') }} as r
    cross join reported as t
    inner join {{ ref('stg_achievement') }} as a
        on
            r.indicator_id = a.indicator_id
            and t.last_day >= a.happened_on
            and case r.time_window
                when 'year' then a.happened_on >= make_date(t.year, 1, 1)
                when 'plan' then
                    a.happened_on >= make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
                else true
            end
    left join {{ ref('int_enterprise_area') }} as e on a.enterprise_code = e.enterprise_code
    where r.result = 'sum'
),

added_up as (
    select
        indicator_id, period, owner as contributor, town_code, platform_code, division,
        cast(numerator as decimal(38, 14)) as numerator, cast(denominator as decimal(38, 14)) as denominator
    from contribution
    union all
    select
        indicator_id, period, contributor, town_code, platform_code, division,
        cast(numerator as decimal(38, 14)) as numerator, cast(null as decimal(38, 14)) as denominator
    from completed
    union all
    select
        indicator_id, period, contributor, town_code, platform_code, division,
        cast(numerator as decimal(38, 14)) as numerator, cast(null as decimal(38, 14)) as denominator
    from achieved
),

time_window as (
    select indicator_id, time_window from rule
    union all
    select indicator_id, 'plan' as time_window from {{ ref('rule_remediation') }}
    union all
    select indicator_id, time_window from {{ ref('rule_achievement') }}
),

step as (
    select n.step
    from (values
        {%- for step in flow_steps() %}
        ({{ step }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as n (step)
),

summed as (
    select
        indicator_id,
        period,
        contributor,
        town_code,
        platform_code,
        division,
        cast(substr(period, 1, 4) as integer) * 12 + cast(substr(period, 6, 2) as integer) as month_number,
        {%- for side in sides %}
        cast(sum({{ side }}) as decimal(38, 14)) as {{ side }}{{ "," if not loop.last }}
        {%- endfor %}
    from added_up
    group by indicator_id, period, contributor, town_code, platform_code, division
),

-- a figure, which counts at every step, and the one that stands a step earlier in the same window, 0 where that begins
compared as (
    select
        cast(null as integer) as step,
        s.*
    from summed as s
    union all
    select
        n.step,
        s.indicator_id,
        s.period,
        s.contributor,
        s.town_code,
        s.platform_code,
        s.division,
        s.month_number + n.step as month_number,
        {%- for side in sides %}
        -s.{{ side }} as {{ side }}{{ "," if not loop.last }}
        {%- endfor %}
    from summed as s
    inner join time_window as w on s.indicator_id = w.indicator_id
    cross join step as n
    where w.time_window <> 'year' or (s.month_number - 1) % 12 + n.step < 12
),

flow as (
    select
        m.indicator_id,
        t.period,
        m.contributor,
        m.town_code,
        m.platform_code,
        m.division,
        {%- for step in flow_steps() %}
        {%- for side in sides %}
        sum(case when coalesce(m.step, {{ step }}) = {{ step }} then m.{{ side }} end)
            as {{ side }}_flow_{{ step }}{{ "," if not loop.last }}
        {%- endfor %}{{ "," if not loop.last }}
        {%- endfor %}
    from compared as m
    inner join reported as t on m.month_number = t.year * 12 + t.month
    group by m.indicator_id, t.period, m.contributor, m.town_code, m.platform_code, m.division
)

select
    f.*,
    s.numerator,
    s.denominator
from flow as f
left join summed as s
    on
        f.indicator_id = s.indicator_id
        and f.period = s.period
        and f.contributor = s.contributor
        and f.town_code is not distinct from s.town_code
        and f.platform_code is not distinct from s.platform_code
        and f.division is not distinct from s.division
