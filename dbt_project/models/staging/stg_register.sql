select
    delivery_id,
    row_number,
    cast(period as integer) as year,
    enterprise_code,
    credit_code,
    enterprise_name,
    former_names,
    former_codes,
    industry_code,
    town_code,
    platform,
    is_hightech,
    is_backbone,
    production_started_on
from {{ source('raw', 'register') }}
where outcome = 'accepted'
