{# What adds up to an indicator, kind by kind: chains of CTEs that the figures (int_indicator_<kind>) sum and the
   contributions (int_contribution_<kind>) list, so that no rule stands twice. #}

{% macro project_contribution_ctes() -%}
rule as (
    select * from {{ ref('rule_project') }}
),

-- growth and what counts from the plan's first year have no month before it
rule_month as (
    select
        r.*,
        t.period,
        t.last_day,
        make_date(
            case r.time_window when 'year' then t.year else {{ plan_parameter('window_start_year', 'integer') }} end,
            1,
            1
        ) as window_first_day,
        coalesce(t.period <= k.known_until, false) as is_known
    from rule as r
    cross join {{ ref('int_period') }} as t
    left join {{ ref('int_list_known') }} as k on k.source = 'investment'
    where
        t.is_reported
        and t.month >= r.first_month
        and (
            (r.time_window = 'year' and r.result <> 'growth')
            or t.year >= {{ plan_parameter('window_start_year', 'integer') }}
        )
),

-- projects that fit what does not depend on the month
fitting as (
    select
        r.indicator_id,
        r.event,
        p.*,
        case r.event
            when 'introduced' then p.introduced_on
            when 'landed' then p.landed_on
            when 'started' then p.started_on
            when 'completed' then p.completed_on
        end as event_on
    from rule as r
    inner join {{ ref('project') }} as p
        on
            (p.is_manufacturing or not r.is_manufacturing_only)
            and (not r.is_fortune500_only or p.is_fortune500)
            and (r.project_kind is null or r.project_kind = p.kind)
    left join {{ ref('industry_division') }} as d on p.division = d.division
    where
        (not r.is_industry_only or d.is_industry)
        and (
            r.threshold_column is null
            or {{ meets(
                pick('r.threshold_column', project_amounts(), 'decimal(18, 6)'), 'r.threshold_comparator', 'r.threshold'
            ) }}
        )
),

picked as (
    select
        r.indicator_id,
        r.period,
        r.result,
        p.project_id,
        coalesce(p.owner_code, p.project_id) as owner,
        p.town_code,
        p.platform_code,
        p.division,
        {{ pick('r.numerator', project_measures(), 'decimal(18, 6)') }} as numerator,
        case r.result
            when 'growth' then {{ pick('r.numerator', project_prior_measures(), 'decimal(18, 6)') }}
            else {{ pick('r.denominator', project_measures(), 'decimal(18, 6)') }}
        end as denominator
    from rule_month as r
    inner join fitting as p on r.indicator_id = p.indicator_id
    left join {{ ref('int_project_month') }} as m on p.project_id = m.project_id and r.period = m.period
    where r.is_known and (r.event is null or p.event_on between r.window_first_day and r.last_day)
),

-- a ratio takes the projects whose planned sum is known; one without a recorded flow has invested nothing
contribution as (
    select
        indicator_id,
        period,
        project_id,
        owner,
        town_code,
        platform_code,
        division,
        case when result = 'ratio' then coalesce(numerator, 0) else numerator end as numerator,
        denominator
    from picked
    where result <> 'ratio' or denominator is not null
)
{%- endmacro %}

{% macro patent_contribution_ctes() -%}
rule as (
    select * from {{ ref('rule_patent_stock') }}
),

months as (
    select t.period, t.last_day, t.month, t.year, coalesce(t.period <= k.known_until, false) as is_known
    from {{ ref('int_period') }} as t
    left join {{ ref('int_list_known') }} as k on k.source = 'patent'
    where t.is_reported
),

{# each area with its own latest year-end known; where none is, the row stands without a value #}
area_months as (
    select
        t.period,
        t.last_day,
        t.month,
        t.is_known,
        p.year as population_year,
        p.breakdown,
        p.breakdown_code,
        p.resident_population
    from months as t
    inner join {{ ref('int_population') }} as p on t.year > p.year or (t.year = p.year and t.month = 12)
    qualify row_number() over (
        partition by t.period, p.breakdown, p.breakdown_code
        order by case when p.resident_population is null then 1 else 0 end nulls last, p.year desc
    ) = 1
)
{%- endmacro %}

{% macro title_contribution_ctes() -%}
rule as (
    select * from {{ ref('rule_title') }}
),

newest as (
    select max(year) as year from {{ ref('stg_title') }}
),

award as (
    select
        r.indicator_id,
        t.delivery_id,
        t.row_number,
        t.holder,
        t.title,
        t.awarded_on,
        t.valid_until,
        p.platform_code,
        e.town_code,
        e.division,
        min(t.awarded_on) over (partition by r.indicator_id, t.holder, t.title) as first_awarded_on
    from rule as r
    inner join {{ ref('stg_title') }} as t on instr('|' || r.titles || '|', '|' || t.title || '|') > 0
    inner join newest as n on t.year = n.year
    left join {{ ref('platform') }} as p on t.platform = p.delivered_name
    left join {{ ref('int_enterprise_area') }} as e on t.enterprise_code = e.enterprise_code
),

rule_month as (
    select r.*, t.period, t.last_day
    from rule as r
    cross join {{ ref('int_period') }} as t
    where
        t.is_reported
        and (r.result <> 'new' or t.year >= {{ plan_parameter('window_start_year', 'integer') }})
),

held as (
    select
        r.indicator_id,
        r.period,
        r.result,
        a.delivery_id,
        a.row_number,
        a.holder,
        case when r.platform_code is null or a.platform_code = r.platform_code then 1 else 0 end as is_counted,
        a.town_code,
        a.platform_code,
        a.division
    from rule_month as r
    inner join award as a on r.indicator_id = a.indicator_id
    where
        case r.result
            when 'new' then
                a.first_awarded_on between make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
                and r.last_day
            else a.awarded_on <= r.last_day and (a.valid_until is null or a.valid_until >= r.last_day)
        end
),

-- an enterprise counts once, however many awards it holds
holding as (
    select
        indicator_id,
        period,
        holder,
        max(is_counted) as is_counted,
        max(town_code) as town_code,
        max(platform_code) as platform_code,
        max(division) as division
    from held
    group by indicator_id, period, holder
)
{%- endmacro %}

{% macro remediation_contribution_ctes() -%}
{%- set measures = {
    'land_freed': 'a.land_freed_mu', 'energy_freed': 'a.energy_freed_tce', 'co2_reduced': 'a.co2_reduced_t'
} -%}
rule as (
    select * from {{ ref('rule_remediation') }}
),

months as (
    select period, last_day
    from {{ ref('int_period') }}
    where is_reported and year >= {{ plan_parameter('window_start_year', 'integer') }}
),

action as (
    select
        t.period,
        a.enterprise_code,
        a.delivery_id,
        a.row_number,
        a.method,
        a.town_code,
        a.platform_code,
        a.division,
        {%- for measure in measures.values() %}
        {{ measure }},
        {%- endfor %}
        row_number() over (
            partition by t.period, a.enterprise_code order by a.completed_on desc, a.row_number desc
        ) = 1 as is_latest
    from months as t
    inner join {{ ref('int_remediation') }} as a
        on
            a.is_completed
            and a.completed_on between make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
            and t.last_day
),

counted as (
    select
        r.indicator_id,
        a.period,
        a.enterprise_code,
        a.delivery_id,
        a.row_number,
        a.town_code,
        a.platform_code,
        a.division,
        case r.result when 'enterprises' then cast(1 as decimal(18, 6))
            else {{ pick('r.measure', measures, 'decimal(18, 6)') }} end as quantity
    from rule as r
    inner join action as a
        on r.result = 'sum' or (a.is_latest and instr('|' || r.methods || '|', '|' || a.method || '|') > 0)
)
{%- endmacro %}

{% macro achievement_contribution_ctes() -%}
rule as (
    select * from {{ ref('rule_achievement') }}
),

quarters as (
    select distinct period as quarter from {{ ref('stg_delivery') }} where source = 'achievement' and is_in_force
),

rule_month as (
    select
        r.*,
        t.period,
        t.year,
        t.last_day,
        case r.time_window
            when 'year' then make_date(t.year, 1, 1)
            when 'plan' then make_date({{ plan_parameter('window_start_year', 'integer') }}, 1, 1)
        end as first_day,
        q.quarter is not null as is_known
    from rule as r
    cross join {{ ref('int_period') }} as t
    left join quarters as q
        on cast(t.year as string) || '-Q' || cast(cast(ceil(t.month / 3.0) as integer) as string) = q.quarter
    where
        t.is_reported
        and (r.time_window <> 'plan' or t.year >= {{ plan_parameter('window_start_year', 'integer') }})
),

happened as (
    select
        m.indicator_id,
        m.period,
        m.year,
        m.result,
        a.delivery_id,
        a.row_number,
        a.happened_on,
        a.period as quarter,
        a.holder,
        a.enterprise_code,
        a.quantity,
        e.town_code,
        e.platform_code,
        e.division,
        row_number() over (
            partition by m.indicator_id, m.period order by a.happened_on desc, a.period desc, a.row_number desc
        ) = 1 as is_latest
    from rule_month as m
    inner join {{ ref('stg_achievement') }} as a
        on m.indicator_id = a.indicator_id
        and m.last_day >= a.happened_on
        and (m.first_day is null or m.first_day <= a.happened_on)
    left join {{ ref('int_enterprise_area') }} as e on a.enterprise_code = e.enterprise_code
)
{%- endmacro %}

{% macro observation_contribution_ctes() -%}
month as (
    select *, year * 12 + month as number
    from {{ ref('int_period') }}
    where is_reported
),

rule_month as (
    select r.*, t.period, t.year, t.number
    from {{ ref('rule_observation') }} as r
    inner join month as t on r.first_month <= t.month
    where
        (r.time_window <> 'plan' and r.result <> 'growth')
        or t.year >= {{ plan_parameter('window_start_year', 'integer') }}
),

window_month as (
    select r.*, t.number as window_number, count(*) over (partition by r.indicator_id, r.period) as n_months
    from rule_month as r
    inner join month as t
        on
            r.first_month <= t.month
            and r.number >= t.number
            and case r.time_window
                when 'period' then r.number = t.number
                when 'year' then r.year = t.year
                when 'plan' then t.year >= {{ plan_parameter('window_start_year', 'integer') }}
            end
),

observation as (
    select *, cast(substr(period, 1, 4) as integer) * 12 + cast(substr(period, 6, 2) as integer) as number
    from {{ ref('int_observation') }}
)
{%- endmacro %}

{% macro land_contribution() -%}
    select
        r.indicator_id,
        t.year,
        t.contract_no,
        t.delivery_id,
        t.row_number,
        case
            when
                (r.numerator_land_use is null or t.land_use = r.numerator_land_use)
                and (r.is_numerator_standard_land is null or t.is_standard_land = r.is_numerator_standard_land)
                then t.area_hectare
            else 0
        end as numerator,
        t.area_hectare as denominator
    from {{ ref('rule_land_transfer') }} as r
    inner join {{ ref('stg_land_transfer') }} as t
        on
            (r.supply_method is null or r.supply_method = t.supply_method)
            and (r.is_freed_stock is null or r.is_freed_stock = t.is_freed_stock)
            and (r.of_land_use is null or r.of_land_use = t.land_use)
    where t.area_hectare is not null
{%- endmacro %}

{% macro finance_contribution() -%}
    {%- set measures = {
        'tlhn_fund': 'f.tlhn_fund_wan', 'land_revenue': 'f.land_revenue_wan', 'land_cost': 'f.land_cost_wan'
    } -%}
    select
        r.indicator_id,
        f.year,
        f.delivery_id,
        f.row_number,
        {{ pick('r.numerator', measures, 'decimal(18, 6)') }} as numerator,
        {{ pick('r.denominator', measures, 'decimal(18, 6)') }} as denominator
    from {{ ref('rule_finance') }} as r
    cross join {{ ref('stg_finance') }} as f
{%- endmacro %}

{# A contribution in the columns that all kinds share; what a kind does not say is null. `own_row`: the contribution is
   itself a row of a delivery (`delivery_id`, `row_number`); any other finds its rows in int_source_row. #}
{% macro contribution_columns(columns) -%}
    {%- set types = {
        'indicator_id': 'string', 'period': 'string', 'side': 'string', 'fact_period': 'string',
        'serves': 'string', 'contributor_kind': 'string', 'contributor': 'string', 'town_code': 'string',
        'platform_code': 'string', 'division': 'string', 'numerator': 'decimal(38, 14)',
        'denominator': 'decimal(38, 14)', 'rolling12': 'decimal(38, 14)', 'is_counted': 'boolean',
        'delivery_id': 'string', 'row_number': 'integer'
    } -%}
    {%- for name, kind in types.items() %}
    cast({{ columns.get(name, "'figure'" if name == 'side' else "'all'" if name == 'serves' else 'null') }} as {{ kind }}) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# What a rule on observations adds up: side → the column that names its measure, and how many years back it looks. #}
{% macro observation_sides() -%}
    {{ return({
        'numerator': ('numerator', '0'),
        'denominator': ('denominator', '0'),
        'earlier': ('numerator', 'coalesce(w.years_back, 1)')
    }) }}
{%- endmacro %}
