select
    delivery_id,
    row_number,
    cast(period as integer) as year,
    town_code,
    cast(resident_population as decimal(18, 0)) as resident_population,
    cast(registered_population as decimal(18, 0)) as registered_population
from {{ source('raw', 'population') }}
where outcome = 'accepted'
