{#- Actions of every remediation ledger, with the areas they lie in; completed ones are those struck off (已销号) with a
    date. An enterprise stands where its latest 列入日期 (of equal ones the later row) has it. -#}
select
    s.*,
    s.state = '已销号' and s.completed_on is not null as is_completed,
    a.code as town_code,
    e.platform_code,
    e.division,
    row_number() over (
        partition by s.period, s.enterprise_code order by s.listed_on desc nulls last, s.row_number desc
    ) = 1 as is_latest,
    s.period = max(s.period) over () as is_newest_ledger
from {{ ref('stg_remediation') }} as s
left join {{ ref('area') }} as a
    on a.area_type <> 'county' and s.town_name in (a.name_zh, replace(replace(a.name_zh, '街道', ''), '镇', ''))
left join {{ ref('int_enterprise_area') }} as e on s.enterprise_code = e.enterprise_code
