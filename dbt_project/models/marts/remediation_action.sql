{#- The newest remediation ledger (整治台账), one row an action: what is planned or done, since when the enterprise has
    been in its state, and whether it is still a candidate in the latest closed year. -#}
with

candidate as (
    select credit_code, reasons, year
    from {{ ref('high_consumption_low_efficiency') }}
    qualify year = max(year) over ()
),

named as (
    select credit_code, enterprise_name
    from {{ ref('enterprise_year') }}
    qualify row_number() over (partition by credit_code order by year desc) = 1
)

select
    cast(a.row_number as integer) as row_number,
    cast(a.period as string) as period,
    cast(a.enterprise_code as string) as credit_code,
    cast(n.enterprise_name as string) as enterprise_name,
    cast(a.town_code as string) as town_code,
    cast(a.platform_code as string) as platform_code,
    cast(a.division as string) as division,
    cast(a.method as string) as method,
    cast(a.state as string) as state,
    a.listed_on,
    a.completed_on,
    a.is_completed,
    s.row_number is not null as is_latest,
    s.state_since_on,
    cast({{ days_between('s.state_since_on', data_date()) }} as integer) as days_in_state,
    a.land_freed_mu,
    a.energy_freed_tce,
    a.co2_reduced_t,
    cast(c.reasons as string) as candidate_reasons
from {{ ref('int_remediation') }} as a
left join {{ ref('int_remediation_state') }} as s
    on a.enterprise_code = s.enterprise_code and a.row_number = s.row_number
left join candidate as c on a.enterprise_code = c.credit_code
left join named as n on a.enterprise_code = n.credit_code
