select
    delivery_id,
    source,
    file_name,
    period,
    version,
    sha256,
    sheet,
    status,
    reason,
    in_force as is_in_force
from {{ source('raw', 'delivery') }}
