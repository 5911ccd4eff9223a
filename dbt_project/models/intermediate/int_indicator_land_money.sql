{#- Yearly shares of transferred land (seed rule_land_transfer) and of land revenue (seed rule_finance), at December.
    A year whose ledger is not in force, or in which nothing was transferred, is unknown. -#}
{%- set measures = {
    'tlhn_fund': 'f.tlhn_fund_wan', 'land_revenue': 'f.land_revenue_wan', 'land_cost': 'f.land_cost_wan'
} -%}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

december as (
    select period, year from {{ ref('int_period') }} where month = 12
),

land as (
    select
        r.indicator_id,
        t.year,
        sum(case
            when
                (r.numerator_land_use is null or t.land_use = r.numerator_land_use)
                and (r.is_numerator_standard_land is null or t.is_standard_land = r.is_numerator_standard_land)
                then t.area_hectare
            else 0
        end) as numerator,
        sum(t.area_hectare) as denominator
    from {{ ref('rule_land_transfer') }} as r
    inner join {{ ref('stg_land_transfer') }} as t
        on
            (r.supply_method is null or r.supply_method = t.supply_method)
            and (r.is_freed_stock is null or r.is_freed_stock = t.is_freed_stock)
            and (r.of_land_use is null or r.of_land_use = t.land_use)
    where t.area_hectare is not null
    group by r.indicator_id, t.year
),

money as (
    select
        r.indicator_id,
        f.year,
        {{ pick('r.numerator', measures, 'decimal(18, 6)') }} as numerator,
        {{ pick('r.denominator', measures, 'decimal(18, 6)') }} as denominator
    from {{ ref('rule_finance') }} as r
    cross join {{ ref('stg_finance') }} as f
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
