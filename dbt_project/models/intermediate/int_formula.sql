{{ config(materialized='view') }}
{#- How a figure comes of what adds up to it, one row an indicator: from the seeds of the rules, with the names and
    units of the measures where the seed `measure` knows them. -#}
with

rule as (
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('ratio' as string) as kind,
        cast('ratio' as string) as result,
        cast(r.is_published as boolean) as is_published,
        cast(r.numerator as string) as numerator,
        cast(r.denominator as string) as denominator,
        cast(r.factor as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(null as string) as compared_with,
        cast(null as integer) as years_back,
        cast(r.is_denominator_comparable_price as boolean) as is_comparable_price,
        cast('year' as string) as time_window,
        cast(null as string) as titles
    from {{ ref('rule_enterprise_ratio') }} as r
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('change' as string) as kind,
        cast('growth' as string) as result,
        cast(true as boolean) as is_published,
        cast(b.numerator as string) as numerator,
        cast(b.denominator as string) as denominator,
        cast(r.factor as double) as factor,
        cast(1 as double) as divided_by,
        cast(r.base_indicator_id as string) as base_indicator_id,
        cast(r.compared_with as string) as compared_with,
        cast(null as integer) as years_back,
        cast(b.is_denominator_comparable_price as boolean) as is_comparable_price,
        cast('year' as string) as time_window,
        cast(null as string) as titles
    from {{ ref('rule_indicator_change') }} as r
    inner join {{ ref('rule_enterprise_ratio') }} as b on r.base_indicator_id = b.indicator_id
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('project' as string) as kind,
        cast(r.result as string) as result,
        cast(true as boolean) as is_published,
        cast(r.numerator as string) as numerator,
        cast(r.denominator as string) as denominator,
        cast(r.factor as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(case r.result when 'growth' then 'prior_year' end as string) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(r.time_window as string) as time_window,
        cast(null as string) as titles
    from {{ ref('rule_project') }} as r
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('patent' as string) as kind,
        cast('ratio' as string) as result,
        cast(true as boolean) as is_published,
        cast('patents' as string) as numerator,
        cast('people' as string) as denominator,
        cast(1 as double) as factor,
        cast(r.people as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(null as string) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(null as string) as time_window,
        cast(null as string) as titles
    from {{ ref('rule_patent_stock') }} as r
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('title' as string) as kind,
        cast(case r.result when 'stock_share' then 'ratio' else r.result end as string) as result,
        cast(true as boolean) as is_published,
        cast('holders' as string) as numerator,
        cast(case r.result when 'stock_share' then 'holders' end as string) as denominator,
        cast(case r.result when 'stock_share' then 100 else 1 end as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(null as string) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(case r.result when 'new' then 'plan' end as string) as time_window,
        cast(r.titles as string) as titles
    from {{ ref('rule_title') }} as r
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('remediation' as string) as kind,
        cast(r.result as string) as result,
        cast(true as boolean) as is_published,
        cast(case r.result when 'enterprises' then 'holders' else r.measure end as string) as numerator,
        cast(null as string) as denominator,
        cast(1 as double) as factor,
        cast(r.divided_by as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(null as string) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast('plan' as string) as time_window,
        cast(r.methods as string) as titles
    from {{ ref('rule_remediation') }} as r
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('achievement' as string) as kind,
        cast(case when r.result in ('register_share', 'backbone_share') then 'ratio' else r.result end as string)
            as result,
        cast(true as boolean) as is_published,
        cast(case when r.result in ('holders', 'register_share', 'backbone_share') then 'holders' end as string)
            as numerator,
        cast(case when r.result in ('register_share', 'backbone_share') then 'holders' end as string) as denominator,
        cast(case when r.result in ('register_share', 'backbone_share') then 100 else 1 end as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(null as string) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(r.time_window as string) as time_window,
        cast(null as string) as titles
    from {{ ref('rule_achievement') }} as r
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('land_money' as string) as kind,
        cast('ratio' as string) as result,
        cast(true as boolean) as is_published,
        cast('transferred_area' as string) as numerator,
        cast('transferred_area' as string) as denominator,
        cast(100 as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(null as string) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast('year' as string) as time_window,
        cast(null as string) as titles
    from {{ ref('rule_land_transfer') }} as r
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('land_money' as string) as kind,
        cast('ratio' as string) as result,
        cast(true as boolean) as is_published,
        cast(r.numerator as string) as numerator,
        cast(r.denominator as string) as denominator,
        cast(100 as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(null as string) as compared_with,
        cast(null as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast('year' as string) as time_window,
        cast(null as string) as titles
    from {{ ref('rule_finance') }} as r
    union all
    select
        cast(r.indicator_id as string) as indicator_id,
        cast('observation' as string) as kind,
        cast(r.result as string) as result,
        cast(true as boolean) as is_published,
        cast(r.numerator as string) as numerator,
        cast(r.denominator as string) as denominator,
        cast(r.factor as double) as factor,
        cast(1 as double) as divided_by,
        cast(null as string) as base_indicator_id,
        cast(null as string) as compared_with,
        cast(case r.result when 'growth' then coalesce(r.years_back, 1) end as integer) as years_back,
        cast(false as boolean) as is_comparable_price,
        cast(r.time_window as string) as time_window,
        cast(null as string) as titles
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
