{{ config(materialized='view') }}
{#- What every enterprise in scope adds to a ratio of rule_enterprise_ratio; one with a side unknown does not count. -#}
select
{{ contribution_columns({
    'indicator_id': 'indicator_id',
    'period': 'period',
    'fact_period': 'period',
    'contributor_kind': "'enterprise'",
    'contributor': 'enterprise_code',
    'town_code': 'town_code',
    'platform_code': 'platform_code',
    'division': 'division',
    'numerator': 'numerator',
    'denominator': 'denominator',
    'rolling12': 'rolling12',
    'is_counted': 'numerator is not null and denominator is not null'
}) }}
from ({{ ratio_contribution() }}) as c
