{#- Patents in force at the end of a month per people, one row of the seed rule_patent_stock each. The population is
    that of the latest year-end known: of the year before, and in December of the year itself once delivered. -#}
with

{{ patent_contribution_ctes() }},

county as (
    select code from {{ ref('area') }} where area_type = 'county'
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
