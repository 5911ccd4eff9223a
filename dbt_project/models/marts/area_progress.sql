{#- Progress of towns and platforms towards the targets they were given, month by month. -#}
select
    cast(target_id as string) as target_id,
    cast(period as string) as period,
    cast(breakdown as string) as breakdown,
    cast(breakdown_code as string) as breakdown_code,
    cast(value as double) as value,
    cast(baseline as double) as baseline,
    cast(target_value as double) as target_value,
    cast(achieved_share as double) as achieved_share,
    cast(elapsed_share as double) as elapsed_share,
    cast(status as string) as status,
    cast(light as string) as light
from {{ ref('int_progress') }}
where breakdown <> 'county'
order by target_id nulls last, period nulls last, breakdown nulls last, breakdown_code nulls last
