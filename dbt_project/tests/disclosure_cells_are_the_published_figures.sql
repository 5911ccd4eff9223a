{#- Disclosure control judges what is published: its sums are the numerators and denominators of the figures. -#}
select
    v.indicator_id,
    v.period,
    v.breakdown,
    v.breakdown_code,
    v.numerator,
    c.amount
from {{ ref('indicator_value') }} as v
inner join {{ ref('int_disclosure_indicator') }} as i on v.indicator_id = i.indicator_id and i.sensitivity = 'amount'
left join {{ ref('int_disclosure_cell') }} as c
    on
        v.indicator_id = c.indicator_id
        and v.period = c.period
        and v.breakdown = c.breakdown
        and v.breakdown_code = c.breakdown_code
        and c.side = 'numerator'
where
    v.value is not null
    and (
        abs(v.numerator - coalesce(c.amount, 0)) > 1e-9 * (1 + abs(v.numerator))
        or (v.numerator is null and i.base_id is null and v.value > 0 and c.amount is null)
    )
