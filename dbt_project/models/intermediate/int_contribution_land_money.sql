{{ config(materialized='view') }}
{#- Land transfers and years of land revenue behind the yearly shares, a row of the ledger each. -#}
select
{{ contribution_columns({
    'indicator_id': 'indicator_id',
    'period': "cast(year as string) || '-12'",
    'fact_period': "cast(year as string) || '-12'",
    'serves': "'county'",
    'contributor_kind': "'row'",
    'contributor': 'contract_no',
    'numerator': 'numerator',
    'denominator': 'denominator',
    'is_counted': 'true',
    'delivery_id': 'delivery_id',
    'row_number': 'row_number'
}) }}
from ({{ land_contribution() }}) as t
union all
select
{{ contribution_columns({
    'indicator_id': 'indicator_id',
    'period': "cast(year as string) || '-12'",
    'fact_period': "cast(year as string) || '-12'",
    'serves': "'county'",
    'contributor_kind': "'row'",
    'contributor': 'cast(year as string)',
    'numerator': 'numerator',
    'denominator': 'denominator',
    'is_counted': 'true',
    'delivery_id': 'delivery_id',
    'row_number': 'row_number'
}) }}
from ({{ finance_contribution() }}) as m
