{{ config(alias='indicator_value') }}
{#- The figures of the counties as their public files have them; a figure of the province only where none of the
    counties in its sum is hidden: less the public ones it would be the hidden one. -#}
{%- set figures = [
    'value', 'numerator', 'denominator', 'coverage', 'coverage_weighted', 'estimated_share', 'rolling12_value',
    'n_enterprises'
] -%}
with

county as (
    select
        a.indicator_id,
        a.period,
        coalesce(v.conf_status, 'D') <> 'F' as is_hidden,
        a.rolling12_numerator is not null
        and a.rolling12_denominator is not null
        and v.rolling12_value is null as is_rolling12_hidden
    from {{ source('counties', 'indicator_addend') }} as a
    left join {{ source('counties', 'public_indicator_value') }} as v
        on
            a.county_code = v.county_code
            and a.indicator_id = v.indicator_id
            and a.period = v.period
            and v.breakdown = 'county'
    where a.is_known
),

hidden as (
    select
        indicator_id,
        period,
        max(case when is_hidden then 1 else 0 end) = 1 as is_hidden,
        max(case when is_hidden or is_rolling12_hidden then 1 else 0 end) = 1 as is_rolling12_hidden
    from county
    group by indicator_id, period
)

select
    county_code,
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    {{ figures | join(', ') }},
    cast(null as integer) as n_counties,
    cast(null as double) as county_coverage,
    cast(null as integer) as n_counties_rolling12,
    conf_status
from {{ source('counties', 'public_indicator_value') }}
union all
select
    v.county_code,
    v.indicator_id,
    v.period,
    v.breakdown,
    v.breakdown_code,
    {%- for figure in figures %}
    case when {{ "h.is_rolling12_hidden" if figure == 'rolling12_value' else "h.is_hidden" }} then null
        else v.{{ figure }} end as {{ figure }},
    {%- endfor %}
    v.n_counties,
    v.county_coverage,
    v.n_counties_rolling12,
    case when h.is_hidden then 'D' else 'F' end as conf_status
from {{ ref('indicator_value') }} as v
left join hidden as h on v.indicator_id = h.indicator_id and v.period = h.period
where v.breakdown = 'province'
order by county_code, indicator_id, period, breakdown, breakdown_code
