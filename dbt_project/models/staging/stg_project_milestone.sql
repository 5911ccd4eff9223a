select
    delivery_id,
    row_number,
    project_id,
    milestone,
    happened_on
from {{ source('raw', 'project_milestone') }}
where deleted is not true
