{# Fuels of the monthly report, and the unit each is delivered in (the suffix of its columns). #}
{% macro fuel_units() -%}
    {{ return({
        'raw_coal': 't', 'natural_gas': '10km3', 'diesel': 't', 'gasoline': 't', 'steam_lp': 't', 'heat_equiv': 'gj'
    }) }}
{%- endmacro %}

{% macro fuels() -%}
    {{ return(fuel_units().keys() | list) }}
{%- endmacro %}

{% macro fuel_columns() -%}
    {%- set columns = [] -%}
    {%- for fuel, unit in fuel_units().items() -%}
        {%- do columns.append(fuel ~ '_ytd_' ~ unit) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{# A quantity times its factor; an energy that is not used adds nothing, an unknown factor makes the sum unknown. #}
{% macro converted(quantity, factor) -%}
    case when {{ quantity }} is null then 0 else cast({{ quantity }} as double) * cast({{ factor }} as double) end
{%- endmacro %}
