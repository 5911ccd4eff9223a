{#- Land freed and what became of it, one row a year: freed by completed remediation, planned in the ledger, freed stock
    land that was transferred, and how much of it to industry; cumulated from the plan's first year on. -#}
with

year as (
    select distinct year from {{ ref('int_period') }} where is_reported
),

remediation as (
    select
        year(completed_on) as year,
        sum(land_freed_mu) as freed_mu
    from {{ ref('int_remediation') }}
    where is_completed
    group by year(completed_on)
),

listed as (
    select
        year(listed_on) as year,
        sum(land_freed_mu) as planned_mu
    from {{ ref('int_remediation') }}
    group by year(listed_on)
),

transferred as (
    select
        year,
        sum(area_hectare) * {{ unit_factor('公顷', '亩') }} as transferred_mu,
        sum(case when land_use = '工业' then area_hectare else 0 end) * {{ unit_factor('公顷', '亩') }} as industrial_mu,
        sum(case when is_freed_stock then area_hectare else 0 end) * {{ unit_factor('公顷', '亩') }} as freed_stock_mu,
        sum(case when is_freed_stock and land_use = '工业' then area_hectare else 0 end)
        * {{ unit_factor('公顷', '亩') }} as freed_stock_industrial_mu
    from {{ ref('stg_land_transfer') }}
    group by year
),

yearly as (
    select
        y.year,
        l.planned_mu,
        r.freed_mu,
        t.transferred_mu,
        t.industrial_mu,
        t.freed_stock_mu,
        t.freed_stock_industrial_mu
    from year as y
    left join remediation as r on y.year = r.year
    left join listed as l on y.year = l.year
    left join transferred as t on y.year = t.year
),

cumulated as (
    select
        *,
        case when year >= {{ plan_parameter('window_start_year', 'integer') }} then
            sum(case when year >= {{ plan_parameter('window_start_year', 'integer') }} then freed_mu end) over to_date
        end as freed_plan_mu,
        case when year >= {{ plan_parameter('window_start_year', 'integer') }} then
            sum(case
                when year >= {{ plan_parameter('window_start_year', 'integer') }} then freed_stock_industrial_mu
            end) over to_date
        end as freed_stock_industrial_plan_mu
    from yearly
    window to_date as (order by year asc nulls last rows unbounded preceding)
)

select
    cast(year as integer) as year,
    cast(planned_mu as decimal(18, 6)) as planned_mu,
    cast(freed_mu as decimal(18, 6)) as freed_mu,
    cast(transferred_mu as decimal(18, 6)) as transferred_mu,
    cast(industrial_mu as decimal(18, 6)) as industrial_mu,
    cast(freed_stock_mu as decimal(18, 6)) as freed_stock_mu,
    cast(freed_stock_industrial_mu as decimal(18, 6)) as freed_stock_industrial_mu,
    cast(freed_plan_mu as decimal(18, 6)) as freed_plan_mu,
    cast(freed_stock_industrial_plan_mu as decimal(18, 6)) as freed_stock_industrial_plan_mu,
    cast(freed_stock_industrial_plan_mu as double) / nullif(cast(freed_plan_mu as double), 0) as conversion_share
from cumulated
