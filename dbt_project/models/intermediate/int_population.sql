{#- Resident population at the end of each delivered year, by town and for the county, which is the sum of its towns
    and unknown while one is missing. -#}
with

towns as (
    select code, parent_code from {{ ref('area') }} where area_type <> 'county'
),

delivered as (
    select
        s.year,
        coalesce(a.area_code, s.town_code) as town_code,
        sum(s.resident_population) as resident_population
    from {{ ref('stg_population') }} as s
    left join {{ ref('area_alias') }} as a on s.town_code = a.alias_code
    group by s.year, coalesce(a.area_code, s.town_code)
),

town_years as (
    select y.year, t.code, t.parent_code, d.resident_population
    from (select distinct year from delivered) as y
    cross join towns as t
    left join delivered as d on y.year = d.year and t.code = d.town_code
)

select
    year,
    'town' as breakdown,
    code as breakdown_code,
    cast(resident_population as decimal(18, 0)) as resident_population
from town_years
union all
select
    year,
    'county' as breakdown,
    parent_code as breakdown_code,
    case when count(resident_population) = count(*) then cast(sum(resident_population) as decimal(18, 0)) end
        as resident_population
from town_years
group by year, parent_code
