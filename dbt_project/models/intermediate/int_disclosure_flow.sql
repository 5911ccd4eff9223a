{#- What contributors add up over a window, a row each, where it lies, and month: sums of projects, remediation and
    achievements whose amounts are not public, with what came to them in the 1 to 12 months that end there (what a
    reader learns by subtracting). -#}
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

step as (
    select n.step
    from (values
        {%- for step in flow_steps() %}
        ({{ step }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as n (step)
),

-- one row a contributor, where it lies, and month; `window_key`: what a figure is compared within
summed as (
    select
        a.indicator_id,
        a.contributor,
        a.town_code,
        a.platform_code,
        a.division,
        case when i.time_window <> 'year' then 0 else cast(substr(a.period, 1, 4) as integer) end as window_key,
        cast(substr(a.period, 1, 4) as integer) * 12 + cast(substr(a.period, 6, 2) as integer) as month_number,
        a.period,
        {%- for side in sides %}
        cast(sum(a.{{ side }}) as decimal(38, 14)) as {{ side }}{{ "," if not loop.last }}
        {%- endfor %}
    from added_up as a
    inner join {{ ref('int_disclosure_indicator') }} as i on a.indicator_id = i.indicator_id
    where a.numerator is not null or a.denominator is not null
    group by a.indicator_id, a.period, a.contributor, a.town_code, a.platform_code, a.division, i.time_window
),

-- what is gone, or lies elsewhere now, is missed for as long as a reader could subtract
followed as (
    select
        *,
        lead(month_number) over (
            partition by indicator_id, contributor, town_code, platform_code, division, window_key
            order by month_number nulls last
        ) as following
    from summed
),

gone as (
    select
        f.indicator_id,
        f.contributor,
        f.town_code,
        f.platform_code,
        f.division,
        f.window_key,
        f.month_number + n.step as month_number
    from followed as f
    cross join step as n
    where
        (f.following is null or f.month_number + n.step < f.following)
        and (f.window_key = 0 or (f.month_number - 1) % 12 + n.step < 12)
),

present as (
    select * from summed
    union all
    select
        g.*,
        t.period,
        {%- for side in sides %}
        cast(null as decimal(38, 14)) as {{ side }}{{ "," if not loop.last }}
        {%- endfor %}
    from gone as g
    inner join reported as t on g.month_number = t.year * 12 + t.month
),

-- every month within reach has a row, so the row of N steps earlier is that of N months earlier or too far away
earlier as (
    select
        *,
        {%- for step in flow_steps() %}
        {%- for side in sides %}
        case when lag(month_number, {{ step }}) over one_window = month_number - {{ step }}
            then lag({{ side }}, {{ step }}) over one_window
        end as {{ side }}_{{ step }}{{ "," if not loop.last }}
        {%- endfor %}{{ "," if not loop.last }}
        {%- endfor %}
    from present
    window one_window as (
        partition by indicator_id, contributor, town_code, platform_code, division, window_key
        order by month_number nulls last
    )
)

select
    indicator_id,
    period,
    contributor,
    town_code,
    platform_code,
    division,
    {%- for step in flow_steps() %}
    {%- for side in sides %}
    case when {{ side }} is not null or {{ side }}_{{ step }} is not null then
        cast(
            coalesce({{ side }}, cast(0 as decimal(38, 14)))
            - coalesce({{ side }}_{{ step }}, cast(0 as decimal(38, 14))) as decimal(38, 14)
        )
    end as {{ side }}_flow_{{ step }},
    {%- endfor %}
    {%- endfor %}
    numerator,
    denominator
from earlier
