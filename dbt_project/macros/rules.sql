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

{# The figure a target is judged on in each month: a yearly level by its rolling 12-month value, a target that names the
   official value by that, any other by its value. #}
{% macro judged_value() -%}
    select
        v.indicator_id,
        v.period,
        v.breakdown,
        v.breakdown_code,
        case
            when j.indicator_id is not null then o.value
            when r.has_rolling12 then v.rolling12_value
            else v.value
        end as value
    from {{ ref('indicator_value') }} as v
    left join {{ ref('rule_enterprise_ratio') }} as r on v.indicator_id = r.indicator_id
    left join {{ ref('judged_on_official') }} as j on v.indicator_id = j.indicator_id
    left join {{ ref('int_official_value') }} as o
        on v.indicator_id = o.indicator_id and v.period = o.period and v.breakdown_code = o.breakdown_code
    where v.breakdown <> 'industry'
{%- endmacro %}

{# What every enterprise in scope contributes to the ratios of rule_enterprise_ratio, month by month. A side is null where
   it is not known; the ratio takes those with both. `only`: a CTE of (indicator_id, period) where not all is asked.
   `months`: a CTE of `months_with_prior`, for both sides of the month before too, where that is of the same year. #}
{% macro ratio_contribution(only=none, months=none) -%}
    {%- set measures = enterprise_measures() -%}
    select
        r.indicator_id,
        t.period,
        e.enterprise_code,
        e.town_code,
        e.platform_code,
        e.division,
        m.last_known_monthly_value_added_wan as weight,
        m.tce_equivalent_ytd as tce,
        m.tce_estimated_ytd as tce_estimated,
        {{ pick('r.numerator', measures, 'decimal(38, 14)') }} as numerator,
        {{ pick('r.denominator', measures, 'decimal(38, 14)') }} as denominator,
        case when r.has_rolling12 then
            case r.numerator
                {%- for measure in rolling12_measures() %}
                when '{{ measure }}' then cast(m.{{ measure }}_rolling12_wan as decimal(38, 14))
                {%- endfor %}
            end
        end as rolling12
        {%- if months %}{% for side in ['numerator', 'denominator'] %},
        case when t.month > r.first_month then
            {{ pick('r.' ~ side, prior_month_measures(), 'decimal(38, 14)') }}
        end as {{ side }}_month_before
        {%- endfor %}{% endif %}
    from {{ months or ref('enterprise_month') }} as m
    inner join {{ ref('int_period') }} as t on m.period = t.period
    inner join {{ ref('int_enterprise_year') }} as e on m.credit_code = e.enterprise_code and t.year = e.year
    cross join {{ ref('rule_enterprise_ratio') }} as r
    {%- if only %}
    inner join {{ only }} as o on r.indicator_id = o.indicator_id and m.period = o.period
    {%- endif %}
    where
        t.month >= r.first_month
        and (t.is_reported or r.first_month = 12)
        and (r.platform_code is null or e.platform_code = r.platform_code)
        and case r.scope
            when 'above_scale' then true
            when 'manufacturing' then e.is_manufacturing
            when 'old_park' then e.old_park_land_mu is not null
        end
{%- endmacro %}

{# Every column of a rule as one text, read the same way on every engine: two rules of the same text are the same rule. #}
{% macro row_text(relation, except, relation_alias=none) -%}
    {%- set cells = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) if column.name not in except -%}
            {%- set name = (relation_alias ~ '.' if relation_alias else '') ~ column.name -%}
            {%- set cell = 'cast(' ~ name ~ ' as decimal(28, 8))' if column.dtype | lower in ('double', 'float') else name -%}
            {%- do cells.append("coalesce(cast(" ~ cell ~ " as string), '')") -%}
        {%- endfor -%}
    {%- endif -%}
    concat_ws('|'{% for cell in cells %}, {{ cell }}{% endfor %}, '')
{%- endmacro %}
