{#- Actions of the newest remediation ledger, with the areas they lie in; completed ones are those struck off (已销号)
    with a date. -#}
with

newest as (
    select max(period) as period from {{ ref('stg_remediation') }}
)

select
    s.*,
    coalesce(s.state = '已销号' and s.completed_on is not null, false) as is_completed,
    a.code as town_code,
    e.platform_code,
    e.division
from {{ ref('stg_remediation') }} as s
inner join newest as n on s.period = n.period
left join {{ ref('area') }} as a
    on a.area_type <> 'county' and s.town_name in (a.name_zh, replace(replace(a.name_zh, '街道', ''), '镇', ''))
left join {{ ref('int_enterprise_area') }} as e on s.enterprise_code = e.enterprise_code
