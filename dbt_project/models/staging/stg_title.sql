select
    delivery_id,
    row_number,
    cast(period as integer) as year,
    enterprise_code,
    identity as holder,
    enterprise_name,
    title,
    awarded_on,
    valid_until,
    platform
from {{ source('raw', 'title') }}
where outcome = 'accepted'
