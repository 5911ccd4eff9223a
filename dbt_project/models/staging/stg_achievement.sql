select
    delivery_id,
    row_number,
    period,
    target_id as indicator_id,
    item_name,
    enterprise_code,
    case when matched_by <> 'absent' then identity end as holder,
    happened_on,
    {{ scaled('quantity', 1, 'decimal(18, 6)') }} as quantity,
    unit,
    responsible_unit,
    evidence_no
from {{ source('raw', 'achievement') }}
where outcome = 'accepted'
