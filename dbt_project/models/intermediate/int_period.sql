{#- Every month from the first of the plan to the horizon: the latest month that a monthly delivery names, a refused one
    too. Where there is none, the month of the newest list of patents or projects; that date does not count beside
    monthly deliveries, for a list that is pulled bears the day of the pull, however old its content. Where there is
    neither, the latest month (or December of the year) that was observed. A year whose R&D report is in force reaches
    to its December, for yearly figures only. -#}
with

delivered as (
    select
        source,
        is_in_force,
        substr(period, 1, 7) as month_name,
        substr(period, 1, 4) as year_name
    from {{ ref('stg_delivery') }}
    where period is not null
),

observed as (
    select max(case when length(value_period) = 4 then value_period || '-12' else value_period end) as month_name
    from {{ ref('stg_observation') }}
),

bounds as (
    select
        coalesce(
            max(case when d.source in ('tax', 'industry', 'electricity', 'fuel') then d.month_name end),
            max(case when d.source in ('patent', 'investment') and d.is_in_force then d.month_name end),
            max(o.month_name)
        ) as horizon,
        max(case when d.source = 'rd' and d.is_in_force then d.year_name end) || '-12' as last_closed_december
    from observed as o
    left join delivered as d on true
),

limits as (
    select
        b.horizon,
        {{ plan_parameter('first_period', 'string') }} as first_period,
        case when b.last_closed_december > b.horizon then b.last_closed_december else b.horizon end as last_period
    from bounds as b
),

digits as (
    select cast(d.n as integer) as n
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as d (n)
),

-- month numbers from January of the first year on, a thousand of them
month_numbers as (
    select
        cast(substr(l.first_period, 1, 4) as integer)
        + cast(floor((h.n * 100 + t.n * 10 + u.n) / 12) as integer) as year,
        (h.n * 100 + t.n * 10 + u.n) % 12 + 1 as month
    from limits as l
    cross join digits as h
    cross join digits as t
    cross join digits as u
),

calendar as (
    select
        year,
        month,
        cast(year as string) || '-' || lpad(cast(month as string), 2, '0') as period
    from month_numbers
),

electricity_months as (
    select distinct month_name from delivered where source = 'electricity' and is_in_force
),

fuel_months as (
    select distinct month_name from delivered where source = 'fuel' and is_in_force
)

select
    c.period,
    c.year,
    c.month,
    make_date(c.year, c.month, 1) as first_day,
    last_day(make_date(c.year, c.month, 1)) as last_day,
    c.period <= l.horizon as is_reported,
    e.month_name is not null as has_electricity_file,
    count(e.month_name) over (partition by c.year order by c.month nulls last rows unbounded preceding) = c.month
        as has_every_electricity_file,
    f.month_name is not null as has_fuel_file
from calendar as c
cross join limits as l
left join electricity_months as e on c.period = e.month_name
left join fuel_months as f on c.period = f.month_name
where c.period between l.first_period and l.last_period
