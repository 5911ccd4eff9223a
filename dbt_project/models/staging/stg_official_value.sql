select
    row_number,
    indicator_id,
    value_period,
    area_code,
    cast(value as double) as value,
    source,
    published_on
from {{ source('raw', 'official_value') }}
where outcome = 'accepted'
