{#- Progress towards each target in each month from the plan's first year to the deadline, of the county and of the
    areas that were given a target. Compared unrounded. A yearly level is judged on its rolling 12-month value, a target
    that names the official value on that. -#}
with

judged as (
    {{ judged_value() }}
),

not_computed as (
    select t.target_id as indicator_id, t.period, t.breakdown, t.breakdown_code, cast(null as double) as value
    from {{ ref('int_target_month') }} as t
    where
        t.month = 12
        and t.is_reported
        and not exists (select 1 from judged as j where t.target_id = j.indicator_id)
),

figures as (
    select *, false as is_pending from judged
    union all
    select *, true as is_pending from not_computed
),

baseline as (
    select indicator_id, breakdown_code, value
    from judged
    where period = {{ plan_parameter('baseline_year', 'string') }} || '-12'
),

compared as (
    select
        t.target_id,
        t.period,
        t.breakdown,
        t.breakdown_code,
        f.value,
        f.is_pending,
        case when t.achieved_by = 'gap_from_baseline' then b.value end as baseline,
        t.target_value,
        t.achieved_by,
        t.comparator,
        t.is_annual_test,
        t.deadline_year,
        t.year,
        t.month,
        t.elapsed_share,
        t.is_due,
        {{ holds('f.value', 't.comparator', 't.target_value') }} as is_met,
        {{ holds('b.value', 't.comparator', 't.target_value') }} as is_met_by_baseline
    from {{ ref('int_target_month') }} as t
    inner join figures as f
        on t.target_id = f.indicator_id and t.period = f.period and t.breakdown_code = f.breakdown_code
    left join baseline as b on t.target_id = b.indicator_id and t.breakdown_code = b.breakdown_code
),

shared as (
    select
        *,
        case
            when achieved_by in ('share_of_target', 'yearly_flow') then value / nullif(target_value, 0)
            when achieved_by = 'gap_from_baseline' and not is_met_by_baseline
                then (value - baseline) / nullif(target_value - baseline, 0)
        end as achieved_share
    from compared
),

verdict as (
    select
        *,
        case
            when is_pending then 'definition_pending'
            when value is null then 'no_data'
            when is_met then 'achieved'
            when is_due then 'missed'
            when achieved_share is null then 'below_line'
            when achieved_share < 0 then 'regressing'
            when {{ at_least('achieved_share', 'elapsed_share') }} then 'on_track'
            when {{ at_least('achieved_share', 'elapsed_share - ' ~ plan_parameter('at_risk_margin', 'double')) }}
                then 'at_risk'
            else 'behind'
        end as status
    from shared
)

select
    *,
    case
        when status in ('achieved', 'on_track') then 'green'
        when status in ('at_risk', 'below_line') then 'yellow'
        when status in ('behind', 'regressing', 'missed') then 'red'
        else 'grey'
    end as light
from verdict
