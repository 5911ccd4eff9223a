{{ config(materialized='view') }}
{#- Rows of the deliveries by whom they are about: with int_contribution_source they are the rows of a contribution
    that is not itself a row. -#}
select 'enterprise' as contributor_kind, enterprise_code as contributor, 'register' as table_name,
    cast(year as string) as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_register') }}
where enterprise_code is not null
union all
select 'enterprise' as contributor_kind, enterprise_code as contributor, 'rd' as table_name,
    cast(year as string) as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_rd') }}
where enterprise_code is not null
union all
select 'enterprise' as contributor_kind, enterprise_code as contributor, 'land' as table_name,
    cast(year as string) as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_land') }}
where enterprise_code is not null
union all
select 'enterprise' as contributor_kind, enterprise_code as contributor, 'industry' as table_name,
    period as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_industry') }}
where enterprise_code is not null
union all
select 'enterprise' as contributor_kind, enterprise_code as contributor, 'tax' as table_name,
    period as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_tax') }}
where enterprise_code is not null
union all
select 'enterprise' as contributor_kind, enterprise_code as contributor, 'electricity' as table_name,
    period as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_electricity') }}
where enterprise_code is not null
union all
select 'enterprise' as contributor_kind, enterprise_code as contributor, 'fuel' as table_name,
    period as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_fuel') }}
where enterprise_code is not null
union all
-- an interpolated month of fuel stands on the months of that year that were reported
select 'enterprise' as contributor_kind, s.enterprise_code as contributor, 'fuel' as table_name,
    e.period as row_period, cast(null as string) as indicator_id, s.delivery_id, s.row_number,
    true as is_estimate
from {{ ref('int_fuel_month') }} as e
inner join {{ ref('stg_fuel') }} as s
    on e.enterprise_code = s.enterprise_code and substr(e.period, 1, 4) = substr(s.period, 1, 4)
where e.is_estimated
union all
-- an estimated month of electricity stands on the accepted months of that year
select distinct 'enterprise' as contributor_kind, s.enterprise_code as contributor, 'electricity' as table_name,
    e.period as row_period, cast(null as string) as indicator_id, s.delivery_id, s.row_number,
    true as is_estimate
from {{ ref('int_electricity_month') }} as e
inner join {{ ref('stg_electricity') }} as s
    on
        e.enterprise_code = s.enterprise_code
        and substr(e.period, 1, 4) = substr(s.period, 1, 4)
        and e.period <> s.period
where e.electricity_estimated_kwh > 0
union all
select 'enterprise' as contributor_kind, enterprise_code as contributor, 'achievement' as table_name,
    period as row_period, indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_achievement') }}
where enterprise_code is not null
union all
select 'project' as contributor_kind, project_id as contributor, 'project' as table_name,
    '' as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_project') }}
union all
select 'project' as contributor_kind, s.project_id as contributor, 'project_milestone' as table_name,
    m.milestone_id as row_period, cast(null as string) as indicator_id, s.delivery_id, s.row_number,
    false as is_estimate
from {{ ref('stg_project_milestone') }} as s
inner join {{ ref('milestone') }} as m on s.milestone = m.delivered_name
union all
select 'project' as contributor_kind, project_id as contributor, 'project_investment' as table_name,
    period as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_project_investment') }}
union all
select 'patent' as contributor_kind, patent_no as contributor, 'patent' as table_name,
    '' as row_period, cast(null as string) as indicator_id, delivery_id, row_number,
    false as is_estimate
from {{ ref('stg_patent') }}
union all
select 'area' as contributor_kind, coalesce(a.area_code, s.town_code) as contributor, 'population' as table_name,
    cast(s.year as string) as row_period, cast(null as string) as indicator_id, s.delivery_id, s.row_number,
    false as is_estimate
from {{ ref('stg_population') }} as s
left join {{ ref('area_alias') }} as a on s.town_code = a.alias_code
