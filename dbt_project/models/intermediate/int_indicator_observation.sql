{#- Indicators of tidy observations, one row of the seed rule_observation each: a measure, or its sum over the window;
    the quotient of two; the number of areas that have it (beyond a threshold, where the rule names one); or its growth
    against the same months of some years before. A sum is known where every month of its window is. -#}
{%- set sides = observation_sides() -%}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

{{ observation_contribution_ctes() }},

side as (
    {%- for side, (column, years_back) in sides.items() %}
    select
        '{{ side }}' as side,
        w.indicator_id,
        w.period,
        o.breakdown,
        o.breakdown_code,
        sum(o.value) as amount
    from window_month as w
    inner join observation as o
        on
            w.{{ column }} = o.measure
            and w.{{ column }}_unit = o.unit
            and o.number = w.window_number - 12 * {{ years_back }}
    group by w.indicator_id, w.period, w.n_months, o.breakdown, o.breakdown_code
    having count(o.value) = w.n_months
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

area_month as (
    select indicator_id, period, breakdown, breakdown_code from side
    union
    select r.indicator_id, r.period, 'county' as breakdown, c.code as breakdown_code
    from rule_month as r
    cross join county as c
),

amounts as (
    select
        a.indicator_id,
        a.period,
        a.breakdown,
        a.breakdown_code,
        {%- for side in sides %}
        max(case when s.side = '{{ side }}' then s.amount end) as {{ side }}{{ "," if not loop.last }}
        {%- endfor %}
    from area_month as a
    left join side as s
        on
            a.indicator_id = s.indicator_id
            and a.period = s.period
            and a.breakdown = s.breakdown
            and a.breakdown_code = s.breakdown_code
    group by a.indicator_id, a.period, a.breakdown, a.breakdown_code
),

counted as (
    select
        m.*,
        r.result,
        r.factor,
        case
            when m.numerator is null then null
            when {{ meets('m.numerator', 'r.threshold_comparator', 'r.threshold') }} then 1
            else 0
        end as is_counted
    from amounts as m
    inner join rule_month as r on m.indicator_id = r.indicator_id and m.period = r.period
),

n_counted as (
    select indicator_id, period, sum(is_counted) as n
    from counted
    where breakdown = 'town'
    group by indicator_id, period
),

figures as (
    select
        c.*,
        case c.result
            when 'sum' then cast(c.numerator as double) * c.factor
            when 'ratio' then cast(c.numerator as double) / nullif(cast(c.denominator as double), 0) * c.factor
            when 'growth' then (cast(c.numerator as double) / nullif(cast(c.earlier as double), 0) - 1) * c.factor
            when 'count' then cast(case c.breakdown when 'county' then n.n else c.is_counted end as double)
        end as value
    from counted as c
    left join n_counted as n on c.indicator_id = n.indicator_id and c.period = n.period
)

select
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    value,
    case when result = 'ratio' and value is not null then cast(numerator as double) end as numerator,
    case when result = 'ratio' and value is not null then cast(denominator as double) end as denominator,
    case when result = 'growth' then cast(numerator as double) end as this_sum,
    case when result = 'growth' then cast(earlier as double) end as earlier_sum,
    {{ no_coverage() }}
from figures
