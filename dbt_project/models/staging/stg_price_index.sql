select
    delivery_id,
    row_number,
    cast(year as integer) as year,
    cast(deflator_2020_100 as decimal(18, 8)) as deflator
from {{ source('raw', 'price_index') }}
where outcome = 'accepted'
