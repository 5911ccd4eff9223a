{# One value of the plan (seed plan_parameter), as a scalar subquery. #}
{% macro plan_parameter(name, data_type) -%}
    (select cast(p.value as {{ data_type }}) from {{ ref('plan_parameter') }} as p where p.name = '{{ name }}')
{%- endmacro %}

{# Factor from a delivered unit to a canonical one (seed unit_factor), as a scalar subquery. #}
{% macro unit_factor(unit, canonical_unit) -%}
    (
        select u.factor from {{ ref('unit_factor') }} as u
        where u.unit = '{{ unit }}' and u.canonical_unit = '{{ canonical_unit }}'
    )
{%- endmacro %}

{# A delivered number in another unit, or at another scale. Through a double, for one row depends on no order of adding
   up, and the engine takes microseconds to bring a wide decimal to a smaller scale. #}
{% macro scaled(number, factor, data_type) -%}
    {{ decimal_of('cast(' ~ number ~ ' as double) * cast(' ~ factor ~ ' as double)', data_type) }}
{%- endmacro %}
