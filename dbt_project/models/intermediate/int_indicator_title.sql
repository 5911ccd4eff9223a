{#- Titles, one row of the seed rule_title each, read from the newest list: enterprises that hold one at the end of a
    month (stock), the share of them on a platform, and enterprises whose first award of it lies in the plan's window
    (new; one with several of the titles counts once). -#}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

rule as (
    select * from {{ ref('rule_title') }}
),

newest as (
    select max(year) as year from {{ ref('stg_title') }}
),

award as (
    select
        r.indicator_id,
        t.holder,
        t.title,
        t.awarded_on,
        t.valid_until,
        p.platform_code,
        e.town_code,
        e.division,
        min(t.awarded_on) over (partition by r.indicator_id, t.holder, t.title) as first_awarded_on
    from rule as r
    inner join {{ ref('stg_title') }} as t on strpos('|' || r.titles || '|', '|' || t.title || '|') > 0
    inner join newest as n on t.year = n.year
    left join {{ ref('platform') }} as p on t.platform = p.delivered_name
    left join {{ ref('int_enterprise_area') }} as e on t.enterprise_code = e.enterprise_code
),

rule_month as (
    select r.*, t.period, t.last_day
    from rule as r
    cross join {{ ref('int_period') }} as t
    where
        t.is_reported
        and (r.result <> 'new' or t.year >= {{ plan_parameter('window_start_year', 'integer') }})
),

holding as (
    select
        r.indicator_id,
        r.period,
        a.holder,
        max(case when r.platform_code is null or a.platform_code = r.platform_code then 1 else 0 end) as is_counted,
        max(a.town_code) as town_code,
        max(a.platform_code) as platform_code,
        max(a.division) as division
    from rule_month as r
    inner join award as a on r.indicator_id = a.indicator_id
    where
        case r.result
            when 'new' then
                a.first_awarded_on between make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
                and r.last_day
            else a.awarded_on <= r.last_day and (a.valid_until is null or a.valid_until >= r.last_day)
        end
    group by r.indicator_id, r.period, a.holder
),

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
