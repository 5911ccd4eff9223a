{#- Progress of the county towards each target, month by month. -#}
select
    cast(target_id as string) as target_id,
    cast(period as string) as period,
    cast(value as double) as value,
    cast(baseline as double) as baseline,
    cast(target_value as double) as target_value,
    cast(achieved_share as double) as achieved_share,
    cast(elapsed_share as double) as elapsed_share,
    cast(status as string) as status,
    cast(light as string) as light
from {{ ref('int_progress') }}
where breakdown = 'county'
order by target_id nulls last, period nulls last
