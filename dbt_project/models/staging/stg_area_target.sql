select
    row_number,
    target_id,
    area_code,
    effective_from,
    cast(target_value as double) as target_value
from {{ source('raw', 'area_target') }}
where outcome = 'accepted'
