{#- Where every project stands at the data date, one row each: its stage, the "not yet" list (五未) it is on and since
    when, what of the plan is invested, and whether it is on the wall chart (挂图作战). -#}
with

stage as (
    select
        project_id,
        max(case when is_current then stage end) as stage,
        max(case when is_current then reached_on end) as stage_since_on,
        max(case when is_current then days_in_stage end) as days_in_stage,
        sum(n_skipped) as n_skipped,
        max(case when is_backward then 1 else 0 end) = 1 as is_backward
    from {{ ref('project_stage') }}
    group by project_id
),

horizon as (
    select max(period) as period from {{ ref('int_period') }} where is_reported
),

invested as (
    select
        i.project_id,
        sum(i.invested_wan) as invested_wan,
        sum(case when substr(i.period, 1, 4) = substr(h.period, 1, 4) then i.invested_wan end) as invested_year_wan
    from {{ ref('stg_project_investment') }} as i
    inner join horizon as h on i.period <= h.period
    group by i.project_id
),

wall_chart as (
    select comparator, target_value * {{ unit_factor('亿元', '万元') }} as threshold_wan
    from {{ ref('indicator_registry') }}
    where target_id = 'wall_chart_project_threshold'
)

select
    cast(p.project_id as string) as project_id,
    cast(p.name as string) as name,
    cast(p.owner_code as string) as owner_code,
    cast(p.town_code as string) as town_code,
    cast(p.platform_code as string) as platform_code,
    cast(p.division as string) as division,
    p.is_manufacturing,
    cast(p.kind as string) as kind,
    p.planned_total_wan,
    p.planned_fixed_wan,
    cast(i.invested_wan as decimal(18, 6)) as invested_wan,
    cast(i.invested_year_wan as decimal(18, 6)) as invested_year_wan,
    cast(i.invested_wan as double) / nullif(cast(p.planned_fixed_wan as double), 0) as investment_completion,
    cast(s.stage as string) as stage,
    s.stage_since_on,
    cast(s.days_in_stage as integer) as days_in_stage,
    cast(coalesce(s.n_skipped, 0) as integer) as n_skipped,
    coalesce(s.is_backward, false) as is_backward,
    cast(w.list_name as string) as not_yet_list,
    w.since_on as waiting_since_on,
    cast(w.days_waiting as integer) as days_waiting,
    cast(w.limit_days as integer) as limit_days,
    coalesce(w.days_waiting > w.limit_days, false) as overdue,
    cast(case when w.days_waiting > w.limit_days then w.days_waiting - w.limit_days end as integer) as days_overdue,
    coalesce(p.is_manufacturing and {{ holds('p.planned_total_wan', 'c.comparator', 'c.threshold_wan') }}, false)
        as is_wall_chart
from {{ ref('project') }} as p
left join stage as s on p.project_id = s.project_id
left join {{ ref('int_project_waiting') }} as w on p.project_id = w.project_id
left join invested as i on p.project_id = i.project_id
left join wall_chart as c on 1 = 1
