{#- Two-high screening (两高): above-scale enterprises of a closed year that a dated rule hits, by when they were built,
    their division and their energy in 当量值; the thresholds are those of the registry. -#}
with

rule as (
    select y.year, t.*
    from (select distinct year from {{ ref('enterprise_year') }} where is_closed) as y
    inner join {{ ref('two_high_rule') }} as t on y.year >= t.valid_from_year
    qualify row_number() over (
        partition by y.year, t.target_id order by t.valid_from_year desc, t.rule_id asc nulls last
    ) = 1
)

select
    cast(y.year as integer) as year,
    cast(y.credit_code as string) as credit_code,
    cast(y.enterprise_name as string) as enterprise_name,
    cast(y.town_code as string) as town_code,
    cast(y.platform_code as string) as platform_code,
    cast(y.division as string) as division,
    cast(r.rule_id as string) as rule_id,
    y.production_started_on,
    cast(y.energy_calorific_tce as double) as energy_calorific_tce,
    cast(i.target_value as double) as threshold_tce,
    cast(y.energy_equivalent_tce as double) as energy_equivalent_tce
from {{ ref('enterprise_year') }} as y
inner join rule as r on y.year = r.year
inner join {{ ref('indicator_registry') }} as i on r.target_id = i.target_id
left join {{ ref('two_high_division') }} as d
    on y.division = d.division
    and y.year >= d.valid_from_year
    and (d.valid_to_year is null or y.year <= d.valid_to_year)
where
    y.is_closed
    and (r.built_from is null or y.production_started_on >= r.built_from)
    and (r.built_before is null or y.production_started_on < r.built_before)
    and y.production_started_on is not null
    and (d.division is not null or not r.is_listed_divisions_only)
    and {{ holds('y.energy_calorific_tce', 'i.comparator', 'i.target_value') }}
