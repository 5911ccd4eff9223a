-- No figure of the province is public where the figure of a county in its sum is not.
select p.indicator_id, p.period, c.county_code
from {{ ref('public_indicator_value') }} as p
inner join {{ source('counties', 'indicator_value') }} as c
    on p.indicator_id = c.indicator_id and p.period = c.period and c.breakdown = 'county' and c.value is not null
left join {{ source('counties', 'public_indicator_value') }} as v
    on
        c.county_code = v.county_code
        and c.indicator_id = v.indicator_id
        and c.period = v.period
        and v.breakdown = 'county'
where
    p.breakdown = 'province'
    and p.value is not null
    and coalesce(v.conf_status, 'D') <> 'F'
