{# Ranks of the CTE `area` (indicator_id, period, breakdown, breakdown_code, value, weight, is_ranked) within each list of
   an indicator, month and breakdown, scores from 0 to 100, and the weighted composite: the CTE `everything`. #}
{% macro ranking_ctes() -%}
ranked as (
    select
        *,
        case when is_ranked then
            rank() over (partition by indicator_id, period, breakdown, is_ranked order by value desc)
        end as place,
        sum(case when is_ranked then 1 else 0 end) over (partition by indicator_id, period, breakdown) as n_ranked
    from area
),

scored as (
    select
        *,
        case
            when place is null then null
            when n_ranked = 1 then 100
            else 100 * cast(n_ranked - place as double) / (n_ranked - 1)
        end as score
    from ranked
),

composite as (
    select
        'composite' as indicator_id,
        period,
        breakdown,
        breakdown_code,
        -- Decimals, so that the order of adding up does not show in the last bit; two fewer in the end, so that equal
        -- means are equal whatever scores they are made of: three times 7/9 of 100, or once all of it and twice 6/9.
        cast({{ decimal_of(
            'cast(sum(' ~ decimal_of('score', 'decimal(17, 14)') ~ ' * cast(weight as decimal(18, 6))) as double)'
            ~ ' / cast(sum(case when score is not null then cast(weight as decimal(18, 6)) end) as double)',
            'decimal(28, 12)'
        ) }} as double) as value
    from scored
    group by period, breakdown, breakdown_code
),

everything as (
    select indicator_id, period, breakdown, breakdown_code, value, place, score from scored
    union all
    select
        indicator_id,
        period,
        breakdown,
        breakdown_code,
        value,
        case when value is not null then
            rank() over (partition by period, breakdown, value is not null order by value desc)
        end as place,
        value as score
    from composite
)
{%- endmacro %}
