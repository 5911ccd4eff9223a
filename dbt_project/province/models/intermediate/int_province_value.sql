{#- The province's figures: the sides of the counties that know the figure are added first, then divided or compared. A
    county that does not know it, or has no release, is left out and shows in the coverage; it is never taken for 0.
    Growth and decline come of the added sides of both times, over the counties that know both. -#}
{%- set sides = ['numerator', 'denominator', 'earlier_numerator', 'earlier_denominator'] -%}
with

addend as (
    select
        a.*,
        r.result as rolled_up_as,
        a.is_known and a.rolling12_numerator is not null and a.rolling12_denominator is not null as has_rolling12
    from {{ source('counties', 'indicator_addend') }} as a
    inner join {{ ref('int_indicator_rule') }} as r on a.indicator_id = r.indicator_id
    where r.is_additive
),

-- decimals, so that the order of adding up does not show in the last bit
sums as (
    select
        indicator_id,
        period,
        max(rolled_up_as) as result,
        max(factor) as factor,
        count_if(is_known) as n_counties,
        count_if(has_rolling12) as n_counties_rolling12,
        {%- for side in sides %}
        cast(sum(case when is_known then cast({{ side }} as decimal(38, 14)) end) as double) as {{ side }},
        {%- endfor %}
        cast(sum(case when has_rolling12 then cast(rolling12_numerator as decimal(38, 14)) end) as double)
            as rolling12_numerator,
        cast(sum(case when has_rolling12 then cast(rolling12_denominator as decimal(38, 14)) end) as double)
            as rolling12_denominator,
        cast(sum(case when is_known then cast(n_enterprises as decimal(18, 0)) end) as double) as n_enterprises,
        cast(sum(cast(n_in_scope as decimal(18, 0))) as double) as n_in_scope,
        cast(sum(case when is_known then cast(weight as decimal(38, 14)) end) as double) as weight,
        cast(sum(cast(weight_in_scope as decimal(38, 14))) as double) as weight_in_scope,
        cast(sum(case when is_known then cast(tce as decimal(38, 14)) end) as double) as tce,
        cast(sum(case when is_known then cast(tce_estimated as decimal(38, 14)) end) as double) as tce_estimated
    from addend
    group by indicator_id, period
),

n_all as (
    select count(*) as n_counties from {{ source('counties', 'county') }}
)

select
    s.indicator_id,
    s.period,
    p.code as province_code,
    case s.result
        when 'sum' then s.numerator
        when 'ratio' then s.numerator / nullif(s.denominator, 0) * s.factor
        when 'growth' then (s.numerator / nullif(s.earlier_numerator, 0) - 1) * s.factor
        when 'change'
            then
                s.factor * (
                    s.numerator / nullif(s.denominator, 0)
                    / nullif(s.earlier_numerator / nullif(s.earlier_denominator, 0), 0) - 1
                )
    end as value,
    case s.result when 'ratio' then s.numerator end as numerator,
    case s.result when 'ratio' then s.denominator end as denominator,
    coalesce(s.n_enterprises, 0) / nullif(s.n_in_scope, 0) as coverage,
    coalesce(s.weight, 0) / nullif(s.weight_in_scope, 0) as coverage_weighted,
    s.tce_estimated / nullif(s.tce, 0) as estimated_share,
    s.rolling12_numerator / nullif(s.rolling12_denominator, 0) * s.factor as rolling12_value,
    cast(s.n_enterprises as integer) as n_enterprises,
    cast(s.n_counties as integer) as n_counties,
    cast(s.n_counties as double) / n.n_counties as county_coverage,
    cast(s.n_counties_rolling12 as integer) as n_counties_rolling12
from sums as s
cross join n_all as n
cross join {{ source('counties', 'province') }} as p
