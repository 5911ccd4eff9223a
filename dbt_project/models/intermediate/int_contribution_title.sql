{{ config(materialized='view') }}
{#- Awards behind an indicator of rule_title, a row of the list each; a holder counts once, with its first row. -#}
with

{{ title_contribution_ctes() }},

placed as (
    select
        h.indicator_id,
        h.period,
        h.result,
        h.holder,
        h.delivery_id,
        h.row_number,
        g.is_counted,
        g.town_code,
        g.platform_code,
        g.division,
        row_number() over (partition by h.indicator_id, h.period, h.holder order by h.row_number nulls last) = 1
            as is_first
    from held as h
    inner join holding as g on h.indicator_id = g.indicator_id and h.period = g.period and h.holder = g.holder
)

select
{{ contribution_columns({
    'indicator_id': 'indicator_id',
    'period': 'period',
    'fact_period': 'period',
    'contributor_kind': "'holder'",
    'contributor': 'holder',
    'town_code': 'town_code',
    'platform_code': 'platform_code',
    'division': 'division',
    'numerator': 'case when is_first then is_counted else 0 end',
    'denominator': "case when result = 'stock_share' then case when is_first then 1 else 0 end end",
    'is_counted': 'is_first',
    'delivery_id': 'delivery_id',
    'row_number': 'row_number'
}) }}
from placed
