-- Every published area, platform and division has a name.
select v.breakdown, v.breakdown_code, count(*) as n_rows
from {{ ref('indicator_value') }} as v
left join {{ ref('area') }} as a
    on
        v.breakdown_code = a.code
        and case a.area_type when 'county' then 'county' else 'town' end = v.breakdown
left join {{ ref('platform') }} as p on v.breakdown = 'platform' and v.breakdown_code = p.platform_code
left join {{ ref('industry_division') }} as d on v.breakdown = 'industry' and v.breakdown_code = d.division
where coalesce(a.code, p.platform_code, d.division) is null
group by v.breakdown, v.breakdown_code
