select
    delivery_id,
    project_id,
    month as period,
    cast(invested_wan as decimal(18, 6)) as invested_wan,
    cast(foreign_usd_wan as decimal(18, 6)) as foreign_usd_wan
from {{ source('raw', 'project_investment') }}
where deleted is not true
