-- Electricity of the months is what was accepted plus what was estimated, to the last kilowatt-hour.
with

accepted as (
    select s.period, sum(s.electricity_kwh) as kwh
    from {{ ref('stg_electricity') }} as s
    inner join {{ ref('int_period') }} as t on s.period = t.period
    where s.enterprise_code is not null
    group by s.period
),

monthly as (
    select period, sum(electricity_kwh) - sum(electricity_estimated_kwh) as kwh
    from {{ ref('int_electricity_month') }}
    group by period
)

select a.period, a.kwh, m.kwh as kwh_of_months
from accepted as a
left join monthly as m on a.period = m.period
where m.kwh is null or a.kwh <> m.kwh
