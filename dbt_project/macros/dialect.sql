{# Whatever DuckDB and Spark do not read the same way, and nothing else: each macro in both dialects. What the models may
   say without these is held by `python -m pipelines.build.portable` (CONTRIBUTING.md). #}

{# Schemas are named as they are published (`marts`, not `main_marts`). On Spark a prefix keeps the databases of one
   installation apart from all others of the cluster: its target schema. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ return(adapter.dispatch('own_schema')(custom_schema_name | trim if custom_schema_name else none)) }}
{%- endmacro %}

{% macro default__own_schema(name) -%}
    {{ return(name or target.schema) }}
{%- endmacro %}

{% macro spark__own_schema(name) -%}
    {{ return(target.schema ~ '_' ~ name if name else target.schema) }}
{%- endmacro %}

{# The two largest of a group, the largest first; `nth` takes one of them (1, 2), null where there is none. #}
{% macro two_largest(expression) -%}
    {{ return(adapter.dispatch('two_largest')(expression)) }}
{%- endmacro %}

{% macro default__two_largest(expression) -%}
    max({{ expression }}, 2)
{%- endmacro %}

{% macro spark__two_largest(expression) -%}
    slice(sort_array(collect_list({{ expression }}), false), 1, 2)
{%- endmacro %}

{% macro nth(items, position) -%}
    {{ return(adapter.dispatch('nth')(items, position)) }}
{%- endmacro %}

{% macro default__nth(items, position) -%}
    {{ items }}[{{ position }}]
{%- endmacro %}

{% macro spark__nth(items, position) -%}
    get({{ items }}, {{ position - 1 }})
{%- endmacro %}

{# Text values joined in the order of some columns; nothing to join gives NULL. Lists are sorted after the grouping:
   an ordered aggregate takes four times as long. #}
{% macro joined(expression, separator, order_columns) -%}
    {{ return(adapter.dispatch('joined')(expression, separator, order_columns)) }}
{%- endmacro %}

{% macro default__joined(expression, separator, order_columns) -%}
    array_to_string(list_transform(list_sort(list({
        {%- for column in order_columns %}'o{{ loop.index }}': {{ column }}, {% endfor -%}
        'text': {{ expression }}
    }) filter (where {{ expression }} is not null)), lambda x: x.text), '{{ separator }}')
{%- endmacro %}

{% macro spark__joined(expression, separator, order_columns) -%}
    nullif(array_join(transform(
        array_sort(collect_list(case when {{ expression }} is not null then named_struct(
            {%- for column in order_columns %}'o{{ loop.index }}', {{ column }}, {% endfor -%}
            'text', {{ expression }}
        ) end)), x -> x.text
    ), '{{ separator }}'), '')
{%- endmacro %}

{# Text values joined in their own order. #}
{% macro joined_sorted(expression, separator) -%}
    {{ return(adapter.dispatch('joined_sorted')(expression, separator)) }}
{%- endmacro %}

{% macro default__joined_sorted(expression, separator) -%}
    array_to_string(list_sort(list({{ expression }})), '{{ separator }}')
{%- endmacro %}

{% macro spark__joined_sorted(expression, separator) -%}
    array_join(array_sort(collect_list({{ expression }})), '{{ separator }}')
{%- endmacro %}

{# Days from one date to another. #}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
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

{# A double as a decimal: its product with 10^scale, rounded half away from zero, as DuckDB casts it. Spark casts the
   shortest text of the double, which is another decimal in the last places; there the product is cut into two whole
   numbers, of 2^53 and of 1, that are exact as bigint. #}
{% macro decimal_of(double, data_type) -%}
    {{ return(adapter.dispatch('decimal_of')(double, data_type)) }}
{%- endmacro %}

{% macro default__decimal_of(double, data_type) -%}
    cast({{ double }} as {{ data_type }})
{%- endmacro %}

{% macro spark__decimal_of(double, data_type) -%}
    {%- set scale = data_type.rstrip(')').split(',')[1] | int -%}
    {%- set product = 'round((' ~ double ~ ') * 1e' ~ scale ~ 'D)' -%}
    {%- set limb = '9007199254740992' -%}
    cast(
        floor({{ product }} / {{ limb }}D) * {{ limb[:-scale] }}.{{ limb[-scale:] }}
        + cast({{ product }} - floor({{ product }} / {{ limb }}D) * {{ limb }}D as bigint) * 0.{{ '0' * (scale - 1) }}1
        as {{ data_type }}
    )
{%- endmacro %}

{# On Spark neither columns nor comments are looked up by more queries: the columns of a contract are selected by name, and
   their types and comments are given where the tables are fetched (pipelines/spark/tables.py). #}
{% macro spark__get_assert_columns_equivalent(sql) -%}
{%- endmacro %}

{% macro spark__persist_docs(relation, model, for_relation, for_columns) -%}
{%- endmacro %}
