{#- Energy of every enterprise that any register names, year to date: electricity, fuels, tce by 当量值 and 等价值, CO2.
    An energy figure is known from one account or fuel on. A missing electricity file makes it unknown until December,
    a missing fuel file in its month; January has no fuel report. -#}
with

grid as (
    select e.enterprise_code, p.*
    from (select distinct enterprise_code from {{ ref('int_enterprise_year') }}) as e
    cross join {{ ref('int_period') }} as p
),

to_date as (
    select
        g.enterprise_code,
        g.period,
        g.year,
        g.has_every_electricity_file and g.has_fuel_file as has_files,
        case when g.has_electricity_file then e.electricity_kwh end as electricity_kwh,
        case when g.has_every_electricity_file then
            cast(sum(e.electricity_kwh) over year_to_date as decimal(18, 8))
        end as electricity_ytd_kwh,
        case when g.has_every_electricity_file then
            cast(sum(e.electricity_estimated_kwh) over year_to_date as decimal(18, 8))
        end as electricity_estimated_ytd_kwh,
        {%- for column in fuel_columns() %}
        f.{{ column }},
        {%- endfor %}
        f.is_estimated as is_fuel_estimated
    from grid as g
    left join {{ ref('int_electricity_month') }} as e
        on g.enterprise_code = e.enterprise_code and g.period = e.period
    left join {{ ref('int_fuel_month') }} as f
        on g.enterprise_code = f.enterprise_code and g.period = f.period
    window year_to_date as (partition by g.enterprise_code, g.year order by g.month nulls last rows unbounded preceding)
),

known as (
    select
        *,
        has_files and coalesce(electricity_ytd_kwh, {{ fuel_columns() | join(', ') }}) is not null as is_known
    from to_date
),

converted as (
    select
        k.*,
        case when k.is_known then {{ converted('k.electricity_ytd_kwh', 'f.electricity_calorific_tce') }} end
            as electricity_calorific_tce,
        case when k.is_known then {{ converted('k.electricity_ytd_kwh', 'f.electricity_equivalent_tce') }} end
            as electricity_equivalent_tce,
        case when k.is_known then {{ converted('k.electricity_estimated_ytd_kwh', 'f.electricity_equivalent_tce') }} end
            as electricity_estimated_tce,
        case when k.is_known then {{ converted('k.electricity_ytd_kwh', 'f.electricity_co2') }} end
            as electricity_co2,
        {%- for kind in ['tce', 'co2'] %}
        case when k.is_known then
            0 {%- for fuel, unit in fuel_units().items() %}
            + {{ converted('k.' ~ fuel ~ '_ytd_' ~ unit, 'f.' ~ fuel ~ '_' ~ kind) }}
            {%- endfor %}
        end as fuel_{{ kind }}{{ "," if not loop.last }}
        {%- endfor %}
    from known as k
    inner join {{ ref('int_energy_factor') }} as f on k.year = f.year
)

select
    enterprise_code,
    period,
    electricity_kwh,
    electricity_ytd_kwh,
    electricity_estimated_ytd_kwh,
    {{ fuel_columns() | join(',\n    ') }},
    is_fuel_estimated,
    {{ decimal_of('electricity_calorific_tce + fuel_tce', 'decimal(38, 14)') }} as tce_calorific_ytd,
    {{ decimal_of('electricity_equivalent_tce + fuel_tce', 'decimal(38, 14)') }} as tce_equivalent_ytd,
    {{ decimal_of(
        'electricity_estimated_tce + case when is_fuel_estimated then fuel_tce else 0 end', 'decimal(38, 14)'
    ) }} as tce_estimated_ytd,
    {{ decimal_of('electricity_co2 + fuel_co2', 'decimal(38, 14)') }} as co2_ytd_t
from converted
where coalesce(electricity_ytd_kwh, electricity_kwh, {{ fuel_columns() | join(', ') }}) is not null
