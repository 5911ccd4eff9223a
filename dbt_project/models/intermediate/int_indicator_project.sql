{#- Indicators of the project library, one row of the seed rule_project each. A rule takes the projects that fit its
    filter and whose event (if it names one) falls in its window, which runs from the first of the year, or of the
    plan, to the end of the month; then it counts them, sums a flow, divides two sums, or compares with a year ago. -#}
with

rule as (
    select * from {{ ref('rule_project') }}
),

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

-- growth and what counts from the plan's first year have no month before it
rule_month as (
    select
        r.*,
        t.period,
        t.last_day,
        make_date(
            case r.time_window when 'year' then t.year else {{ plan_parameter('window_start_year', 'integer') }} end,
            1,
            1
        ) as window_first_day,
        coalesce(t.period <= k.known_until, false) as is_known
    from rule as r
    cross join {{ ref('int_period') }} as t
    left join {{ ref('int_list_known') }} as k on k.source = 'investment'
    where
        t.is_reported
        and t.month >= r.first_month
        and (
            (r.time_window = 'year' and r.result <> 'growth')
            or t.year >= {{ plan_parameter('window_start_year', 'integer') }}
        )
),

-- projects that fit what does not depend on the month
fitting as (
    select
        r.indicator_id,
        r.event,
        p.*,
        case r.event
            when 'introduced' then p.introduced_on
            when 'landed' then p.landed_on
            when 'started' then p.started_on
            when 'completed' then p.completed_on
        end as event_on
    from rule as r
    inner join {{ ref('project') }} as p
        on
            (p.is_manufacturing or not r.is_manufacturing_only)
            and (not r.is_fortune500_only or p.is_fortune500)
            and (r.project_kind is null or r.project_kind = p.kind)
    left join {{ ref('industry_division') }} as d on p.division = d.division
    where
        (not r.is_industry_only or d.is_industry)
        and (
            r.threshold_column is null
            or {{ meets(
                pick('r.threshold_column', project_amounts(), 'decimal(18, 6)'), 'r.threshold_comparator', 'r.threshold'
            ) }}
        )
),

picked as (
    select
        r.indicator_id,
        r.period,
        r.result,
        p.town_code,
        p.platform_code,
        p.division,
        {{ pick('r.numerator', project_measures(), 'decimal(18, 6)') }} as numerator,
        case r.result
            when 'growth' then {{ pick('r.numerator', project_prior_measures(), 'decimal(18, 6)') }}
            else {{ pick('r.denominator', project_measures(), 'decimal(18, 6)') }}
        end as denominator
    from rule_month as r
    inner join fitting as p on r.indicator_id = p.indicator_id
    left join {{ ref('int_project_month') }} as m on p.project_id = m.project_id and r.period = m.period
    where r.is_known and (r.event is null or p.event_on between r.window_first_day and r.last_day)
),

-- a ratio takes the projects whose planned sum is known; one without a recorded flow has invested nothing
contribution as (
    select
        indicator_id,
        period,
        town_code,
        platform_code,
        division,
        case when result = 'ratio' then coalesce(numerator, 0) else numerator end as numerator,
        denominator
    from picked
    where result <> 'ratio' or denominator is not null
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
