{#- The series behind every open target of the whole: its judged values in reporting steps (12 a year, 11 where January
    is not reported, 1 for a yearly figure), up to the latest known, and how many steps there are to the deadline. -#}
with

judged as (
    {{ judged_value() }}
),

-- what adds up within a year or over the plan; everything else is a level
adds_up as (
    select indicator_id, time_window = 'year' as is_yearly
    from {{ ref('rule_project') }}
    where result in ('count', 'sum')
    union all
    select indicator_id, time_window = 'year' as is_yearly
    from {{ ref('rule_achievement') }}
    where result in ('holders', 'rows', 'sum')
    union all
    select indicator_id, false as is_yearly from {{ ref('rule_remediation') }}
    union all
    select indicator_id, false as is_yearly from {{ ref('rule_title') }} where result = 'new'
    union all
    select indicator_id, time_window = 'year' as is_yearly
    from {{ ref('rule_observation') }}
    where result = 'sum' and time_window <> 'period'
),

latest as (
    select target_id, period, year, month, deadline_year, is_annual_test, achieved_by, value, is_met, is_due
    from {{ ref('int_progress') }}
    where breakdown = 'county' and value is not null
    qualify row_number() over (partition by target_id order by period desc) = 1
),

open_target as (
    select
        target_id,
        period,
        year,
        month,
        case when is_annual_test or achieved_by = 'yearly_flow' then year else deadline_year end as end_year
    from latest
    where not is_met and not is_due
),

figure as (
    select j.indicator_id as target_id, j.period, j.value, t.year, t.month
    from judged as j
    inner join open_target as o on j.indicator_id = o.target_id and j.period <= o.period
    inner join {{ ref('int_period') }} as t on j.period = t.period
    where j.breakdown = 'county'
),

habit as (
    select target_id, min(month) as first_month, 13 - min(month) as steps_per_year, min(year) as first_year
    from figure
    group by target_id
)

select
    o.target_id,
    o.period as origin,
    cast(o.end_year as string) || '-12' as horizon_period,
    cast(f.year * h.steps_per_year + f.month - h.first_month as integer) as step,
    f.value,
    a.indicator_id is not null as is_sum,
    cast(case when a.is_yearly then f.year else 0 end as integer) as time_window,
    cast(h.steps_per_year as integer) as steps_per_year,
    cast((o.end_year - o.year) * h.steps_per_year + 12 - o.month as integer) as horizon
from open_target as o
inner join figure as f on o.target_id = f.target_id
inner join habit as h on o.target_id = h.target_id
left join adds_up as a on o.target_id = a.indicator_id
