{#- Rolling values of the whole that moved further in a month than the dated tolerance allows, each with the enterprises
    that moved it most. Contributions add up: with V = N / D, the change is the sum over enterprises of
    (change of its numerator - V before x change of its denominator) / D now. -#}
{%- set n_drivers = 5 -%}
with

rolling as (
    select
        v.indicator_id,
        v.period,
        lag(v.period) over one_indicator as period_before,
        v.rolling12_value as value,
        lag(v.rolling12_value) over one_indicator as value_before,
        v.rolling12_denominator as denominator
    from {{ ref('int_indicator_ratio') }} as v
    where v.breakdown = 'county' and v.is_published and v.rolling12_value is not null
    window one_indicator as (partition by v.indicator_id order by v.period nulls last)
),

tolerated as (
    select r.*, t.tolerance
    from rolling as r
    inner join {{ ref('jump_tolerance') }} as t
        on r.period >= t.effective_from and (t.indicator_id is null or r.indicator_id = t.indicator_id)
    where r.value_before is not null
    qualify row_number() over (
        partition by r.indicator_id, r.period
        order by case when t.indicator_id is null then 1 else 0 end nulls last, t.effective_from desc
    ) = 1
),

jump as (
    select *, value / nullif(value_before, 0) - 1 as change
    from tolerated
    where abs(value / nullif(value_before, 0) - 1) > tolerance
),

both_months as (
    select indicator_id, period from jump
    union
    select indicator_id, period_before as period from jump
),

contribution as (
    {{ ratio_contribution('both_months') }}
),

side as (
    select
        j.indicator_id,
        j.period,
        c.enterprise_code,
        sum(case when c.period = j.period then c.rolling12 else -c.rolling12 end) as numerator_change,
        sum(case when c.period = j.period then c.denominator else -c.denominator end) as denominator_change,
        max(j.value_before) as value_before,
        max(j.denominator) as denominator
    from jump as j
    inner join contribution as c
        on j.indicator_id = c.indicator_id and (j.period = c.period or j.period_before = c.period)
    where c.numerator is not null and c.denominator is not null and c.rolling12 is not null
    group by j.indicator_id, j.period, c.enterprise_code
),

driver as (
    select
        indicator_id,
        period,
        enterprise_code,
        (cast(numerator_change as double) - value_before * cast(denominator_change as double)) / denominator
            as contribution
    from side
),

placed as (
    select
        *,
        row_number() over (
            partition by indicator_id, period order by abs(contribution) desc, enterprise_code nulls last
        ) as driver_rank
    from driver
)

select
    cast(j.indicator_id as string) as indicator_id,
    cast(j.period as string) as period,
    cast(p.driver_rank as integer) as driver_rank,
    cast(p.enterprise_code as string) as credit_code,
    cast(p.contribution as double) as contribution,
    cast(j.value_before as double) as value_before,
    cast(j.value as double) as value,
    cast(j.change as double) as change,
    cast(j.tolerance as double) as tolerance
from jump as j
inner join placed as p on j.indicator_id = p.indicator_id and j.period = p.period
where p.driver_rank <= {{ n_drivers }}
order by indicator_id nulls last, period nulls last, driver_rank nulls last
