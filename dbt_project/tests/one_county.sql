-- The areas name one county; every town belongs to it.
select c.n_counties, c.n_strangers
from (
    select
        count(case when area_type = 'county' then 1 end) as n_counties,
        count(case
            when area_type <> 'county' and parent_code not in (
                select a.code from {{ ref('area') }} as a where a.area_type = 'county'
            ) then 1
        end) as n_strangers
    from {{ ref('area') }}
) as c
where c.n_counties <> 1 or c.n_strangers > 0
