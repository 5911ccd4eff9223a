{#- What contributors add up over a window, a row each, side, where it lies, and month: sums of projects, remediation
    and achievements whose amounts are not public. Every month between two has a row, and the 12 after the last that a
    reader could subtract it from: `amount` is null where nothing is there any more. -#}
{%- set place = ['contributor', 'town_code', 'platform_code', 'division'] -%}
{%- set of_place = 's.' ~ place | join(', s.') -%}
with

{{ project_contribution_ctes() }},

reported as (
    select period, year, month, last_day from {{ ref('int_period') }} where is_reported
),

completed as (
    select
        r.indicator_id,
        t.period,
        a.enterprise_code as contributor,
        a.town_code,
        a.platform_code,
        a.division,
        case r.measure
            when 'land_freed' then a.land_freed_mu
            when 'energy_freed' then a.energy_freed_tce
            when 'co2_reduced' then a.co2_reduced_t
        end as numerator
    from {{ ref('rule_remediation') }} as r
    cross join reported as t
    inner join {{ ref('int_remediation') }} as a
        on
            a.is_completed
            and a.completed_on between make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
            and t.last_day
    where r.result = 'sum'
),

achieved as (
    select
        r.indicator_id,
        t.period,
        coalesce(a.holder, a.evidence_no) as contributor,
        e.town_code,
        e.platform_code,
        e.division,
        a.quantity as numerator
    from {{ ref('rule_achievement') }} as r
    cross join reported as t
    inner join {{ ref('stg_achievement') }} as a
        on
            r.indicator_id = a.indicator_id
            and t.last_day >= a.happened_on
            and case r.time_window
                when 'year' then a.happened_on >= make_date(t.year, 1, 1)
                when 'plan' then
                    a.happened_on >= make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
                else true
            end
    left join {{ ref('int_enterprise_area') }} as e on a.enterprise_code = e.enterprise_code
    where r.result = 'sum'
),

added_up as (
    select
        indicator_id, period, owner as contributor, town_code, platform_code, division,
        cast(numerator as decimal(38, 14)) as numerator, cast(denominator as decimal(38, 14)) as denominator
    from contribution
    union all
    select
        indicator_id, period, contributor, town_code, platform_code, division,
        cast(numerator as decimal(38, 14)) as numerator, cast(null as decimal(38, 14)) as denominator
    from completed
    union all
    select
        indicator_id, period, contributor, town_code, platform_code, division,
        cast(numerator as decimal(38, 14)) as numerator, cast(null as decimal(38, 14)) as denominator
    from achieved
),

-- one row a contributor, where it lies, and month; `window_key`: what a figure is compared within
summed as (
    select
        a.indicator_id,
        a.contributor,
        a.town_code,
        a.platform_code,
        a.division,
        case when i.time_window <> 'year' then 0 else cast(substr(a.period, 1, 4) as integer) end as window_key,
        cast(substr(a.period, 1, 4) as integer) * 12 + cast(substr(a.period, 6, 2) as integer) as month_number,
        a.period,
        cast(sum(a.numerator) as decimal(38, 14)) as numerator,
        cast(sum(a.denominator) as decimal(38, 14)) as denominator
    from added_up as a
    inner join {{ ref('int_disclosure_indicator') }} as i on a.indicator_id = i.indicator_id
    where a.numerator is not null or a.denominator is not null
    group by a.indicator_id, a.period, a.contributor, a.town_code, a.platform_code, a.division, i.time_window
),

-- few figures have a denominator: a row a side is half as much to look back over as a column each
sided as (
    {%- for side in ['numerator', 'denominator'] %}
    select
        indicator_id, '{{ side }}' as side, {{ place | join(', ') }}, window_key, month_number, period,
        {{ side }} as amount
    from summed
    where {{ side }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

last_month as (
    select max(year * 12 + month) as month_number from reported
),

-- most have a row in every month from their first on; whose does not end where the months do, or has gaps
broken as (
    select s.indicator_id, s.side, {{ of_place }}, s.window_key
    from sided as s
    cross join last_month as t
    group by s.indicator_id, s.side, {{ of_place }}, s.window_key, t.month_number
    having
        count(*) <= max(s.month_number) - min(s.month_number)
        or max(s.month_number) < t.month_number
        and (s.window_key = 0 or max(s.month_number) < s.window_key * 12 + 12)
),

followed as (
    select
        s.indicator_id, s.side, {{ of_place }}, s.window_key, s.month_number,
        lead(s.month_number) over (
            partition by s.indicator_id, s.side, {{ of_place }}, s.window_key order by s.month_number nulls last
        ) as following
    from sided as s
    inner join broken as b
        on
            s.indicator_id = b.indicator_id
            and s.side = b.side
            {%- for column in place %}
            and s.{{ column }} is not distinct from b.{{ column }}
            {%- endfor %}
            and s.window_key = b.window_key
),

-- what is gone, or lies elsewhere now, is missed until it is back, or for as long as a reader could subtract
gone as (
    select
        f.indicator_id,
        f.side,
        {{ place | join(', ') }},
        f.window_key,
        t.year * 12 + t.month as month_number,
        t.period,
        cast(null as decimal(38, 14)) as amount
    from followed as f
    inner join reported as t
        on
            f.month_number < t.year * 12 + t.month
            and t.year * 12 + t.month < coalesce(f.following, f.month_number + {{ flow_steps() | length + 1 }})
            and (f.window_key = 0 or f.window_key = t.year)
)

select indicator_id, period, side, {{ place | join(', ') }}, window_key, month_number, amount from sided
union all
select indicator_id, period, side, {{ place | join(', ') }}, window_key, month_number, amount from gone
