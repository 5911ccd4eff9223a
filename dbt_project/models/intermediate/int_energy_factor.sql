{#- One row a year: tonnes of standard coal and tonnes of CO2 per delivered unit of each energy. -#}
{%- set tce_ids = fuels() + ['electricity_calorific', 'electricity_equivalent'] -%}
{%- set co2_ids = fuels() + ['electricity'] -%}
with

years as (
    select distinct year from {{ ref('int_period') }}
),

tce as (
    select
        y.year,
        c.energy_id,
        {{ decimal_of('cast(c.kgce_per_unit as double) * cast(u.factor as double) / 1000', 'decimal(18, 10)') }} as factor
    from years as y
    inner join {{ ref('energy_coefficient') }} as c on c.valid_year is null or y.year = c.valid_year
    inner join {{ ref('unit_factor') }} as u on c.delivered_unit = u.unit and c.per_unit = u.canonical_unit
),

co2 as (
    select
        y.year,
        c.energy_id,
        {{ decimal_of('cast(c.kgco2_per_unit as double) * cast(u.factor as double) / 1000', 'decimal(18, 10)') }} as factor
    from years as y
    inner join {{ ref('co2_factor') }} as c on c.valid_year is null or y.year = c.valid_year
    inner join {{ ref('unit_factor') }} as u on c.delivered_unit = u.unit and c.per_unit = u.canonical_unit
),

tce_by_year as (
    select
        year,
        {%- for id in tce_ids %}
        max(case when energy_id = '{{ id }}' then factor end) as {{ id }}_tce{{ "," if not loop.last }}
        {%- endfor %}
    from tce
    group by year
),

co2_by_year as (
    select
        year,
        {%- for id in co2_ids %}
        max(case when energy_id = '{{ id }}' then factor end) as {{ id }}_co2{{ "," if not loop.last }}
        {%- endfor %}
    from co2
    group by year
)

select
    t.*,
    {%- for id in co2_ids %}
    c.{{ id }}_co2{{ "," if not loop.last }}
    {%- endfor %}
from tce_by_year as t
inner join co2_by_year as c on t.year = c.year
