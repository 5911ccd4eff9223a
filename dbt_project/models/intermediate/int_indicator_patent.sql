{#- Patents in force at the end of a month per people, one row of the seed rule_patent_stock each. The population is
    that of the latest year-end known: of the year before, and in December of the year itself once delivered. -#}
with

rule as (
    select * from {{ ref('rule_patent_stock') }}
),

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

months as (
    select t.period, t.last_day, t.month, t.year, coalesce(t.period <= k.known_until, false) as is_known
    from {{ ref('int_period') }} as t
    left join {{ ref('int_list_known') }} as k on k.source = 'patent'
    where t.is_reported
),

{# each area with its own latest year-end known; where none is, the row stands without a value #}
area_months as (
    select t.period, t.last_day, t.month, t.is_known, p.breakdown, p.breakdown_code, p.resident_population
    from months as t
    inner join {{ ref('int_population') }} as p on t.year > p.year or (t.year = p.year and t.month = 12)
    qualify row_number() over (
        partition by t.period, p.breakdown, p.breakdown_code
        order by case when p.resident_population is null then 1 else 0 end, p.year desc
    ) = 1
),

in_force as (
    select
        t.period,
        h.town_code,
        count(*) as n_patents
    from months as t
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
    case when denominator <> 0 then numerator end as numerator,
    case when numerator is not null then denominator end as denominator,
    cast(null as double) as coverage,
    cast(null as double) as coverage_weighted,
    cast(null as double) as estimated_share,
    cast(null as double) as rolling12_value,
    cast(null as integer) as n_enterprises
from figures
