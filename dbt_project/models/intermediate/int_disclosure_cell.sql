{#- What disclosure control asks about each cell whose amounts are not public: how many contributors stand behind it and
    the two largest of them. Cells of code `~` hold what belongs to no published area; a reader gets them by
    subtraction. Sides: numerator, denominator, those of the rolling 12 months, and `_flow_N`, what came in the N
    months that end there. -#}
{%- set ratio_sides = [
    'numerator', 'denominator', 'rolling12_numerator', 'rolling12_denominator', 'numerator_flow_1',
    'denominator_flow_1'
] -%}
{%- set sum_sides, flow_sides = ['numerator', 'denominator'], [] -%}
{%- for step in flow_steps() %}{% for side in sum_sides %}
    {%- do flow_sides.append(side ~ '_flow_' ~ step) %}
{%- endfor %}{% endfor -%}
with

county as (
    select code as county_code from {{ ref('area') }} where area_type = 'county'
),

months as (
    {{ months_with_prior() }}
),

picked as (
    {{ ratio_contribution(months='months') }}
),

known as (
    select
        p.*,
        p.numerator is not null and p.denominator is not null as is_known,
        p.numerator_month_before is not null and p.denominator_month_before is not null as was_known
    from picked as p
),

ratio_contribution as (
    select
        c.county_code,
        k.indicator_id,
        k.period,
        k.town_code,
        k.platform_code,
        k.division,
        case when k.is_known then k.numerator end as numerator,
        case when k.is_known then k.denominator end as denominator,
        case when k.is_known then k.rolling12 end as rolling12_numerator,
        case when k.is_known and k.rolling12 is not null then k.denominator end as rolling12_denominator,
        {%- for side in ['numerator', 'denominator'] %}
        case when r.{{ side }} not in ('{{ stock_measures() | join("', '") }}') then
            coalesce(case when k.is_known then k.{{ side }} end, 0)
            - coalesce(case when k.was_known then k.{{ side }}_month_before end, 0)
        end as {{ side }}_flow_1{{ "," if not loop.last }}
        {%- endfor %}
    from known as k
    inner join {{ ref('rule_enterprise_ratio') }} as r on k.indicator_id = r.indicator_id
    cross join county as c
),

sum_contribution as (
    select f.*, c.county_code
    from {{ ref('int_disclosure_flow') }} as f
    cross join county as c
),

-- most contributors stand still most of the time
moved as (
    select f.*, c.county_code
    from {{ ref('int_disclosure_flow') }} as f
    cross join county as c
    where {% for side in flow_sides %}f.{{ side }} <> 0{{ " or " if not loop.last }}{% endfor %}
),

ratio_facts as (
    {{ cell_facts('ratio_contribution', ratio_sides) }}
),

sum_facts as (
    {{ cell_facts('sum_contribution', sum_sides) }}
),

flow_facts as (
    {{ cell_facts('moved', flow_sides) }}
),

sum_cells as (
    {{ facts_by_side('sum_facts', sum_sides) }}
),

flow_cells as (
    {{ facts_by_side('flow_facts', flow_sides) }}
),

step as (
    {%- for step in flow_steps() %}
    select {{ step }} as step, '_flow_{{ step }}' as suffix
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

-- where nobody moved, what came is 0: in every step that ends or begins with a sum
stood as (
    select
        f.indicator_id,
        f.period,
        f.breakdown,
        f.breakdown_code,
        f.side,
        i.time_window,
        t.year * 12 + t.month as month_number
    from sum_cells as f
    inner join {{ ref('int_period') }} as t on f.period = t.period
    inner join {{ ref('int_disclosure_indicator') }} as i on f.indicator_id = i.indicator_id
),

stands as (
    select
        s.indicator_id,
        s.period,
        s.breakdown,
        s.breakdown_code,
        s.side || n.suffix as side
    from stood as s
    cross join step as n
    union
    select
        s.indicator_id,
        t.period,
        s.breakdown,
        s.breakdown_code,
        s.side || n.suffix as side
    from stood as s
    cross join step as n
    inner join {{ ref('int_period') }} as t on t.is_reported and s.month_number + n.step = t.year * 12 + t.month
    where s.time_window <> 'year' or (s.month_number - 1) % 12 + n.step < 12
),

facts as (
    {{ facts_by_side('ratio_facts', ratio_sides) }}
    union all
    select * from sum_cells
    union all
    select * from flow_cells
    union all
    select
        s.indicator_id,
        s.period,
        s.breakdown,
        s.breakdown_code,
        s.side,
        0 as n_contributors,
        cast(0 as double) as amount,
        cast(0 as double) as total,
        cast(null as double) as largest,
        cast(null as double) as second_largest
    from stands as s
    left join flow_cells as f
        on
            s.indicator_id = f.indicator_id
            and s.period = f.period
            and s.breakdown = f.breakdown
            and s.breakdown_code = f.breakdown_code
            and s.side = f.side
    where f.indicator_id is null
)

select
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    side,
    cast(n_contributors as integer) as n_contributors,
    amount,
    total,
    coalesce(largest, 0) as largest,
    coalesce(second_largest, 0) as second_largest
from facts
where
    breakdown = 'county'
    or indicator_id not in (select indicator_id from {{ ref('rule_enterprise_ratio') }} where is_county_only)
