select
    delivery_id,
    row_number,
    measure,
    value_period,
    area_code,
    {{ scaled('value', 1, 'decimal(28, 8)') }} as value,
    unit,
    source
from {{ source('raw', 'observation') }}
where outcome = 'accepted'
