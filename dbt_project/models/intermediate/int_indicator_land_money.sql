{#- Yearly shares of transferred land (seed rule_land_transfer) and of land revenue (seed rule_finance), at December.
    A year whose ledger is not in force, or in which nothing was transferred, is unknown. -#}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

december as (
    select period, year from {{ ref('int_period') }} where month = 12
),

land as (
    select indicator_id, year, sum(numerator) as numerator, sum(denominator) as denominator
    from ({{ land_contribution() }}) as t
    group by indicator_id, year
),

money as (
    {{ finance_contribution() }}
),

indicator as (
    select indicator_id from {{ ref('rule_land_transfer') }}
    union all
    select indicator_id from {{ ref('rule_finance') }}
),

sums as (
    select indicator_id, year, numerator, denominator from land
    union all
    select indicator_id, year, numerator, denominator from money
),

figures as (
    select i.indicator_id, d.period, s.numerator, s.denominator
    from indicator as i
    cross join december as d
    left join sums as s on i.indicator_id = s.indicator_id and d.year = s.year
)

select
    f.indicator_id,
    f.period,
    'county' as breakdown,
    c.code as breakdown_code,
    cast(f.numerator as double) / nullif(cast(f.denominator as double), 0) * 100 as value,
    case when f.denominator <> 0 then cast(f.numerator as double) end as numerator,
    case when f.denominator <> 0 then cast(f.denominator as double) end as denominator,
    {{ no_coverage() }}
from figures as f
cross join county as c
