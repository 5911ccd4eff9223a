-- Platforms overlap towns and cover part of the county: together never more enterprises than the county has.
select
    p.indicator_id,
    p.period,
    sum(p.n_enterprises) as n_enterprises,
    max(c.n_enterprises) as county_n_enterprises
from {{ ref('indicator_value') }} as p
inner join {{ ref('indicator_value') }} as c
    on p.indicator_id = c.indicator_id and p.period = c.period and c.breakdown = 'county'
where p.breakdown = 'platform' and p.n_enterprises is not null
group by p.indicator_id, p.period
having sum(p.n_enterprises) > max(c.n_enterprises)
