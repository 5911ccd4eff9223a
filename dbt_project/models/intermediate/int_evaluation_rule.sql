{#- The rules of the evaluation that hold in each closed year: those of the scheme with the latest first year up to it;
    classes and items numbered in the order of the scheme. -#}
with

closed as (
    select distinct year from {{ ref('enterprise_year') }} where is_closed
),

in_force as (
    select c.year, s.scheme_id
    from closed as c
    inner join {{ ref('evaluation_scheme') }} as s on c.year >= s.valid_from_year and s.part = 'scheme'
    qualify row_number() over (partition by c.year order by s.valid_from_year desc, s.scheme_id asc nulls last) = 1
)

select
    f.year,
    f.scheme_id,
    s.part,
    s.code,
    s.numerator,
    s.denominator,
    s.base,
    s.weight,
    s.cap,
    s.when_missing,
    s.comparator,
    s.threshold,
    s.name_zh,
    s.name_en,
    cast(row_number() over (
        partition by f.year, s.part order by s.sort_order nulls last, s.code nulls last
    ) as integer) as place
from in_force as f
inner join {{ ref('evaluation_scheme') }} as s on f.scheme_id = s.scheme_id
