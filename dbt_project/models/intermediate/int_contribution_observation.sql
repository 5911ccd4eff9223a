{{ config(materialized='view') }}
{#- Observations behind an indicator of rule_observation, a row of the file each, over its window; where the county was
    not observed, its figure is that of its parts. A count takes the parts that meet the threshold. -#}
with

{{ observation_contribution_ctes() }},

summed as (
    select measure, unit, period from observation where is_summed
),

used as (
    {%- for side, (column, years_back) in observation_sides().items() %}
    select
        '{{ side }}' as side,
        w.indicator_id,
        w.period,
        w.result,
        w.threshold_comparator,
        w.threshold,
        w.n_months,
        o.breakdown,
        o.breakdown_code,
        o.period as fact_period,
        o.value,
        o.delivery_id,
        o.row_number,
        s.measure is not null as is_part_of_county
    from window_month as w
    inner join observation as o
        on
            w.{{ column }} = o.measure
            and w.{{ column }}_unit = o.unit
            and o.number = w.window_number - 12 * {{ years_back }}
    left join summed as s on o.measure = s.measure and o.unit = s.unit and o.period = s.period
    where not o.is_summed and ('{{ side }}' <> 'earlier' or w.result = 'growth')
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        *,
        row_number() over (
            partition by indicator_id, period, side, breakdown, breakdown_code
            order by fact_period nulls last, row_number nulls last
        ) = 1 as is_first,
        case
            when
                count(value) over one_area = n_months
                and {{ meets('sum(value) over one_area', 'threshold_comparator', 'threshold') }}
                then 1
            else 0
        end as meets_threshold
    from used
    window one_area as (partition by indicator_id, period, side, breakdown, breakdown_code)
)

select
{{ contribution_columns({
    'indicator_id': 'indicator_id',
    'period': 'period',
    'side': "case side when 'earlier' then 'compared' else 'figure' end",
    'fact_period': 'fact_period',
    'serves': "case when breakdown = 'county' then 'county' when breakdown = 'town' and (is_part_of_county or result = 'count') then 'all' else 'areas' end",
    'contributor_kind': "'area'",
    'contributor': 'breakdown_code',
    'town_code': "case breakdown when 'town' then breakdown_code end",
    'platform_code': "case breakdown when 'platform' then breakdown_code end",
    'numerator': "case when side = 'denominator' then null when result <> 'count' then value when is_first then meets_threshold else 0 end",
    'denominator': "case when side = 'denominator' then value end",
    'is_counted': "result <> 'count' or (is_first and meets_threshold = 1)",
    'delivery_id': 'delivery_id',
    'row_number': 'row_number'
}) }}
from judged
where result <> 'count' or (side = 'numerator' and breakdown <> 'county')
