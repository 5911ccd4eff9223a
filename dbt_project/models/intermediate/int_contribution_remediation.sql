{{ config(materialized='view') }}
{#- Completed actions behind an indicator of rule_remediation, a row of the ledger each. -#}
with

{{ remediation_contribution_ctes() }}

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
    'numerator': 'quantity',
    'is_counted': 'true',
    'delivery_id': 'delivery_id',
    'row_number': 'row_number'
}) }}
from counted
