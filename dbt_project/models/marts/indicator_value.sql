{#- Every published figure; each kind of rule is one model with these columns. Only the county has rows without a value:
    what cannot be known. -#}
{%- set columns = [
    'indicator_id', 'period', 'breakdown', 'breakdown_code', 'value', 'numerator', 'denominator', 'coverage',
    'coverage_weighted', 'estimated_share', 'rolling12_value', 'n_enterprises'
] | join(', ') -%}
with

figures as (
    select {{ columns }} from {{ ref('int_indicator_ratio') }} where is_published
    union all
    select {{ columns }} from {{ ref('int_indicator_change') }}
    union all
    select {{ columns }} from {{ ref('int_indicator_project') }}
    union all
    select {{ columns }} from {{ ref('int_indicator_patent') }}
    union all
    select {{ columns }} from {{ ref('int_indicator_title') }}
    union all
    select {{ columns }} from {{ ref('int_indicator_remediation') }}
    union all
    select {{ columns }} from {{ ref('int_indicator_achievement') }}
    union all
    select {{ columns }} from {{ ref('int_indicator_land_money') }}
    union all
    select {{ columns }} from {{ ref('int_indicator_observation') }}
)

select
    cast(indicator_id as string) as indicator_id,
    cast(period as string) as period,
    cast(breakdown as string) as breakdown,
    cast(breakdown_code as string) as breakdown_code,
    cast(value as double) as value,
    cast(numerator as double) as numerator,
    cast(denominator as double) as denominator,
    cast(coverage as double) as coverage,
    cast(coverage_weighted as double) as coverage_weighted,
    cast(estimated_share as double) as estimated_share,
    cast(rolling12_value as double) as rolling12_value,
    cast(n_enterprises as integer) as n_enterprises
from figures
where breakdown = 'county' or value is not null
order by indicator_id nulls last, period nulls last, breakdown nulls last, breakdown_code nulls last
