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
