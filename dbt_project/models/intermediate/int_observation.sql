{#- Tidy observations by measure, canonical unit, month and area. A year's observation stands in its December. The whole
    is what was observed of it, else the sum of its parts, unknown while one of them is missing. -#}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

part as (
    select code from {{ ref('area') }} where area_type <> 'county'
),

asked as (
    select distinct numerator as measure, numerator_unit as unit from {{ ref('rule_observation') }}
    union
    select distinct denominator as measure, denominator_unit as unit
    from {{ ref('rule_observation') }}
    where denominator is not null
),

observed as (
    select
        q.measure,
        q.unit,
        case when length(o.value_period) = 4 then o.value_period || '-12' else o.value_period end as period,
        o.area_code,
        o.delivery_id,
        o.row_number,
        cast(o.value * u.factor as decimal(38, 8)) as value
    from asked as q
    inner join {{ ref('stg_observation') }} as o on q.measure = o.measure
    inner join {{ ref('unit_factor') }} as u on o.unit = u.unit and q.unit = u.canonical_unit
),

by_area as (
    select
        o.measure,
        o.unit,
        o.period,
        case
            when c.code is not null then 'county' when p.code is not null then 'town' else 'platform'
        end as breakdown,
        o.area_code as breakdown_code,
        o.value,
        o.delivery_id,
        o.row_number
    from observed as o
    left join county as c on o.area_code = c.code
    left join part as p on o.area_code = p.code
),

summed as (
    select
        a.measure,
        a.unit,
        a.period,
        'county' as breakdown,
        c.code as breakdown_code,
        sum(a.value) as value
    from by_area as a
    cross join county as c
    where a.breakdown = 'town'
    group by a.measure, a.unit, a.period, c.code
    having count(a.value) = (select count(*) from part)
)

select measure, unit, period, breakdown, breakdown_code, value, false as is_summed, delivery_id, row_number
from by_area
union all
select
    s.measure,
    s.unit,
    s.period,
    s.breakdown,
    s.breakdown_code,
    s.value,
    true as is_summed,
    cast(null as string) as delivery_id,
    cast(null as integer) as row_number
from summed as s
left join by_area as a
    on s.measure = a.measure and s.unit = a.unit and s.period = a.period and s.breakdown_code = a.breakdown_code
where a.measure is null
