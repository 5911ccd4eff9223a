select
    delivery_id,
    row_number,
    cast(year as integer) as year,
    {{ scaled('land_revenue_wan', 1, 'decimal(18, 6)') }} as land_revenue_wan,
    {{ scaled('land_cost_wan', 1, 'decimal(18, 6)') }} as land_cost_wan,
    {{ scaled('tlhn_fund_wan', 1, 'decimal(18, 6)') }} as tlhn_fund_wan
from {{ source('raw', 'finance') }}
where outcome = 'accepted'
