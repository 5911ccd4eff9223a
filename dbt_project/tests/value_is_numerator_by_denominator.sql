-- Where numerator and denominator stand beside a value, their quotient is the value, in % or plain.
select v.*
from {{ ref('indicator_value') }} as v
inner join {{ ref('indicator') }} as i on v.indicator_id = i.target_id
where
    v.value is not null
    and v.numerator is not null
    and abs(v.value * v.denominator - v.numerator * case i.unit when '%' then 100 else 1 end)
    > 1e-9 * abs(v.numerator * case i.unit when '%' then 100 else 1 end) + 1e-9
