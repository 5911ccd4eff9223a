select
    t.delivery_id,
    t.row_number,
    t.period,
    t.enterprise_code,
    {{ scaled('t.tax_month', 'u.factor', 'decimal(18, 6)') }} as tax_month_wan,
    {{ scaled('t.tax_ytd', 'u.factor', 'decimal(18, 6)') }} as tax_ytd_wan
from {{ source('raw', 'tax') }} as t
left join {{ ref('unit_factor') }} as u on t.money_unit = u.unit and u.canonical_unit = '万元'
where t.outcome = 'accepted'
