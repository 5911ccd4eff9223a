{# The column a rule names: a CASE over {name: expression}; a name that is not listed gives NULL. #}
{% macro pick(selector, expressions, data_type) -%}
    case {{ selector }}
        {%- for name, expression in expressions.items() %}
        when '{{ name }}' then cast({{ expression }} as {{ data_type }})
        {%- endfor %}
    end
{%- endmacro %}

{# Does the value meet the threshold a rule names? True where the rule has none. #}
{% macro meets(value, comparator, threshold) -%}
    case {{ comparator }}
        when '>=' then {{ value }} >= {{ threshold }}
        when '>' then {{ value }} > {{ threshold }}
        else {{ comparator }} is null
    end
{%- endmacro %}

{# Month flow of a year-to-date column; the first month of a year that reports holds its own YTD. #}
{% macro month_flow(column, first_month) -%}
    case
        when month = {{ first_month }} then {{ column }}
        when month > {{ first_month }} then {{ column }} - lag({{ column }}) over enterprise_months
    end
{%- endmacro %}

{# Dimensions in which figures are published, with the column that carries each code. #}
{% macro breakdowns() -%}
    {{ return({'town': 'town_code', 'platform': 'platform_code', 'industry': 'division'}) }}
{%- endmacro %}

{# Last value that is not null, up to the current row of the window. #}
{% macro last_known(expression, window) -%}
    {{ return(adapter.dispatch('last_known')(expression, window)) }}
{%- endmacro %}

{% macro default__last_known(expression, window) -%}
    last_value({{ expression }} ignore nulls) over {{ window }}
{%- endmacro %}

{% macro spark__last_known(expression, window) -%}
    last_value({{ expression }}, true) over {{ window }}
{%- endmacro %}

{# The columns of a figure that stands on no coverage of enterprises. #}
{% macro no_coverage() -%}
    cast(null as double) as coverage,
    cast(null as double) as coverage_weighted,
    cast(null as double) as estimated_share,
    cast(null as double) as rolling12_value,
    cast(null as integer) as n_enterprises
{%- endmacro %}

{# Doubles that differ by less than this share are the same figure: a decline of exactly 10.4 % comes out of
   the last division as 10.399999999999999. Far below what any printed digit can tell. #}
{% macro same_figure() -%}1e-12{%- endmacro %}

{# value >= bound, and value > bound, but for the last bits of a double. #}
{% macro at_least(value, bound) -%}
    {{ value }} + {{ same_figure() }} * abs({{ value }}) >= {{ bound }}
{%- endmacro %}

{% macro above(value, bound) -%}
    {{ value }} - {{ same_figure() }} * abs({{ value }}) > {{ bound }}
{%- endmacro %}

{# Does a value meet a target? `=`, `~` and `between` hold from the (lower) value on, as >= does; null stays null. #}
{% macro holds(value, comparator, target) -%}
    case
        when {{ comparator }} = '>' then {{ above(value, target) }}
        when {{ comparator }} = '<=' then {{ at_least(target, value) }}
        else {{ at_least(value, target) }}
    end
{%- endmacro %}
