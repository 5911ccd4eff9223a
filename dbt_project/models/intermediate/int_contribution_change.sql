{{ config(materialized='view') }}
{#- Both months of a change: the contributions to the ratio of the month itself and of the month it is compared with,
    and the price index by which either is brought to comparable prices (it stands in the numerator and is not summed). -#}
with

rule_month as (
    select
        r.indicator_id,
        r.base_indicator_id,
        t.period,
        t.year,
        t.month,
        case r.compared_with
            when 'prior_year' then t.year - 1
            when 'baseline_year' then {{ plan_parameter('baseline_year', 'integer') }}
        end as compared_year
    from {{ ref('rule_indicator_change') }} as r
    cross join {{ ref('int_period') }} as t
    where t.year >= {{ plan_parameter('window_start_year', 'integer') }}
),

side as (
    select indicator_id, base_indicator_id, period, 'figure' as side, period as fact_period, year as fact_year
    from rule_month
    union all
    select
        r.indicator_id,
        r.base_indicator_id,
        r.period,
        'compared' as side,
        t.period as fact_period,
        t.year as fact_year
    from rule_month as r
    inner join {{ ref('int_period') }} as t on r.compared_year = t.year and r.month = t.month
)

select
{{ contribution_columns({
    'indicator_id': 's.indicator_id',
    'period': 's.period',
    'side': 's.side',
    'fact_period': 's.fact_period',
    'contributor_kind': 'c.contributor_kind',
    'contributor': 'c.contributor',
    'town_code': 'c.town_code',
    'platform_code': 'c.platform_code',
    'division': 'c.division',
    'numerator': 'c.numerator',
    'denominator': 'c.denominator',
    'is_counted': 'c.is_counted'
}) }}
from side as s
inner join {{ ref('int_contribution_ratio') }} as c
    on s.base_indicator_id = c.indicator_id and s.fact_period = c.period
union all
select
{{ contribution_columns({
    'indicator_id': 's.indicator_id',
    'period': 's.period',
    'side': 's.side',
    'fact_period': 's.fact_period',
    'contributor_kind': "'price_index'",
    'contributor': 'cast(x.year as string)',
    'numerator': 'x.deflator',
    'is_counted': 'false',
    'delivery_id': 'x.delivery_id',
    'row_number': 'x.row_number'
}) }}
from side as s
inner join {{ ref('rule_enterprise_ratio') }} as b
    on s.base_indicator_id = b.indicator_id and b.is_denominator_comparable_price
inner join {{ ref('stg_price_index') }} as x on s.fact_year = x.year
