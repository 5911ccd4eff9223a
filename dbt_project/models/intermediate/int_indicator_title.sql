{#- Titles, one row of the seed rule_title each, read from the newest list: enterprises that hold one at the end of a
    month (stock), the share of them on a platform, and enterprises whose first award of it lies in the plan's window
    (new; one with several of the titles counts once). -#}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

{{ title_contribution_ctes() }},

area_sums as (
    select
        r.indicator_id,
        r.period,
        r.result,
        'county' as breakdown,
        c.code as breakdown_code,
        coalesce(sum(h.is_counted), 0) as numerator,
        count(h.holder) as denominator
    from rule_month as r
    cross join county as c
    left join holding as h on r.indicator_id = h.indicator_id and r.period = h.period
    group by r.indicator_id, r.period, r.result, c.code
    {%- for breakdown, code in breakdowns().items() %}
    union all
    select
        h.indicator_id,
        h.period,
        r.result,
        '{{ breakdown }}' as breakdown,
        h.{{ code }} as breakdown_code,
        sum(h.is_counted) as numerator,
        count(h.holder) as denominator
    from holding as h
    inner join rule as r on h.indicator_id = r.indicator_id and r.result <> 'stock_share'
    where h.{{ code }} is not null
    group by h.indicator_id, h.period, r.result, h.{{ code }}
    {%- endfor %}
),

figures as (
    select
        s.*,
        case
            when n.year is null then null
            when s.result = 'stock_share'
                then cast(s.numerator as double) / nullif(cast(s.denominator as double), 0) * 100
            else cast(s.numerator as double)
        end as value
    from area_sums as s
    cross join newest as n
)

select
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    value,
    case when result = 'stock_share' and value is not null then cast(numerator as double) end as numerator,
    case when result = 'stock_share' and value is not null then cast(denominator as double) end as denominator,
    {{ no_coverage() }}
from figures
