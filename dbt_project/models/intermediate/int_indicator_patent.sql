{#- Patents in force at the end of a month per people, one row of the seed rule_patent_stock each. The population is
    that of the latest year-end known: of the year before, and in December of the year itself once delivered. -#}
with

rule as (
    select * from {{ ref('rule_patent_stock') }}
),

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

population_years as (
    select
        t.period,
        t.last_day,
        t.month,
        max(p.year) as population_year
    from {{ ref('int_period') }} as t
    inner join {{ ref('int_population') }} as p on t.year > p.year or (t.year = p.year and t.month = 12)
    where t.is_reported
    group by t.period, t.last_day, t.month
),

area_months as (
    select
        t.period,
        t.last_day,
        t.month,
        p.breakdown,
        p.breakdown_code,
        p.resident_population,
        coalesce(t.period <= k.known_until, false) as is_known
    from population_years as t
    inner join {{ ref('int_population') }} as p on t.population_year = p.year
    left join {{ ref('int_list_known') }} as k on k.source = 'patent'
),

in_force as (
    select
        t.period,
        h.town_code,
        count(*) as n_patents
    from population_years as t
    inner join {{ ref('int_high_value_patent') }} as h
        on t.last_day >= h.counts_from and (h.counts_until is null or t.last_day < h.counts_until)
    group by t.period, h.town_code
),

stock as (
    select period, 'town' as breakdown, town_code as breakdown_code, n_patents
    from in_force
    where town_code is not null
    union all
    select i.period, 'county' as breakdown, c.code as breakdown_code, sum(i.n_patents) as n_patents
    from in_force as i
    cross join county as c
    group by i.period, c.code
),

figures as (
    select
        r.indicator_id,
        a.period,
        a.breakdown,
        a.breakdown_code,
        case when a.is_known then cast(coalesce(s.n_patents, 0) as double) end as numerator,
        cast(a.resident_population as double) / r.people as denominator
    from area_months as a
    inner join rule as r on a.month >= r.first_month
    left join stock as s
        on a.period = s.period and a.breakdown = s.breakdown and a.breakdown_code = s.breakdown_code
)

select
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    numerator / nullif(denominator, 0) as value,
    numerator,
    denominator,
    cast(null as double) as coverage,
    cast(null as double) as coverage_weighted,
    cast(null as double) as estimated_share,
    cast(null as double) as rolling12_value,
    cast(null as integer) as n_enterprises
from figures
