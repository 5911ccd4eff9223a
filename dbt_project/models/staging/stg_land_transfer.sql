select
    delivery_id,
    row_number,
    cast(period as integer) as year,
    contract_no,
    transferred_on,
    land_use,
    supply_method,
    {{ scaled('area_hectare', 1, 'decimal(18, 6)') }} as area_hectare,
    is_standard_land,
    {{ scaled('price_wan', 1, 'decimal(18, 6)') }} as price_wan,
    is_freed_stock
from {{ source('raw', 'land_transfer') }}
where outcome = 'accepted'
