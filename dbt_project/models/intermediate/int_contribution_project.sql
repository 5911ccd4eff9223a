{{ config(materialized='view') }}
{#- What every project adds to an indicator of rule_project; of a growth the denominator is its sum a year before. -#}
with

{{ project_contribution_ctes() }}

select
{{ contribution_columns({
    'indicator_id': 'indicator_id',
    'period': 'period',
    'fact_period': 'period',
    'contributor_kind': "'project'",
    'contributor': 'project_id',
    'town_code': 'town_code',
    'platform_code': 'platform_code',
    'division': 'division',
    'numerator': 'numerator',
    'denominator': 'denominator',
    'is_counted': 'true'
}) }}
from contribution
