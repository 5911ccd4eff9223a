{# Measures of which a rolling 12-month sum is kept. #}
{% macro rolling12_measures() -%}
    {{ return(['tax', 'value_added']) }}
{%- endmacro %}

{# What the rules on enterprises may name: a measure and the expression that carries it (m: enterprise_month, e:
   int_enterprise_year). A new measure is one line here. #}
{% macro enterprise_measures() -%}
    {{ return({
        'tax': 'm.tax_ytd_wan',
        'output_value': 'm.output_value_ytd_wan',
        'value_added': 'm.value_added_ytd_wan',
        'hightech_value_added':
            'case when e.is_hightech then m.value_added_ytd_wan when not e.is_hightech then 0 * m.value_added_ytd_wan end',
        'revenue': 'm.revenue_ytd_wan',
        'profit': 'm.profit_ytd_wan',
        'staff_avg': 'm.staff_avg_ytd',
        'electricity': 'm.electricity_ytd_kwh',
        'tce_calorific': 'm.tce_calorific_ytd',
        'tce_equivalent': 'm.tce_equivalent_ytd',
        'co2': 'm.co2_ytd_t',
        'land_in_use': 'e.land_in_use_mu',
        'rd_expenditure': 'e.rd_expenditure_wan',
        'rd_active': 'e.rd_active',
        'rd_institution': 'e.rd_institution',
        'rd_reported': 'e.rd_reported',
        'old_park_land': 'e.old_park_land_mu',
        'old_park_site_area': 'e.old_park_site_area_m2',
        'old_park_floor_area': 'e.old_park_floor_area_m2'
    }) }}
{%- endmacro %}

{# The same measures of the month before, from `months_with_prior`; what stands in the register is of the whole year. #}
{% macro prior_month_measures() -%}
    {%- set measures = {} -%}
    {%- for measure, expression in enterprise_measures().items() -%}
        {%- do measures.update({measure: modules.re.sub('\\bm\\.', 'm.prior_', expression)}) -%}
    {%- endfor -%}
    {{ return(measures) }}
{%- endmacro %}

{# enterprise_month with every column that a measure names once more, of the month before in the same year: an enterprise of
   the register has every month of its year. One narrow window, instead of one over every rule's rows. #}
{% macro months_with_prior() -%}
    {%- set columns = modules.re.findall('\\bm\\.(\\w+)', enterprise_measures().values() | join(' ')) | unique -%}
    select
        m.*,
        {%- for column in columns %}
        lag(m.{{ column }}) over one_year as prior_{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('enterprise_month') }} as m
    window one_year as (partition by m.credit_code, substr(m.period, 1, 4) order by m.period nulls last)
{%- endmacro %}

{# Which rows carry such a measure of a month: the table, and the file of the month, of the year, or of every month of the
   year to date. #}
{% macro measure_rows() -%}
    {%- set energy = [('electricity', 'year_to_date'), ('fuel', 'month')] -%}
    {%- set land = [('land', 'year')] -%}
    {%- set industry = [('industry', 'month')] -%}
    {%- set rd = [('rd', 'year')] -%}
    {{ return({
        'tax': [('tax', 'month')],
        'output_value': industry,
        'value_added': industry,
        'hightech_value_added': industry,
        'revenue': industry,
        'profit': industry,
        'staff_avg': industry,
        'electricity': [('electricity', 'year_to_date')],
        'tce_calorific': energy,
        'tce_equivalent': energy,
        'co2': energy,
        'land_in_use': land,
        'old_park_land': land,
        'old_park_site_area': land,
        'old_park_floor_area': land,
        'rd_expenditure': rd,
        'rd_active': rd,
        'rd_institution': rd,
        'rd_reported': rd
    }) }}
{%- endmacro %}

{# What the rules on projects may name (p: project, m: int_project_month, r: the rule in its month). Planned sums
   serve as measures and as what a threshold is held against. #}
{% macro project_amounts() -%}
    {{ return({
        'planned_fixed': 'p.planned_fixed_wan',
        'planned_total': 'p.planned_total_wan',
        'planned_total_usd': 'p.planned_total_usd_wan'
    }) }}
{%- endmacro %}

{% macro project_measures() -%}
    {%- set measures = {
        'projects': '1',
        'manufacturing_projects': 'case when p.is_manufacturing then 1 else 0 end',
        'landed_projects': 'case when p.landed_on between r.window_first_day and r.last_day then 1 else 0 end',
        'invested': "case r.time_window when 'year' then m.invested_year_wan else m.invested_plan_wan end",
        'foreign_usd': "case r.time_window when 'year' then m.foreign_usd_year_wan else m.foreign_usd_plan_wan end"
    } -%}
    {%- do measures.update(project_amounts()) -%}
    {{ return(measures) }}
{%- endmacro %}

{# The same flows in the same months of the year before. #}
{% macro project_prior_measures() -%}
    {{ return({'invested': 'm.invested_prior_year_wan', 'foreign_usd': 'm.foreign_usd_prior_year_wan'}) }}
{%- endmacro %}
