{#- Official values beside the computed ones, with the difference. -#}
select
    cast(o.indicator_id as string) as indicator_id,
    cast(o.period as string) as period,
    cast(o.breakdown as string) as breakdown,
    cast(o.breakdown_code as string) as breakdown_code,
    cast(o.value as double) as official_value,
    cast(v.value as double) as computed_value,
    cast(o.value as double) - v.value as difference,
    cast(o.source as string) as source,
    cast(o.published_on as date) as published_on
from {{ ref('int_official_value') }} as o
left join {{ ref('indicator_value') }} as v
    on
        o.indicator_id = v.indicator_id
        and o.period = v.period
        and o.breakdown = v.breakdown
        and o.breakdown_code = v.breakdown_code
order by indicator_id nulls last, period nulls last, breakdown nulls last, breakdown_code nulls last
