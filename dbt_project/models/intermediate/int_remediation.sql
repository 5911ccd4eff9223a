{#- Actions of the newest remediation ledger, which replaces those before it. -#}
select
    delivery_id,
    row_number,
    period,
    enterprise_code,
    method,
    listed_on,
    completed_on,
    land_freed_mu,
    energy_freed_tce,
    co2_reduced_t,
    town_name,
    state,
    is_completed,
    town_code,
    platform_code,
    division
from {{ ref('int_remediation_action') }}
where is_newest_ledger
