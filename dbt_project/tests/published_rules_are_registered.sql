-- A published rule has its row in the registry, and an indicator one rule only.
with

rule as (
    select indicator_id from {{ ref('rule_enterprise_ratio') }} where is_published
    union all
    select indicator_id from {{ ref('rule_indicator_change') }}
    union all
    select indicator_id from {{ ref('rule_project') }}
    union all
    select indicator_id from {{ ref('rule_patent_stock') }}
)

select r.indicator_id, count(*) as n_rules, count(i.target_id) as n_registered
from rule as r
left join {{ ref('indicator') }} as i on r.indicator_id = i.target_id
group by r.indicator_id
having count(*) <> 1 or count(i.target_id) <> 1
