{#- One row an enterprise and month: of the years whose register names it, and of any other in which it reported. -#}
{%- set industry = ['output_value', 'value_added', 'revenue', 'profit', 'rd_expense'] -%}
{%- set tce = ['tce_calorific', 'tce_equivalent', 'tce_estimated'] -%}
with

grid as (
    select
        e.enterprise_code,
        p.period,
        p.year,
        p.month
    from (select distinct enterprise_code from {{ ref('int_enterprise_year') }}) as e
    cross join {{ ref('int_period') }} as p
),

measures as (
    select
        g.enterprise_code,
        g.period,
        g.year,
        g.month,
        y.enterprise_code is not null as is_above_scale,
        t.tax_ytd_wan,
        {%- for measure in industry %}
        i.{{ measure }}_ytd_wan,
        {%- endfor %}
        i.staff_avg_ytd,
        n.electricity_kwh,
        n.electricity_ytd_kwh,
        n.electricity_estimated_ytd_kwh,
        {%- for column in fuel_columns() %}
        n.{{ column }},
        {%- endfor %}
        n.is_fuel_estimated,
        {%- for measure in tce %}
        n.{{ measure }}_ytd,
        {%- endfor %}
        n.co2_ytd_t,
        l.land_in_use_mu,
        coalesce(t.enterprise_code, i.enterprise_code, n.enterprise_code) is not null as is_reported
    from grid as g
    left join {{ ref('int_enterprise_year') }} as y on g.enterprise_code = y.enterprise_code and g.year = y.year
    left join {{ ref('int_land_year') }} as l on g.enterprise_code = l.enterprise_code and g.year = l.year
    left join {{ ref('stg_tax') }} as t on g.enterprise_code = t.enterprise_code and g.period = t.period
    left join {{ ref('stg_industry') }} as i on g.enterprise_code = i.enterprise_code and g.period = i.period
    left join {{ ref('int_energy_month') }} as n on g.enterprise_code = n.enterprise_code and g.period = n.period
),

flows as (
    select
        *,
        {{ month_flow('tax_ytd_wan', 1) }} as tax_wan,
        {%- for measure in industry %}
        {{ month_flow(measure ~ '_ytd_wan', 2) }} as {{ measure }}_wan,
        {%- endfor %}
        {%- for fuel, unit in fuel_units().items() %}
        {{ month_flow(fuel ~ '_ytd_' ~ unit, 2) }} as {{ fuel }}_{{ unit }},
        {%- endfor %}
        {%- for measure in tce %}
        {{ month_flow(measure ~ '_ytd', 2) }} as {{ measure }},
        {%- endfor %}
        {{ month_flow('co2_ytd_t', 2) }} as co2_t,
        {%- for measure in rolling12_measures() %}
        lag({{ measure }}_ytd_wan, 12) over enterprise_months as {{ measure }}_same_month_prior_wan,
        -- of the twelve months before one is a December
        max(case when month = 12 then {{ measure }}_ytd_wan end) over (
            partition by enterprise_code order by period nulls last rows between 12 preceding and 1 preceding
        ) as {{ measure }}_prior_year_wan,
        {%- endfor %}
        {{ last_known('cast(value_added_ytd_wan as double) / month', 'enterprise_months') }}
            as last_known_monthly_value_added_wan
    from measures
    window enterprise_months as (partition by enterprise_code order by period nulls last)
)

select
    f.enterprise_code as credit_code,
    f.period,
    f.is_above_scale,
    f.tax_ytd_wan,
    f.tax_wan,
    {%- for measure in industry %}
    f.{{ measure }}_ytd_wan,
    f.{{ measure }}_wan,
    {%- endfor %}
    f.staff_avg_ytd,
    f.electricity_ytd_kwh,
    f.electricity_kwh,
    f.electricity_estimated_ytd_kwh,
    {%- for fuel, unit in fuel_units().items() %}
    f.{{ fuel }}_ytd_{{ unit }},
    f.{{ fuel }}_{{ unit }},
    {%- endfor %}
    f.is_fuel_estimated,
    {%- for measure in tce %}
    f.{{ measure }}_ytd,
    cast(f.{{ measure }} as decimal(38, 14)) as {{ measure }},
    {%- endfor %}
    f.co2_ytd_t,
    cast(f.co2_t as decimal(38, 14)) as co2_t,
    f.land_in_use_mu,
    {%- for measure in rolling12_measures() %}
    case
        when f.month = 12 then f.{{ measure }}_ytd_wan
        else f.{{ measure }}_ytd_wan + f.{{ measure }}_prior_year_wan - f.{{ measure }}_same_month_prior_wan
    end as {{ measure }}_rolling12_wan,
    {%- endfor %}
    cast(f.last_known_monthly_value_added_wan as decimal(18, 6)) as last_known_monthly_value_added_wan
from flows as f
where f.is_above_scale or f.is_reported
