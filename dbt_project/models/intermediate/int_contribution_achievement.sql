{{ config(materialized='view') }}
{#- Rows of the achievement ledgers behind an indicator of rule_achievement; of holders each counts once, with its first
    row, of a latest quantity the last row alone. A share of the register lists the enterprises of the register. -#}
with

{{ achievement_contribution_ctes() }},

listed as (
    select
        *,
        case result
            when 'holders' then
                holder is not null
                and row_number() over (
                    partition by indicator_id, period, holder
                    order by happened_on nulls last, quarter nulls last, row_number nulls last
                ) = 1
            when 'latest' then is_latest
            else true
        end as is_counted
    from happened
    where result not in ('register_share', 'backbone_share')
),

named as (
    select distinct indicator_id, period, enterprise_code from happened
)

select
{{ contribution_columns({
    'indicator_id': 'indicator_id',
    'period': 'period',
    'fact_period': 'period',
    'serves': "case when result = 'latest' then 'county' else 'all' end",
    'contributor_kind': "case when holder is null then 'row' else 'holder' end",
    'contributor': "coalesce(holder, quarter || ':' || cast(row_number as string))",
    'town_code': 'town_code',
    'platform_code': 'platform_code',
    'division': 'division',
    'numerator': "case when not is_counted then 0 when result in ('sum', 'latest') then quantity else 1 end",
    'is_counted': 'is_counted',
    'delivery_id': 'delivery_id',
    'row_number': 'row_number'
}) }}
from listed
union all
select
{{ contribution_columns({
    'indicator_id': 'm.indicator_id',
    'period': 'm.period',
    'fact_period': 'm.period',
    'serves': "'county'",
    'contributor_kind': "'enterprise'",
    'contributor': 'e.enterprise_code',
    'town_code': 'e.town_code',
    'platform_code': 'e.platform_code',
    'division': 'e.division',
    'numerator': 'case when h.enterprise_code is null then 0 else 1 end',
    'denominator': '1',
    'is_counted': 'true'
}) }}
from rule_month as m
inner join {{ ref('int_enterprise_year') }} as e
    on m.year = e.year and (m.result = 'register_share' or e.is_backbone)
left join named as h
    on m.indicator_id = h.indicator_id and m.period = h.period and e.enterprise_code = h.enterprise_code
where m.result in ('register_share', 'backbone_share')
