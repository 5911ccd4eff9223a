{{ config(materialized='view') }}
{#- Which rows of a contributor carry what it adds to a figure: the table, and the month, year or milestone the row
    is of (`row_period`). A year-to-date sum of month flows names every month of the year, a rolling sum the three it is
    made of. -#}
with

measure_row as (
    {%- for measure, carriers in measure_rows().items() %}
    {%- set outer = loop %}
    {%- for table, span in carriers %}
    select '{{ measure }}' as measure, '{{ table }}' as table_name, '{{ span }}' as span
    {{ "union all" if not (outer.last and loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

-- the register says who is in scope and where
ratio_part as (
    select distinct r.indicator_id, r.first_month, c.table_name, c.span
    from {{ ref('rule_enterprise_ratio') }} as r
    inner join measure_row as c on c.measure in (r.numerator, r.denominator)
    union
    select indicator_id, first_month, 'register' as table_name, 'year' as span from {{ ref('rule_enterprise_ratio') }}
    union
    select r.indicator_id, r.first_month, c.table_name, 'rolling12' as span
    from {{ ref('rule_enterprise_ratio') }} as r
    inner join measure_row as c on r.numerator = c.measure and c.span = 'month'
    where r.has_rolling12
),

ratio as (
    select r.indicator_id, t.period as fact_period, 'enterprise' as contributor_kind, r.table_name,
        case r.span when 'year' then cast(t.year as string) else y.period end as row_period
    from ratio_part as r
    inner join {{ ref('int_period') }} as t on r.first_month <= t.month
    inner join {{ ref('int_period') }} as y
        on case r.span
            when 'year_to_date' then t.year = y.year and t.month >= y.month
            when 'rolling12' then
                t.month < 12 and t.year - 1 = y.year and (y.month = 12 or t.month = y.month)
            else t.period = y.period
        end
),

change as (
    select r.indicator_id, s.fact_period, s.contributor_kind, s.table_name, s.row_period
    from {{ ref('rule_indicator_change') }} as r
    inner join ratio as s on r.base_indicator_id = s.indicator_id
    inner join {{ ref('int_period') }} as t on s.fact_period = t.period
    -- the change compares the year to date, whatever stands beside the ratio
    where not (s.table_name in ('tax', 'industry') and s.row_period <> s.fact_period)
),

project as (
    select r.indicator_id, t.period as fact_period, 'project' as contributor_kind, 'project' as table_name,
        '' as row_period
    from {{ ref('rule_project') }} as r
    cross join {{ ref('int_period') }} as t
    union all
    select r.indicator_id, t.period as fact_period, 'project' as contributor_kind, 'project_milestone' as table_name,
        m.milestone_id as row_period
    from {{ ref('rule_project') }} as r
    inner join {{ ref('milestone') }} as m
        on r.event = m.milestone_id or (m.milestone_id = 'landed' and r.numerator = 'landed_projects')
    cross join {{ ref('int_period') }} as t
    union all
    select r.indicator_id, t.period as fact_period, 'project' as contributor_kind, 'project_investment' as table_name,
        y.period as row_period
    from {{ ref('rule_project') }} as r
    cross join {{ ref('int_period') }} as t
    inner join {{ ref('int_period') }} as y
        on
            case r.time_window
                when 'year' then t.year = y.year
                else y.year >= {{ plan_parameter('window_start_year', 'integer') }}
            end
            and t.period >= y.period
            or (r.result = 'growth' and t.year - 1 = y.year and t.month >= y.month)
    where r.numerator in ('invested', 'foreign_usd') or r.denominator in ('invested', 'foreign_usd')
),

population_year as (
    select distinct year from {{ ref('int_population') }}
),

patent as (
    select r.indicator_id, t.period as fact_period, 'patent' as contributor_kind, 'patent' as table_name,
        '' as row_period
    from {{ ref('rule_patent_stock') }} as r
    cross join {{ ref('int_period') }} as t
    union all
    select r.indicator_id, cast(p.year as string) || '-12' as fact_period, 'area' as contributor_kind,
        'population' as table_name, cast(p.year as string) as row_period
    from {{ ref('rule_patent_stock') }} as r
    cross join population_year as p
),

-- contributions that are rows themselves: what they are read from, for what may be missing there
own as (
    select r.indicator_id, t.period as fact_period, 'holder' as contributor_kind, 'title' as table_name,
        '' as row_period
    from {{ ref('rule_title') }} as r
    cross join {{ ref('int_period') }} as t
    union all
    select r.indicator_id, t.period as fact_period, 'enterprise' as contributor_kind, 'remediation' as table_name,
        '' as row_period
    from {{ ref('rule_remediation') }} as r
    cross join {{ ref('int_period') }} as t
    union all
    select r.indicator_id, t.period as fact_period, 'row' as contributor_kind, 'land_transfer' as table_name,
        cast(t.year as string) as row_period
    from {{ ref('rule_land_transfer') }} as r
    cross join {{ ref('int_period') }} as t
    union all
    select r.indicator_id, t.period as fact_period, 'row' as contributor_kind, 'finance' as table_name,
        cast(t.year as string) as row_period
    from {{ ref('rule_finance') }} as r
    cross join {{ ref('int_period') }} as t
    union all
    select r.indicator_id, t.period as fact_period, 'area' as contributor_kind, 'observation' as table_name,
        '' as row_period
    from {{ ref('rule_observation') }} as r
    cross join {{ ref('int_period') }} as t
),

achievement as (
    select r.indicator_id, t.period as fact_period,
        case when r.result in ('register_share', 'backbone_share') then 'enterprise' else 'holder' end
            as contributor_kind,
        'achievement' as table_name,
        cast(y.year as string) || '-Q' || cast(cast(ceil(y.month / 3.0) as integer) as string) as row_period
    from {{ ref('rule_achievement') }} as r
    cross join {{ ref('int_period') }} as t
    inner join {{ ref('int_period') }} as y
        on
            y.month in (3, 6, 9, 12)
            and (t.year > y.year or (t.year = y.year and ceil(t.month / 3.0) * 3 >= y.month))
            and case r.time_window
                when 'year' then t.year = y.year
                when 'plan' then y.year >= {{ plan_parameter('window_start_year', 'integer') }}
                else true
            end
    union all
    select r.indicator_id, t.period as fact_period, 'enterprise' as contributor_kind, 'register' as table_name,
        cast(t.year as string) as row_period
    from {{ ref('rule_achievement') }} as r
    cross join {{ ref('int_period') }} as t
    where r.result in ('register_share', 'backbone_share')
)

select indicator_id, fact_period, contributor_kind, table_name, row_period from ratio
union all
select indicator_id, fact_period, contributor_kind, table_name, row_period from change
union all
select indicator_id, fact_period, contributor_kind, table_name, row_period from project
union all
select indicator_id, fact_period, contributor_kind, table_name, row_period from patent
union all
select indicator_id, fact_period, contributor_kind, table_name, row_period from own
union all
select indicator_id, fact_period, contributor_kind, table_name, row_period from achievement
