{#- The "not yet" list (五未) a project stands on by the furthest stage it has reached, one row a project that waits:
    counted from the milestone that opens the list, or, where that was skipped, from the first stage after it. -#}
with

span as (
    select distinct
        w.list_name,
        f.sort_order as from_place,
        t.sort_order as to_place
    from {{ ref('project_wait_limit') }} as w
    inner join {{ ref('milestone') }} as f on w.from_milestone_id = f.milestone_id
    inner join {{ ref('milestone') }} as t on w.to_milestone_id = t.milestone_id
),

waiting as (
    select
        s.project_id,
        p.list_name,
        coalesce(max(case when s.place = p.from_place then s.reached_on end), min(s.reached_on)) as since_on
    from {{ ref('int_project_stage') }} as s
    inner join span as p on s.place >= p.from_place and s.place < p.to_place
    where not s.is_after_data_date
    group by s.project_id, p.list_name
    having max(case when s.is_current then 1 else 0 end) = 1
)

select
    w.project_id,
    w.list_name,
    w.since_on,
    {{ days_between('w.since_on', data_date()) }} as days_waiting,
    l.limit_days
from waiting as w
left join {{ ref('project_wait_limit') }} as l on w.list_name = l.list_name and w.since_on >= l.valid_from
qualify row_number() over (partition by w.project_id, w.list_name order by l.valid_from desc nulls last) = 1
