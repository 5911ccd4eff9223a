{#- What is still needed for every open target: the gap in the unit of the target, for a ratio, a growth or a decline
    also in the unit of its numerator (at the present denominator), and both for each month that remains. -#}
{%- set countable = "('个', '家', '项', '件', '台')" -%}
with

open_target as (
    select
        p.*,
        i.unit,
        (p.deadline_year - p.year) * 12 as months_of_years,
        p.is_annual_test or p.achieved_by = 'yearly_flow' as is_within_year
    from {{ ref('int_progress') }} as p
    inner join {{ ref('indicator') }} as i on p.target_id = i.target_id
    where not p.is_due and not p.is_met
),

needed as (
    select
        t.target_id,
        t.period,
        t.breakdown,
        t.breakdown_code,
        t.comparator,
        t.unit,
        t.target_value - t.value as gap,
        12 - t.month + case when t.is_within_year then 0 else t.months_of_years end as months_remaining,
        s.unit as numerator_unit,
        s.base * (s.needed_offset + s.needed_slope * t.target_value) as numerator_needed,
        s.numerator
    from open_target as t
    left join {{ ref('int_need_side') }} as s
        on
            t.target_id = s.indicator_id
            and t.period = s.period
            and t.breakdown = s.breakdown
            and t.breakdown_code = s.breakdown_code
),

-- whole things are needed whole; what must be exceeded needs one more
whole as (
    select
        *,
        case
            when numerator_unit not in {{ countable }} then numerator_needed
            when comparator = '>' then floor(numerator_needed + 1e-9) + 1
            else ceil(numerator_needed - 1e-9)
        end as numerator_asked
    from needed
)

select
    cast(target_id as string) as target_id,
    cast(period as string) as period,
    cast(breakdown as string) as breakdown,
    cast(breakdown_code as string) as breakdown_code,
    cast(months_remaining as integer) as months_remaining,
    cast(gap as double) as gap,
    cast(case unit when '%' then '百分点' else unit end as string) as unit,
    cast(gap / nullif(months_remaining, 0) as double) as gap_per_month,
    cast(numerator_asked - numerator as double) as numerator_gap,
    cast(case when numerator_asked is not null then numerator_unit end as string) as numerator_unit,
    cast((numerator_asked - numerator) / nullif(months_remaining, 0) as double) as numerator_gap_per_month
from whole
order by target_id nulls last, period nulls last, breakdown nulls last, breakdown_code nulls last
