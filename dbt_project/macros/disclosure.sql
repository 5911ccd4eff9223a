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

{# Sides of a ratio, columns of its contributions. #}
{% macro ratio_sides() -%}
    {{ return([
        'numerator', 'denominator', 'rolling12_numerator', 'rolling12_denominator', 'numerator_flow_1',
        'denominator_flow_1'
    ]) }}
{%- endmacro %}

{# What came in over the months of each step, as columns. #}
{% macro flow_columns() -%}
    {%- set columns = [] -%}
    {%- for step in flow_steps() %}{% do columns.append('flow_' ~ step) %}{% endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{# Per cell of a breakdown what disclosure control asks about each side: contributors other than 0, sum, sum without
   signs, and the two largest without signs. `amounts`: columns of the relation `contribution`; `of`: what cells are of;
   `~` stands for no published area. One pass over the contributors for all breakdowns. #}
{% macro cell_facts(contribution, amounts, of=['indicator_id', 'period']) -%}
    {%- set codes = {'county': 'county_code'} -%}
    {%- do codes.update(breakdowns()) -%}
    select
        {{ of | join(', ') }},
        case
            {%- for breakdown, code in codes.items() %}
            when grouping({{ code }}) = 0 then '{{ breakdown }}'
            {%- endfor %}
        end as breakdown,
        -- of the codes one alone is grouped by, the others are null
        coalesce({{ codes.values() | join(', ') }}) as breakdown_code
        {%- for amount in amounts %},
        count_if({{ amount }} <> 0) as {{ amount }}_n,
        cast(sum({{ amount }}) as double) as {{ amount }}_amount,
        cast(sum(abs({{ amount }})) as double) as {{ amount }}_total,
        {%- set largest = two_largest('nullif(abs(' ~ amount ~ '), 0)') %}
        cast({{ nth(largest, 1) }} as double) as {{ amount }}_largest,
        cast({{ nth(largest, 2) }} as double) as {{ amount }}_second_largest
        {%- endfor %}
    from (
        select
            f.{{ of | join(', f.') }},
            a.code as county_code,
            {%- for code in breakdowns().values() %}
            coalesce(f.{{ code }}, '~') as {{ code }},
            {%- endfor %}
            f.{{ amounts | join(', f.') }}
        from {{ contribution }} as f
        cross join {{ ref('area') }} as a
        where a.area_type = 'county'
    ) as c
    group by grouping sets (
        {%- for code in codes.values() %}
        ({{ of | join(', ') }}, {{ code }}){{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# The same, a row a side. `sides`: columns of the relation `facts` to the sides that they are, in SQL. #}
{% macro facts_by_side(facts, sides) -%}
    {%- for amount, side in sides.items() %}
    select
        indicator_id,
        period,
        breakdown,
        breakdown_code,
        {{ side }} as side,
        {{ amount }}_n as n_contributors,
        {{ amount }}_amount as amount,
        {{ amount }}_total as total,
        {{ amount }}_largest as largest,
        {{ amount }}_second_largest as second_largest
    from {{ facts }}
    where {{ amount }}_amount is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
