{#- Investment of every project in every month: of the year to date, of the same months a year before, and since the
    plan's first year. Null where no flow was ever recorded in that time. -#}
{%- set flows = ['invested', 'foreign_usd'] -%}
with

grid as (
    select p.project_id, t.period, t.year, t.month
    from {{ ref('project') }} as p
    cross join {{ ref('int_period') }} as t
    where t.is_reported
),

recorded as (
    select
        project_id,
        period,
        sum(invested_wan) as invested_wan,
        sum(foreign_usd_wan) as foreign_usd_wan
    from {{ ref('stg_project_investment') }}
    group by project_id, period
),

to_date as (
    select
        g.project_id,
        g.period,
        g.month,
        {%- for flow in flows %}
        sum(r.{{ flow }}_wan) over year_to_date as {{ flow }}_year_wan,
        sum(case when g.year >= {{ plan_parameter('window_start_year', 'integer') }} then r.{{ flow }}_wan end)
            over all_to_date as {{ flow }}_plan_wan{{ "," if not loop.last }}
        {%- endfor %}
    from grid as g
    left join recorded as r on g.project_id = r.project_id and g.period = r.period
    window
        year_to_date as (partition by g.project_id, g.year order by g.month nulls last rows unbounded preceding),
        all_to_date as (partition by g.project_id order by g.period nulls last rows unbounded preceding)
)

select
    project_id,
    period,
    {%- for flow in flows %}
    cast({{ flow }}_year_wan as decimal(18, 6)) as {{ flow }}_year_wan,
    cast(lag({{ flow }}_year_wan, 12) over (partition by project_id order by period nulls last) as decimal(18, 6))
        as {{ flow }}_prior_year_wan,
    cast({{ flow }}_plan_wan as decimal(18, 6)) as {{ flow }}_plan_wan{{ "," if not loop.last }}
    {%- endfor %}
from to_date
