{#- One row an above-scale enterprise of a year's register: who it is, and its facts of the whole year (year to date of
    December; unknown until the year is closed). What rules on a year's enterprises read. -#}
with

december as (
    select year, period from {{ ref('int_period') }} where month = 12 and is_reported
)

select
    cast(e.year as integer) as year,
    e.enterprise_code as credit_code,
    e.enterprise_name,
    e.former_names,
    e.former_codes,
    e.town_code,
    a.name_zh as town_name,
    e.platform_code,
    e.industry_code,
    e.division,
    i.name_zh as division_name,
    e.is_manufacturing,
    e.is_hightech,
    e.is_backbone,
    e.production_started_on,
    d.period is not null as is_closed,
    e.land_in_use_mu,
    m.tax_ytd_wan as tax_wan,
    m.output_value_ytd_wan as output_value_wan,
    m.value_added_ytd_wan as value_added_wan,
    m.revenue_ytd_wan as revenue_wan,
    m.profit_ytd_wan as profit_wan,
    m.staff_avg_ytd as staff_avg,
    m.electricity_ytd_kwh as electricity_kwh,
    m.tce_calorific_ytd as energy_calorific_tce,
    m.tce_equivalent_ytd as energy_equivalent_tce,
    m.co2_ytd_t as co2_t,
    cast(null as decimal(18, 6)) as emissions_t,
    e.rd_expenditure_wan
from {{ ref('int_enterprise_year') }} as e
left join {{ ref('area') }} as a on e.town_code = a.code
left join {{ ref('industry_division') }} as i on e.division = i.division
left join december as d on e.year = d.year
left join {{ ref('enterprise_month') }} as m on e.enterprise_code = m.credit_code and d.period = m.period
