select
    delivery_id,
    row_number,
    cast(period as integer) as year,
    enterprise_code,
    {{ scaled('rd_expenditure_kcny', unit_factor('千元', '万元'), 'decimal(18, 6)') }} as rd_expenditure_wan,
    has_rd_activity,
    has_rd_institution
from {{ source('raw', 'rd') }}
where outcome = 'accepted'
