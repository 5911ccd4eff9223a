{#- Carbon efficiency (碳效) of above-scale enterprises of a closed year: L = CO2 by value added, its class, K = L by the
    industry division's sum by sum, and the level by K. No row without value added above 0. -#}
with

division_sum as (
    {{ division_per_value_added('co2_t', 'intensity') }}
),

measured as (
    select
        y.year,
        y.credit_code,
        y.enterprise_name,
        y.town_code,
        y.platform_code,
        y.division,
        y.co2_t,
        y.value_added_wan,
        cast(y.co2_t as double) / cast(y.value_added_wan as double) as intensity,
        d.intensity as division_intensity
    from {{ ref('enterprise_year') }} as y
    left join division_sum as d on y.year = d.year and y.division = d.division
    where y.is_closed and y.value_added_wan > 0 and y.co2_t is not null
),

compared as (
    select
        *,
        intensity / nullif(division_intensity, 0) as k
    from measured
),

-- the first grade whose upper bound is not exceeded
graded as (
    select
        m.year,
        m.credit_code,
        g.scale,
        g.grade
    from compared as m
    inner join {{ ref('carbon_grade') }} as g
        on m.year >= g.valid_from_year
        and case g.scale when 'level' then m.k else m.intensity end is not null
        and (g.up_to is null or case g.scale when 'level' then m.k else m.intensity end <= cast(g.up_to as double))
    qualify row_number() over (
        partition by m.year, m.credit_code, g.scale order by g.valid_from_year desc, g.sort_order asc nulls last
    ) = 1
)

select
    cast(m.year as integer) as year,
    cast(m.credit_code as string) as credit_code,
    cast(m.enterprise_name as string) as enterprise_name,
    cast(m.town_code as string) as town_code,
    cast(m.platform_code as string) as platform_code,
    cast(m.division as string) as division,
    m.intensity,
    m.k,
    cast(v.grade as integer) as level,
    cast(c.grade as string) as carbon_class,
    m.division_intensity,
    cast(m.co2_t as double) as co2_t,
    cast(m.value_added_wan as double) as value_added_wan
from compared as m
left join graded as v on m.year = v.year and m.credit_code = v.credit_code and v.scale = 'level'
left join graded as c on m.year = c.year and m.credit_code = c.credit_code and c.scale = 'carbon_class'
