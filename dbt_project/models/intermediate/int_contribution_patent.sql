{{ config(materialized='view') }}
{#- Patents in force (numerator) and the people of each area (denominator), by the population year that the area's, and
    the county's, figure takes. -#}
with

{{ patent_contribution_ctes() }},

population as (
    select t.period, t.month, t.population_year, t.breakdown, a.breakdown_code as town_code, a.resident_population
    from area_months as t
    inner join {{ ref('int_population') }} as a
        on
            a.breakdown = 'town'
            and t.population_year = a.year
            and (t.breakdown = 'county' or t.breakdown_code = a.breakdown_code)
)

select
{{ contribution_columns({
    'indicator_id': 'r.indicator_id',
    'period': 't.period',
    'fact_period': 't.period',
    'contributor_kind': "'patent'",
    'contributor': 'h.patent_no',
    'town_code': 'h.town_code',
    'numerator': '1',
    'is_counted': 'true'
}) }}
from rule as r
inner join months as t on r.first_month <= t.month and t.is_known
inner join {{ ref('int_high_value_patent') }} as h
    on t.last_day >= h.counts_from and (h.counts_until is null or t.last_day < h.counts_until)
union all
select
{{ contribution_columns({
    'indicator_id': 'r.indicator_id',
    'period': 'p.period',
    'fact_period': "cast(p.population_year as string) || '-12'",
    'serves': "case p.breakdown when 'county' then 'county' else 'areas' end",
    'contributor_kind': "'area'",
    'contributor': 'p.town_code',
    'town_code': 'p.town_code',
    'denominator': 'p.resident_population',
    'is_counted': 'true'
}) }}
from rule as r
inner join population as p on r.first_month <= p.month
