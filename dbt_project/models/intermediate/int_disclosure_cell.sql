{#- What disclosure control asks about each cell whose amounts are not public: how many contributors stand behind it and
    the two largest of them. Cells of code `~` hold what belongs to no published area; a reader gets them by
    subtraction. Sides: numerator, denominator, those of the rolling 12 months, and `_flow_N`, what came in the N
    months that end there. -#}
{%- set ratios, flows = {}, {} -%}
{%- for side in ratio_sides() %}{% do ratios.update({side: "'" ~ side ~ "'"}) %}{% endfor -%}
{%- for flow in flow_columns() %}{% do flows.update({flow: "side || '_" ~ flow ~ "'"}) %}{% endfor -%}
with

sum_cells as (
    {{ facts_by_side(ref('int_disclosure_sum_cell'), {'amount': 'side'}) }}
),

flow_cells as (
    {{ facts_by_side(ref('int_disclosure_flow_cell'), flows) }}
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
    {{ facts_by_side(ref('int_disclosure_ratio_cell'), ratios) }}
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
    or indicator_id not in (select r.indicator_id from {{ ref('rule_enterprise_ratio') }} as r where r.is_county_only)
