-- No join loses or doubles a fact: what registered enterprises reported stands in enterprise_month with the same sum.
with

registered as (
    select distinct enterprise_code from {{ ref('int_enterprise_year') }}
),

staged as (
    select 'tax' as fact, t.period, count(*) as n_rows, sum(t.tax_ytd_wan) as amount
    from {{ ref('stg_tax') }} as t
    inner join registered as r on t.enterprise_code = r.enterprise_code
    where t.tax_ytd_wan is not null
    group by t.period
    union all
    select 'value_added' as fact, i.period, count(*) as n_rows, sum(i.value_added_ytd_wan) as amount
    from {{ ref('stg_industry') }} as i
    inner join registered as r on i.enterprise_code = r.enterprise_code
    where i.value_added_ytd_wan is not null
    group by i.period
),

kept as (
    select 'tax' as fact, period, count(*) as n_rows, sum(tax_ytd_wan) as amount
    from {{ ref('enterprise_month') }}
    where tax_ytd_wan is not null
    group by period
    union all
    select 'value_added' as fact, period, count(*) as n_rows, sum(value_added_ytd_wan) as amount
    from {{ ref('enterprise_month') }}
    where value_added_ytd_wan is not null
    group by period
)

select
    s.fact,
    s.period,
    s.n_rows,
    k.n_rows as n_kept,
    s.amount,
    k.amount as amount_kept
from staged as s
inner join {{ ref('int_period') }} as t on s.period = t.period
left join kept as k on s.fact = k.fact and s.period = k.period
where k.n_rows is null or s.n_rows <> k.n_rows or s.amount <> k.amount
