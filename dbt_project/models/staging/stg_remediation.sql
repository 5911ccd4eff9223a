select
    delivery_id,
    row_number,
    period,
    enterprise_code,
    method,
    listed_on,
    completed_on,
    {{ scaled('land_freed_mu', 1, 'decimal(18, 6)') }} as land_freed_mu,
    {{ scaled('energy_freed_tce', 1, 'decimal(18, 6)') }} as energy_freed_tce,
    {{ scaled('co2_reduced_t', 1, 'decimal(18, 6)') }} as co2_reduced_t,
    town_name,
    state
from {{ source('raw', 'remediation') }}
where outcome = 'accepted'
