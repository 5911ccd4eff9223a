-- A published rule has its row in the registry, and an indicator one rule only.
{%- set kinds = [
    'rule_indicator_change', 'rule_project', 'rule_patent_stock', 'rule_title', 'rule_remediation', 'rule_achievement',
    'rule_land_transfer', 'rule_finance', 'rule_observation'
] %}
with

rule as (
    select indicator_id from {{ ref('rule_enterprise_ratio') }} where is_published
    {%- for kind in kinds %}
    union all
    select indicator_id from {{ ref(kind) }}
    {%- endfor %}
)

select r.indicator_id, count(*) as n_rules, count(i.target_id) as n_registered
from rule as r
left join {{ ref('indicator') }} as i on r.indicator_id = i.target_id
group by r.indicator_id
having count(*) <> 1 or count(i.target_id) <> 1
