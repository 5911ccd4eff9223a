{#- Projects that are not deleted, with the first date of every milestone that is not deleted. -#}
{%- set milestones = milestone_ids() -%}
with

first_dates as (
    select
        s.project_id,
        {%- for milestone in milestones %}
        min(case when m.milestone_id = '{{ milestone }}' then s.happened_on end) as {{ milestone }}_on
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_project_milestone') }} as s
    inner join {{ ref('milestone') }} as m on s.milestone = m.delivered_name
    group by s.project_id
)

select
    p.project_id,
    p.name,
    p.owner_code,
    p.industry_code,
    d.division,
    p.is_manufacturing,
    p.investor_type,
    p.is_fortune500,
    p.planned_total_wan,
    p.planned_fixed_wan,
    p.planned_total_usd_wan,
    p.introduced_on,
    a.code as town_code,
    f.platform_code,
    p.kind,
    {%- for milestone in milestones %}
    m.{{ milestone }}_on{{ "," if not loop.last }}
    {%- endfor %}
from {{ ref('stg_project') }} as p
left join first_dates as m on p.project_id = m.project_id
left join {{ ref('industry_division') }} as d on substr(p.industry_code, 1, 2) = d.division
left join {{ ref('platform') }} as f on p.platform = f.delivered_name
left join {{ ref('area_alias') }} as alias on p.town_code = alias.alias_code
left join {{ ref('area') }} as a on coalesce(alias.area_code, p.town_code) = a.code and a.area_type <> 'county'
