{#- The life cycle of projects (项目全生命周期): every stage a project has reached, how many days it stayed, up to the data
    date in the stage where it is now, and whether what must come next is overdue. -#}
select
    cast(s.project_id as string) as project_id,
    cast(s.stage as string) as stage,
    cast(s.milestone_id as string) as stage_id,
    cast(s.place as integer) as place,
    s.reached_on,
    cast(s.days_in_stage as integer) as days_in_stage,
    coalesce(s.is_current and w.days_waiting > w.limit_days, false) as overdue,
    s.is_current,
    cast(s.n_skipped as integer) as n_skipped,
    s.is_backward,
    s.is_after_data_date
from {{ ref('int_project_stage') }} as s
left join {{ ref('int_project_waiting') }} as w on s.project_id = w.project_id
