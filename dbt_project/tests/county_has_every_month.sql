-- Every rule has a county row for each month it is due, with or without a value, and one only.
with

due as (
    select r.indicator_id, t.period
    from {{ ref('rule_enterprise_ratio') }} as r
    cross join {{ ref('int_period') }} as t
    where r.is_published and t.month >= r.first_month and t.is_reported
    union all
    select r.indicator_id, t.period
    from {{ ref('rule_project') }} as r
    cross join {{ ref('int_period') }} as t
    where
        t.month >= r.first_month
        and t.is_reported
        and (
            (r.time_window = 'year' and r.result <> 'growth')
            or t.year >= {{ plan_parameter('window_start_year', 'integer') }}
        )
)

select d.indicator_id, d.period, count(v.indicator_id) as n_rows
from due as d
left join {{ ref('indicator_value') }} as v
    on d.indicator_id = v.indicator_id and d.period = v.period and v.breakdown = 'county'
group by d.indicator_id, d.period
having count(v.indicator_id) <> 1
