select
    delivery_id,
    row_number,
    period,
    account_no,
    enterprise_code,
    cast(electricity_kwh as decimal(18, 8)) as electricity_kwh
from {{ source('raw', 'electricity') }}
where outcome = 'accepted'
