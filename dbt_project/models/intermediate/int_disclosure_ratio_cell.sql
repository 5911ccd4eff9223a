{#- Cells of ratios: who stands behind both sides of each, of the rolling 12 months too, and what came in the month. -#}
with

months as (
    {{ months_with_prior() }}
),

picked as (
    {{ ratio_contribution(months='months') }}
),

known as (
    select
        p.*,
        p.numerator is not null and p.denominator is not null as is_known,
        p.numerator_month_before is not null and p.denominator_month_before is not null as was_known
    from picked as p
),

ratio_contribution as (
    select
        k.indicator_id,
        k.period,
        k.town_code,
        k.platform_code,
        k.division,
        case when k.is_known then k.numerator end as numerator,
        case when k.is_known then k.denominator end as denominator,
        case when k.is_known then k.rolling12 end as rolling12_numerator,
        case when k.is_known and k.rolling12 is not null then k.denominator end as rolling12_denominator,
        {%- for side in ['numerator', 'denominator'] %}
        case when r.{{ side }} not in ('{{ stock_measures() | join("', '") }}') then
            coalesce(case when k.is_known then k.{{ side }} end, 0)
            - coalesce(case when k.was_known then k.{{ side }}_month_before end, 0)
        end as {{ side }}_flow_1{{ "," if not loop.last }}
        {%- endfor %}
    from known as k
    inner join {{ ref('rule_enterprise_ratio') }} as r on k.indicator_id = r.indicator_id
)

{{ cell_facts('ratio_contribution', ratio_sides()) }}
