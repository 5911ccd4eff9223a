select
    row_number,
    target_id,
    effective_from,
    cast(target_value as double) as target_value,
    document
from {{ source('raw', 'target_revision') }}
where outcome = 'accepted'
