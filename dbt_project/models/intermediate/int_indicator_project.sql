{#- Indicators of the project library, one row of the seed rule_project each. A rule takes the projects that fit its
    filter and whose event (if it names one) falls in its window, which runs from the first of the year, or of the
    plan, to the end of the month; then it counts them, sums a flow, divides two sums, or compares with a year ago. -#}
with

{{ project_contribution_ctes() }},

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

area_sums as (
    select r.indicator_id, r.period, 'county' as breakdown, c.code as breakdown_code,
        sum(p.numerator) as numerator, sum(p.denominator) as denominator
    from rule_month as r
    cross join county as c
    left join contribution as p on r.indicator_id = p.indicator_id and r.period = p.period
    group by r.indicator_id, r.period, c.code
    {%- for breakdown, code in breakdowns().items() %}
    union all
    select indicator_id, period, '{{ breakdown }}' as breakdown, {{ code }} as breakdown_code,
        sum(numerator) as numerator, sum(denominator) as denominator
    from contribution
    where {{ code }} is not null
    group by indicator_id, period, {{ code }}
    {%- endfor %}
),

figures as (
    select
        a.indicator_id,
        a.period,
        a.breakdown,
        a.breakdown_code,
        r.result,
        cast(a.numerator as double) as numerator,
        cast(a.denominator as double) as denominator,
        case
            when not r.is_known then null
            when r.result in ('count', 'sum') and a.breakdown = 'county'
                then coalesce(cast(a.numerator as double), 0) * r.factor
            when r.result in ('count', 'sum') then cast(a.numerator as double) * r.factor
            when r.result = 'ratio'
                then cast(a.numerator as double) / nullif(cast(a.denominator as double), 0) * r.factor
            when r.result = 'growth'
                then
                    (coalesce(cast(a.numerator as double), 0) / nullif(cast(a.denominator as double), 0) - 1)
                    * r.factor
        end as value
    from area_sums as a
    inner join rule_month as r on a.indicator_id = r.indicator_id and a.period = r.period
)

select
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    value,
    case when result = 'ratio' and value is not null then numerator end as numerator,
    case when result = 'ratio' and value is not null then denominator end as denominator,
    case when result = 'growth' then coalesce(numerator, 0) end as this_year_sum,
    case when result = 'growth' then denominator end as prior_year_sum,
    cast(null as double) as coverage,
    cast(null as double) as coverage_weighted,
    cast(null as double) as estimated_share,
    cast(null as double) as rolling12_value,
    cast(null as integer) as n_enterprises
from figures
