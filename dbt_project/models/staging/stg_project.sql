select
    delivery_id,
    row_number,
    project_id,
    name,
    owner_code,
    industry_code,
    is_manufacturing,
    investor_type,
    fortune500 as is_fortune500,
    {{ scaled('planned_total_wan', 1, 'decimal(18, 6)') }} as planned_total_wan,
    {{ scaled('planned_fixed_wan', 1, 'decimal(18, 6)') }} as planned_fixed_wan,
    {{ scaled('planned_total_usd_wan', 1, 'decimal(18, 6)') }} as planned_total_usd_wan,
    introduced_on,
    town_code,
    platform,
    kind
from {{ source('raw', 'project') }}
where deleted is not true
