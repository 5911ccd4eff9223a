{#- Official values as published (newest by date), in the keys of the computed ones. -#}
select
    o.indicator_id,
    case when length(o.value_period) = 4 then o.value_period || '-12' else o.value_period end as period,
    case when a.area_type = 'county' then 'county' when a.code is not null then 'town' else 'platform' end as breakdown,
    o.area_code as breakdown_code,
    o.value,
    o.source,
    o.published_on
from {{ ref('stg_official_value') }} as o
left join {{ ref('area') }} as a on o.area_code = a.code
qualify row_number() over (
    partition by o.indicator_id, o.value_period, o.area_code order by o.published_on desc, o.row_number desc
) = 1
