{#- What is asked of each target in each month, of the county and of the areas that were given one: the target value in
    force (a revision holds from its month on), the deadline, and the share of time that has passed (时序进度): of the
    months to the deadline, of the year for an annual test, or along the yearly split where one was delivered. -#}
{%- set first_year = plan_parameter('window_start_year', 'integer') -%}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

target as (
    select
        i.target_id,
        i.kind,
        i.comparator,
        i.target_value,
        coalesce(o.achieved_by, k.achieved_by) as achieved_by,
        coalesce(o.is_annual_test, k.is_annual_test) or i.deadline in ('annual', 'continuous') as is_annual_test,
        coalesce(
            try_cast(substr(i.deadline, 1, 4) as integer), {{ plan_parameter('window_end_year', 'integer') }}
        ) as deadline_year
    from {{ ref('indicator') }} as i
    left join {{ ref('rule_progress') }} as k on i.kind = k.kind and k.target_id is null
    left join {{ ref('rule_progress') }} as o on i.target_id = o.target_id
    where i.row_type in ('target', 'policy_parameter') and coalesce(o.achieved_by, k.achieved_by) is not null
),

month as (
    select t.*, d.period, d.year, d.month, d.is_reported
    from target as t
    inner join {{ ref('int_period') }} as d on d.year between {{ first_year }} and t.deadline_year
),

{# a target value and the month it holds from; the plan's own has none #}
asked as (
    select t.target_id, 'county' as breakdown, c.code as breakdown_code, '' as effective_from, 0 as row_number,
        t.target_value
    from target as t
    cross join county as c
    union all
    select r.target_id, 'county' as breakdown, c.code as breakdown_code, r.effective_from, r.row_number, r.target_value
    from {{ ref('stg_target_revision') }} as r
    cross join county as c
    union all
    select
        r.target_id,
        case when a.area_type = 'county' then 'county' when a.code is not null then 'town' else 'platform' end
            as breakdown,
        r.area_code as breakdown_code,
        r.effective_from,
        r.row_number,
        r.target_value
    from {{ ref('stg_area_target') }} as r
    left join {{ ref('area') }} as a on r.area_code = a.code
    where coalesce(a.area_type, '') <> 'county'
),

in_force as (
    select
        m.*,
        a.breakdown,
        a.breakdown_code,
        a.target_value as target_value_in_force
    from month as m
    inner join asked as a on m.target_id = a.target_id and m.period >= a.effective_from
    qualify row_number() over (
        partition by m.target_id, m.period, a.breakdown, a.breakdown_code
        order by a.effective_from desc, a.row_number desc
    ) = 1
),

split as (
    select
        m.target_id,
        m.period,
        cast(
            sum(case when s.year < m.year then s.amount * 12 when s.year = m.year then s.amount * m.month else 0 end)
            as double
        ) / nullif(cast(sum(s.amount) * 12 as double), 0) as elapsed_share
    from month as m
    inner join {{ ref('stg_target_split') }} as s on m.target_id = s.target_id
    where not m.is_annual_test
    group by m.target_id, m.period
)

select
    m.target_id,
    m.period,
    m.year,
    m.month,
    m.is_reported,
    m.breakdown,
    m.breakdown_code,
    m.comparator,
    m.achieved_by,
    m.is_annual_test,
    m.target_value_in_force as target_value,
    m.deadline_year,
    case
        when m.is_annual_test or m.achieved_by = 'yearly_flow' then cast(m.month as double) / 12
        else coalesce(
            s.elapsed_share,
            cast((m.year - {{ first_year }}) * 12 + m.month as double) / ((m.deadline_year - {{ first_year }} + 1) * 12)
        )
    end as elapsed_share,
    m.month = 12 and (m.is_annual_test or m.year = m.deadline_year) as is_due
from in_force as m
left join split as s on m.target_id = s.target_id and m.period = s.period
