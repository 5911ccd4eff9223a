{#- Where each enterprise of the newest remediation ledger stands: the row of its latest 列入日期 (of equal ones the
    later), since when it has been in that state, and when it left the list. A ledger says a state, not when it began:
    在册 began when the enterprise was listed, 已销号 when the action was completed; the others with the first ledger of
    the unbroken run of ledgers that show the state. -#}
with

standing as (
    select *
    from {{ ref('stg_remediation') }}
    where enterprise_code is not null
    qualify row_number() over (
        partition by period, enterprise_code order by listed_on desc nulls last, row_number desc
    ) = 1
),

ranked as (
    select
        *,
        dense_rank() over (order by period nulls last) as nth,
        max(period) over () as newest_period
    from standing
),

-- ledgers in a row that show one state share nth - (its number within the state)
run as (
    select
        *,
        nth - row_number() over (partition by enterprise_code, state order by nth nulls last) as run_no
    from ranked
),

begun as (
    select
        *,
        last_day(make_date(
            cast(substr(min(period) over one_run, 1, 4) as integer),
            cast(substr(min(period) over one_run, 6, 2) as integer), 1
        )) as first_seen_on
    from run
    window one_run as (partition by enterprise_code, state, run_no)
)

select
    enterprise_code,
    period,
    row_number,
    method,
    state,
    listed_on,
    completed_on,
    case
        when state = '在册' then coalesce(listed_on, first_seen_on)
        when state = '已销号' then coalesce(completed_on, first_seen_on)
        else first_seen_on
    end as state_since_on,
    case
        when state = '已销号' then coalesce(completed_on, first_seen_on)
        when state = '退出清单' then first_seen_on
    end as closed_on
from begun
where period = newest_period
