{#- The items of the evaluation (亩均论英雄), one row an evaluated enterprise, year and item of that year's scheme. Only
    an enterprise with known land is evaluated. A negative item scores 0; a missing one 0, or, where the scheme says so,
    the mean of those that have it, and with none at all the item's full weight. -#}
with

measured as (
    select
        y.year,
        y.credit_code,
        r.scheme_id,
        r.code as item,
        r.place,
        r.base,
        r.weight,
        r.cap,
        r.when_missing,
        {{ measured_ratio('r.numerator', 'r.denominator') }} as value
    from {{ ref('enterprise_year') }} as y
    inner join {{ ref('int_evaluation_rule') }} as r on y.year = r.year and r.part = 'item'
    where y.land_in_use_mu is not null
),

pointed as (
    select
        *,
        case
            when value is null then null
            when value <= 0 then 0
            when value / cast(base as double) * cast(weight as double) > cap then cast(cap as double)
            else value / cast(base as double) * cast(weight as double)
        end as points
    from measured
),

filled as (
    select
        *,
        -- decimals, so that the order of adding up does not show in the last bit
        case when when_missing = 'mean' then coalesce(
            cast(sum({{ decimal_of('points', 'decimal(38, 14)') }}) over (partition by year, item) as double)
            / nullif(count(points) over (partition by year, item), 0),
            cast(weight as double)
        ) else 0 end as points_of_missing
    from pointed
)

select
    cast(year as integer) as year,
    cast(credit_code as string) as credit_code,
    cast(item as string) as item,
    cast(place as integer) as place,
    cast(scheme_id as string) as scheme_id,
    cast(value as double) as value,
    cast(base as decimal(18, 6)) as base,
    cast(weight as decimal(18, 6)) as weight,
    cast(coalesce(points, points_of_missing) as double) as score,
    points is null as is_missing,
    points is null and when_missing = 'zero' as is_listed_missing
from filled
