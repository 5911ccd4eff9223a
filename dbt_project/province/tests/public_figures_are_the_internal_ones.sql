-- What is public is what the internal table says, and a hidden row holds no figure.
select p.county_code, p.indicator_id, p.period, p.breakdown, p.breakdown_code, p.value, i.value as internal_value
from {{ ref('public_indicator_value') }} as p
left join {{ ref('indicator_value') }} as i
    on
        p.county_code = i.county_code
        and p.indicator_id = i.indicator_id
        and p.period = i.period
        and p.breakdown = i.breakdown
        and p.breakdown_code = i.breakdown_code
where
    (p.value is not null and (i.value is null or p.value <> i.value))
    or (p.rolling12_value is not null and (i.rolling12_value is null or p.rolling12_value <> i.rolling12_value))
    or (
        p.conf_status <> 'F'
        and (
            p.value is not null
            or p.numerator is not null
            or p.denominator is not null
            or p.rolling12_value is not null
        )
    )
