-- A scheme of the evaluation that cannot be applied: what is wrong with it, one row a fault.
with

scheme as (
    select * from {{ ref('evaluation_scheme') }}
),

measure as (
    select names.name
    from (values
        {%- for name in evaluation_measures() %}
        ('{{ name }}'){{ "," if not loop.last }}
        {%- endfor %}
    ) as names (name)
),

part as (
    select
        scheme_id,
        sum(case when part = 'scheme' and valid_from_year is not null then 1 else 0 end) as n_scheme,
        sum(case when part = 'item' then 1 else 0 end) as n_items,
        max(case when part = 'class' then threshold end) as last_share
    from scheme
    group by scheme_id
),

falling as (
    select
        *,
        lag(threshold) over (partition by scheme_id order by sort_order nulls last, code nulls last) as share_before
    from scheme
    where part = 'class'
)

select
    scheme_id,
    'scheme' as part,
    scheme_id as code,
    '办法须有且只有一行 scheme，写明起用年份 / one row of part scheme, with its first year' as fault
from part
where n_scheme <> 1
union all
select
    scheme_id,
    'item' as part,
    scheme_id as code,
    '没有指标 / no item' as fault
from part
where n_items = 0
union all
select
    scheme_id,
    'class' as part,
    scheme_id as code,
    '最后一类的累计占比须为 1 / the share of the last class must be 1' as fault
from part
where last_share is null or last_share <> 1
union all
select
    scheme_id,
    part,
    code,
    '累计占比须逐类上升 / the shares of the classes must rise' as fault
from falling
where threshold is null or threshold <= 0 or threshold <= share_before
union all
select
    scheme_id,
    part,
    code,
    '指标须有大于 0 的基准值、不为负的权数和缺项规则 / an item needs a base above 0, a weight and a rule for missing' as fault
from scheme
where
    part = 'item'
    and not coalesce(base > 0 and weight >= 0 and coalesce(cap, 0) >= 0 and when_missing in ('zero', 'mean'), false)
union all
select
    scheme_id,
    part,
    code,
    '加分须为正 / a bonus needs points above 0' as fault
from scheme
where part = 'bonus' and not coalesce(weight > 0 and coalesce(cap, 0) >= 0, false)
union all
select
    s.scheme_id,
    s.part,
    s.code,
    '否决须有比较符（< 或 >）和限值，并指向一个类 / a veto needs < or >, a limit, and a class' as fault
from scheme as s
left join scheme as c on s.scheme_id = c.scheme_id and s.code = c.code and c.part = 'class'
where
    s.part = 'veto'
    and not coalesce(c.code is not null and s.comparator in ('<', '>') and s.threshold is not null, false)
union all
select
    s.scheme_id,
    s.part,
    s.code,
    '分子或分母不在可用的量中 / a measure nobody carries: ' || coalesce(s.numerator, '') || ' ÷ '
    || coalesce(s.denominator, '') as fault
from scheme as s
left join measure as n on s.numerator = n.name
left join measure as d on s.denominator = d.name
where s.part in ('item', 'veto') and (n.name is null or (s.denominator is not null and d.name is null))
