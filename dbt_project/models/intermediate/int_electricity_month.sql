{#- Electricity of an enterprise in a month: its accounts' accepted rows, and estimates for the gaps. An account with an
    accepted row in the year counts, for a month whose row is spoiled, or is absent between its first and last accepted
    month, with the mean of its accepted months of that year. No month is estimated whose file is missing. -#}
with

-- a bit a month of the year
months as (
    select *, cast(pow(2, month - 1) as integer) as bit
    from {{ ref('int_period') }}
),

accepted as (
    select
        s.account_no,
        s.enterprise_code,
        s.electricity_kwh,
        s.period,
        p.year,
        p.month,
        p.bit
    from {{ ref('stg_electricity') }} as s
    inner join months as p on s.period = p.period
),

account_years as (
    select
        account_no,
        year,
        min(month) as first_month,
        max(month) as last_month,
        bit_or(bit) as months,
        {{ decimal_of('cast(sum(electricity_kwh) as double) / count(*)', 'decimal(18, 8)') }} as mean_kwh
    from accepted
    group by account_no, year
),

gaps as (
    select a.account_no, a.year, p.month, p.period, a.mean_kwh
    from account_years as a
    inner join months as p
        on a.year = p.year and a.first_month < p.month and a.last_month > p.month and (a.months & p.bit) = 0
    where p.has_electricity_file
    union
    select a.account_no, a.year, p.month, p.period, a.mean_kwh
    from {{ ref('stg_electricity_spoiled') }} as s
    inner join months as p on s.period = p.period
    inner join account_years as a on s.account_no = a.account_no and p.year = a.year and (a.months & p.bit) = 0
    where p.has_electricity_file
),

-- the account belongs to whom its nearest accepted month names: the one before the gap, else the one after
estimated as (
    select
        g.account_no,
        g.period,
        g.mean_kwh,
        max_by(a.enterprise_code, case when a.month < g.month then a.month else -a.month end) as enterprise_code
    from gaps as g
    inner join accepted as a on g.account_no = a.account_no and g.year = a.year
    group by g.account_no, g.period, g.month, g.mean_kwh
),

rows_of_enterprises as (
    select enterprise_code, period, electricity_kwh, cast(0 as decimal(18, 8)) as estimated_kwh from accepted
    union all
    select enterprise_code, period, mean_kwh, mean_kwh as estimated_kwh from estimated
)

select
    enterprise_code,
    period,
    cast(sum(electricity_kwh) as decimal(18, 8)) as electricity_kwh,
    cast(sum(estimated_kwh) as decimal(18, 8)) as electricity_estimated_kwh
from rows_of_enterprises
where enterprise_code is not null
group by enterprise_code, period
