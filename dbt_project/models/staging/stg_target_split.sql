select
    target_id,
    cast(year as integer) as year,
    {{ scaled('amount', 1, 'decimal(18, 6)') }} as amount
from {{ source('raw', 'target_split') }}
where outcome = 'accepted'
