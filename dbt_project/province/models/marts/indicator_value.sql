{#- Every figure of every county as its own release has it, and the province's. -#}
{%- set columns = [
    'indicator_id', 'period', 'breakdown', 'breakdown_code', 'value', 'numerator', 'denominator', 'coverage',
    'coverage_weighted', 'estimated_share', 'rolling12_value', 'n_enterprises'
] | join(', ') -%}
with

figures as (
    select
        county_code,
        {{ columns }},
        cast(null as integer) as n_counties,
        cast(null as double) as county_coverage,
        cast(null as integer) as n_counties_rolling12
    from {{ source('counties', 'indicator_value') }}
    union all
    select
        province_code as county_code,
        indicator_id,
        period,
        'province' as breakdown,
        province_code as breakdown_code,
        value,
        numerator,
        denominator,
        coverage,
        coverage_weighted,
        estimated_share,
        rolling12_value,
        n_enterprises,
        n_counties,
        county_coverage,
        n_counties_rolling12
    from {{ ref('int_province_value') }}
)

select county_code, {{ columns }}, n_counties, county_coverage, n_counties_rolling12
from figures
order by county_code, indicator_id, period, breakdown, breakdown_code
