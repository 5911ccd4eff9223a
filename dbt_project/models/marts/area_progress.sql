{#- Progress of towns and platforms towards the targets they were given, month by month. -#}
select
    cast(target_id as varchar) as target_id,
    cast(period as varchar) as period,
    cast(breakdown as varchar) as breakdown,
    cast(breakdown_code as varchar) as breakdown_code,
    cast(value as double) as value,
    cast(baseline as double) as baseline,
    cast(target_value as double) as target_value,
    cast(achieved_share as double) as achieved_share,
    cast(elapsed_share as double) as elapsed_share,
    cast(status as varchar) as status,
    cast(light as varchar) as light
from {{ ref('int_progress') }}
where breakdown <> 'county'
order by target_id, period, breakdown, breakdown_code
