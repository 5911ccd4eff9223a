select * from {{ ref('indicator_registry') }} order by target_id nulls last
