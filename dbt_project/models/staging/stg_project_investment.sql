select
    delivery_id,
    row_number,
    project_id,
    month as period,
    {{ scaled('invested_wan', 1, 'decimal(18, 6)') }} as invested_wan,
    {{ scaled('foreign_usd_wan', 1, 'decimal(18, 6)') }} as foreign_usd_wan
from {{ source('raw', 'project_investment') }}
where deleted is not true
