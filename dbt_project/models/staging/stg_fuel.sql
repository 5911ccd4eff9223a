select
    delivery_id,
    row_number,
    period,
    enterprise_code,
    cast(raw_coal_ytd_t as decimal(18, 8)) as raw_coal_ytd_t,
    cast(natural_gas_ytd_10km3 as decimal(18, 8)) as natural_gas_ytd_10km3,
    cast(diesel_ytd_t as decimal(18, 8)) as diesel_ytd_t,
    cast(gasoline_ytd_t as decimal(18, 8)) as gasoline_ytd_t,
    cast(steam_lp_ytd_t as decimal(18, 8)) as steam_lp_ytd_t,
    cast(heat_equiv_ytd_gj as decimal(18, 8)) as heat_equiv_ytd_gj
from {{ source('raw', 'fuel') }}
where outcome = 'accepted'
