select
    delivery_id,
    project_id,
    milestone,
    happened_on
from {{ source('raw', 'project_milestone') }}
where deleted is not true
