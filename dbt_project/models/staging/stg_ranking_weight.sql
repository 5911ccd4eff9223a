select
    row_number,
    indicator_id,
    effective_from,
    {{ scaled('weight', 1, 'decimal(18, 6)') }} as weight
from {{ source('raw', 'ranking_weight') }}
where outcome = 'accepted'
