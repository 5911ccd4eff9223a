{#- What disclosure control asks about each cell whose amounts are not public: how many contributors stand behind it and
    the two largest of them. Cells of code `~` hold what belongs to no published area; a reader gets them by
    subtraction. Sides: numerator, denominator, those of the rolling 12 months, and `_flow_N`, what came in the N
    months that end there. -#}
{%- set ratio_sides = [
    'numerator', 'denominator', 'rolling12_numerator', 'rolling12_denominator', 'numerator_flow_1',
    'denominator_flow_1'
] -%}
{%- set sum_sides = ['numerator', 'denominator'] -%}
{%- for step in flow_steps() %}
    {%- do sum_sides.append('numerator_flow_' ~ step) %}{% do sum_sides.append('denominator_flow_' ~ step) %}
{%- endfor -%}
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

ratio_facts as (
    {{ contributor_facts('ratio_contribution', ratio_sides) }}
),

sum_facts as (
    {{ contributor_facts('sum_contribution', sum_sides) }}
),

facts as (
    {{ facts_by_side('ratio_facts', ratio_sides) }}
    union all
    {{ facts_by_side('sum_facts', sum_sides) }}
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
