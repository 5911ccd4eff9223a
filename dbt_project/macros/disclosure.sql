{# Measures that do not run up over the year: what they differ by from month to month is no flow. #}
{% macro stock_measures() -%}
    {{ return([
        'land_in_use', 'staff_avg', 'old_park_land', 'old_park_site_area', 'old_park_floor_area', 'rd_expenditure',
        'rd_active', 'rd_institution', 'rd_reported'
    ]) }}
{%- endmacro %}

{# Months between two figures that a reader could subtract. #}
{% macro flow_steps() -%}
    {{ return(range(1, 13) | list) }}
{%- endmacro %}

{# Sides of a ratio, of a figure that adds up, and of what came in to it. #}
{% macro ratio_sides() -%}
    {{ return([
        'numerator', 'denominator', 'rolling12_numerator', 'rolling12_denominator', 'numerator_flow_1',
        'denominator_flow_1'
    ]) }}
{%- endmacro %}

{% macro sum_sides() -%}
    {{ return(['numerator', 'denominator']) }}
{%- endmacro %}

{% macro flow_sides() -%}
    {%- set sides = [] -%}
    {%- for step in flow_steps() %}{% for side in sum_sides() %}
        {%- do sides.append(side ~ '_flow_' ~ step) %}
    {%- endfor %}{% endfor -%}
    {{ return(sides) }}
{%- endmacro %}

{# Per cell of a breakdown what disclosure control asks about each side: contributors other than 0, sum, sum without
   signs, and the two largest without signs. `sides`: columns of the relation `contribution`; `~` stands for no
   published area. One pass over the contributors for all breakdowns. #}
{% macro cell_facts(contribution, sides) -%}
    {%- set codes = {'county': 'county_code'} -%}
    {%- do codes.update(breakdowns()) -%}
    select
        indicator_id,
        period,
        case
            {%- for breakdown, code in codes.items() %}
            when grouping({{ code }}) = 0 then '{{ breakdown }}'
            {%- endfor %}
        end as breakdown,
        -- of the codes one alone is grouped by, the others are null
        coalesce({{ codes.values() | join(', ') }}) as breakdown_code
        {%- for side in sides %},
        count_if({{ side }} <> 0) as {{ side }}_n,
        cast(sum({{ side }}) as double) as {{ side }}_amount,
        cast(sum(abs({{ side }})) as double) as {{ side }}_total,
        {%- set largest = two_largest('nullif(abs(' ~ side ~ '), 0)') %}
        cast({{ nth(largest, 1) }} as double) as {{ side }}_largest,
        cast({{ nth(largest, 2) }} as double) as {{ side }}_second_largest
        {%- endfor %}
    from (
        select
            f.indicator_id,
            f.period,
            a.code as county_code,
            {%- for code in breakdowns().values() %}
            coalesce(f.{{ code }}, '~') as {{ code }},
            {%- endfor %}
            f.{{ sides | join(', f.') }}
        from {{ contribution }} as f
        cross join {{ ref('area') }} as a
        where a.area_type = 'county'
    ) as c
    group by grouping sets (
        {%- for code in codes.values() %}
        (indicator_id, period, {{ code }}){{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# The same, a row a side. #}
{% macro facts_by_side(facts, sides) -%}
    {%- for side in sides %}
    select
        indicator_id,
        period,
        breakdown,
        breakdown_code,
        '{{ side }}' as side,
        {{ side }}_n as n_contributors,
        {{ side }}_amount as amount,
        {{ side }}_total as total,
        {{ side }}_largest as largest,
        {{ side }}_second_largest as second_largest
    from {{ facts }}
    where {{ side }}_amount is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
