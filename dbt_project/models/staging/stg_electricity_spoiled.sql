select
    delivery_id,
    row_number,
    period,
    account_no,
    outcome
from {{ source('raw', 'electricity') }}
where outcome not in ('accepted', 'duplicate') and account_no is not null
