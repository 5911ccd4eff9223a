{# What a scheme of the evaluation may name (y: enterprise_year). A new measure is one line here. No bureau delivers
   emissions of pollutants yet: unknown for everyone, and the scheme says what then holds. #}
{% macro evaluation_measures() -%}
    {{ return({
        'tax': 'y.tax_wan',
        'output_value': 'y.output_value_wan',
        'value_added': 'y.value_added_wan',
        'revenue': 'y.revenue_wan',
        'profit': 'y.profit_wan',
        'staff_avg': 'y.staff_avg',
        'electricity': 'y.electricity_kwh',
        'tce_calorific': 'y.energy_calorific_tce',
        'tce_equivalent': 'y.energy_equivalent_tce',
        'co2': 'y.co2_t',
        'emissions': 'y.emissions_t',
        'land_in_use': 'y.land_in_use_mu',
        'rd_expenditure': 'y.rd_expenditure_wan'
    }) }}
{%- endmacro %}

{# The quotient of two measures that a rule of a scheme names; unknown with either side, or where the lower one is 0. #}
{% macro measured_ratio(numerator, denominator) -%}
    {{ pick(numerator, evaluation_measures(), 'double') }}
    / nullif(case
        when {{ denominator }} is null then 1
        else {{ pick(denominator, evaluation_measures(), 'double') }}
    end, 0)
{%- endmacro %}

{# Items of the example scheme, each with a column of its own in enterprise_evaluation. #}
{% macro evaluation_items() -%}
    {{ return([
        'tax_per_mu', 'value_added_per_mu', 'value_added_per_tce', 'emissions', 'labour_productivity', 'rd_ratio'
    ]) }}
{%- endmacro %}

{# The last day that facts are reported for: what is still open is counted up to it, never to the clock. #}
{% macro data_date() -%}
    (select max(h.last_day) from {{ ref('int_period') }} as h where h.is_reported)
{%- endmacro %}

{# A measure of each industry division by its value added, sum by sum over the enterprises with both known; none where the
   value added of a division is 0 or less. #}
{% macro division_per_value_added(measure, name) -%}
    select
        year,
        division,
        cast(sum({{ measure }}) as double)
        / case when sum(value_added_wan) > 0 then cast(sum(value_added_wan) as double) end as {{ name }}
    from {{ ref('enterprise_year') }}
    where division is not null and {{ measure }} is not null and value_added_wan is not null
    group by year, division
{%- endmacro %}
