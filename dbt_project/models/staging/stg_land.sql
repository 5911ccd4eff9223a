select
    l.delivery_id,
    l.row_number,
    cast(l.period as integer) as year,
    l.parcel_no,
    l.enterprise_code,
    l.town_name,
    l.tenure,
    l.old_park,
    {{ scaled('l.registered_area', 'to_mu.factor', 'decimal(18, 8)') }} as area_mu,
    {{ scaled('l.registered_area', 'to_m2.factor', 'decimal(18, 8)') }} as area_m2,
    cast(l.floor_area_m2 as decimal(18, 8)) as floor_area_m2
from {{ source('raw', 'land') }} as l
left join {{ ref('unit_factor') }} as to_mu on l.area_unit = to_mu.unit and to_mu.canonical_unit = '亩'
left join {{ ref('unit_factor') }} as to_m2 on l.area_unit = to_m2.unit and to_m2.canonical_unit = '平方米'
where l.outcome = 'accepted'
