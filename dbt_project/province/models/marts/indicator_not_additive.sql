{#- What the province has no figure of, with the reason and what each county says: nothing is left out silently. -#}
with

rule as (
    select distinct county_code, indicator_id, rule from {{ source('counties', 'indicator_addend') }}
)

select
    i.county_code,
    i.target_id as indicator_id,
    r.reason,
    i.unit,
    a.rule,
    case r.reason
        when 'not_computed' then '没有一个县计算此指标'
        when 'latest_value' then '部门报送的最近值，非可加总的数量'
        when 'rule_differs' then '各县的计算规则不同'
        when 'unit_differs' then '各县的单位不同'
    end as words_zh,
    case r.reason
        when 'not_computed' then 'no county computes it'
        when 'latest_value' then 'the latest value a bureau reported, which is no quantity to be added'
        when 'rule_differs' then 'the counties compute it by different rules'
        when 'unit_differs' then 'the counties state it in different units'
    end as words_en
from {{ source('counties', 'indicator') }} as i
inner join {{ ref('int_indicator_rule') }} as r on i.target_id = r.indicator_id
left join rule as a on i.county_code = a.county_code and i.target_id = a.indicator_id
where not r.is_additive
order by i.county_code, i.target_id
