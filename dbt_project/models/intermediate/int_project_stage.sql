{#- Stages that projects have reached, one row a project and stage, in the order of the life cycle: how long it stayed,
    what it skipped and where its dates run backward. A date after the data date is not reached yet. -#}
with

dated as (
    select
        p.project_id,
        m.milestone_id,
        m.delivered_name as stage,
        m.sort_order as place,
        case m.milestone_id
            {%- for milestone in milestone_ids() %}
            when '{{ milestone }}' then p.{{ milestone }}_on
            {%- endfor %}
        end as reached_on,
        {{ data_date() }} as data_date
    from {{ ref('project') }} as p
    cross join {{ ref('milestone') }} as m
),

happened as (
    select
        *,
        reached_on > data_date as is_after_data_date,
        case when reached_on <= data_date then place end as reached_place,
        case when reached_on <= data_date then reached_on end as known_on
    from dated
    where reached_on is not null
),

ordered as (
    select
        *,
        max(reached_place) over (partition by project_id) as current_place,
        max(reached_place) over earlier as place_before,
        max(known_on) over earlier as latest_before_on,
        -- the next stage that is reached, for this row's stay
        min(reached_place) over later as place_after
    from happened
    window
        earlier as (partition by project_id order by place nulls last rows between unbounded preceding and 1 preceding),
        later as (partition by project_id order by place nulls last rows between 1 following and unbounded following)
)

select
    o.project_id,
    o.milestone_id,
    o.stage,
    o.place,
    o.reached_on,
    o.is_after_data_date,
    coalesce(o.place = o.current_place, false) as is_current,
    coalesce(o.known_on < o.latest_before_on, false) as is_backward,
    case when o.known_on is not null then o.place - coalesce(o.place_before, 0) - 1 end as n_skipped,
    case
        when o.is_after_data_date then null
        when o.place = o.current_place then {{ days_between('o.reached_on', 'o.data_date') }}
        when n.reached_on >= o.reached_on then {{ days_between('o.reached_on', 'n.reached_on') }}
    end as days_in_stage
from ordered as o
left join dated as n on o.project_id = n.project_id and o.place_after = n.place
