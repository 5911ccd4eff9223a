{{ config(materialized='view') }}
{#- How a figure comes of what adds up to it, one row an indicator: from the seeds of the rules, with the names and
    units of the measures where the seed `measure` knows them. -#}
with

rule as (
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('ratio' as varchar) as kind,
        cast('ratio' as varchar) as result,
        cast(r.is_published as boolean) as is_published,
        cast(r.numerator as varchar) as numerator,
        cast(r.denominator as varchar) as denominator,
        cast(r.factor as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(null as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(r.is_denominator_comparable_price as boolean) as is_comparable_price,
        cast('year' as varchar) as time_window,
        cast(null as varchar) as titles
    from {{ ref('rule_enterprise_ratio') }} as r
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('change' as varchar) as kind,
        cast('growth' as varchar) as result,
        cast(true as boolean) as is_published,
        cast(b.numerator as varchar) as numerator,
        cast(b.denominator as varchar) as denominator,
        cast(r.factor as double) as factor,
        cast(1 as double) as divided_by,
        cast(r.base_indicator_id as varchar) as base_indicator_id,
        cast(r.compared_with as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(b.is_denominator_comparable_price as boolean) as is_comparable_price,
        cast('year' as varchar) as time_window,
        cast(null as varchar) as titles
    from {{ ref('rule_indicator_change') }} as r
    inner join {{ ref('rule_enterprise_ratio') }} as b on r.base_indicator_id = b.indicator_id
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('project' as varchar) as kind,
        cast(r.result as varchar) as result,
        cast(true as boolean) as is_published,
        cast(r.numerator as varchar) as numerator,
        cast(r.denominator as varchar) as denominator,
        cast(r.factor as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(case r.result when 'growth' then 'prior_year' end as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(r.time_window as varchar) as time_window,
        cast(null as varchar) as titles
    from {{ ref('rule_project') }} as r
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('patent' as varchar) as kind,
        cast('ratio' as varchar) as result,
        cast(true as boolean) as is_published,
        cast('patents' as varchar) as numerator,
        cast('people' as varchar) as denominator,
        cast(1 as double) as factor,
        cast(r.people as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(null as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(null as varchar) as time_window,
        cast(null as varchar) as titles
    from {{ ref('rule_patent_stock') }} as r
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('title' as varchar) as kind,
        cast(case r.result when 'stock_share' then 'ratio' else r.result end as varchar) as result,
        cast(true as boolean) as is_published,
        cast('holders' as varchar) as numerator,
        cast(case r.result when 'stock_share' then 'holders' end as varchar) as denominator,
        cast(case r.result when 'stock_share' then 100 else 1 end as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(null as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(case r.result when 'new' then 'plan' end as varchar) as time_window,
        cast(r.titles as varchar) as titles
    from {{ ref('rule_title') }} as r
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('remediation' as varchar) as kind,
        cast(r.result as varchar) as result,
        cast(true as boolean) as is_published,
        cast(case r.result when 'enterprises' then 'holders' else r.measure end as varchar) as numerator,
        cast(null as varchar) as denominator,
        cast(1 as double) as factor,
        cast(r.divided_by as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(null as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast('plan' as varchar) as time_window,
        cast(r.methods as varchar) as titles
    from {{ ref('rule_remediation') }} as r
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('achievement' as varchar) as kind,
        cast(case when r.result in ('register_share', 'backbone_share') then 'ratio' else r.result end as varchar)
            as result,
        cast(true as boolean) as is_published,
        cast(case when r.result in ('holders', 'register_share', 'backbone_share') then 'holders' end as varchar)
            as numerator,
        cast(case when r.result in ('register_share', 'backbone_share') then 'holders' end as varchar) as denominator,
        cast(case when r.result in ('register_share', 'backbone_share') then 100 else 1 end as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(null as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(r.time_window as varchar) as time_window,
        cast(null as varchar) as titles
    from {{ ref('rule_achievement') }} as r
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('land_money' as varchar) as kind,
        cast('ratio' as varchar) as result,
        cast(true as boolean) as is_published,
        cast('transferred_area' as varchar) as numerator,
        cast('transferred_area' as varchar) as denominator,
        cast(100 as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(null as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast('year' as varchar) as time_window,
        cast(null as varchar) as titles
    from {{ ref('rule_land_transfer') }} as r
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('land_money' as varchar) as kind,
        cast('ratio' as varchar) as result,
        cast(true as boolean) as is_published,
        cast(r.numerator as varchar) as numerator,
        cast(r.denominator as varchar) as denominator,
        cast(100 as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(null as varchar) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast('year' as varchar) as time_window,
        cast(null as varchar) as titles
    from {{ ref('rule_finance') }} as r
    union all
    select
        cast(r.indicator_id as varchar) as indicator_id,
        cast('observation' as varchar) as kind,
        cast(r.result as varchar) as result,
        cast(true as boolean) as is_published,
        cast(r.numerator as varchar) as numerator,
        cast(r.denominator as varchar) as denominator,
        cast(r.factor as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as varchar) as base_indicator_id,
        cast(null as varchar) as compared_with,
        cast(case r.result when 'growth' then coalesce(r.years_back, 1) end as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(r.time_window as varchar) as time_window,
        cast(null as varchar) as titles
    from {{ ref('rule_observation') }} as r
)

select
    r.*,
    n.name_zh as numerator_zh,
    n.name_en as numerator_en,
    n.unit as numerator_unit,
    d.name_zh as denominator_zh,
    d.name_en as denominator_en,
    d.unit as denominator_unit
from rule as r
left join {{ ref('measure') }} as n on r.numerator = n.measure
left join {{ ref('measure') }} as d on r.denominator = d.measure
