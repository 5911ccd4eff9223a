-- The projects counted in towns are never more than the county's, nor are those of platforms or divisions.
select
    p.indicator_id,
    p.period,
    p.breakdown,
    sum(p.value) as value,
    max(c.value) as county_value
from {{ ref('indicator_value') }} as p
inner join {{ ref('rule_project') }} as r on p.indicator_id = r.indicator_id and r.result = 'count'
inner join {{ ref('indicator_value') }} as c
    on p.indicator_id = c.indicator_id and p.period = c.period and c.breakdown = 'county'
where p.breakdown <> 'county'
group by p.indicator_id, p.period, p.breakdown
having coalesce(max(c.value), 0) < sum(p.value)
