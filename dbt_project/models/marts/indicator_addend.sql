{#- What each figure of the county brings into a larger whole, a province say: the sides that are added there before
    anything is divided or compared, and the rule they come from, so that nothing is added that is not the same. -#}
{%- set sides = [
    'numerator', 'denominator', 'rolling12_numerator', 'rolling12_denominator', 'earlier_numerator',
    'earlier_denominator', 'n_enterprises', 'n_in_scope', 'weight', 'weight_in_scope', 'tce', 'tce_estimated'
] -%}
{%- set nothing = "cast(null as double)" -%}
{%- set window_start = "'|' || " ~ plan_parameter('window_start_year', 'string') -%}
with

ratio_rule as (
    select
        indicator_id,
        factor,
        has_estimated_share,
        {{ row_text(ref('rule_enterprise_ratio'), except=['indicator_id', 'is_published']) }}
        || case when is_denominator_comparable_price
            then '|' || {{ plan_parameter('comparable_price_base_year', 'string') }} else ''
        end as rule
    from {{ ref('rule_enterprise_ratio') }}
),

change_rule as (
    select
        c.indicator_id,
        c.factor,
        c.has_coverage,
        {{ row_text(ref('rule_indicator_change'), except=['indicator_id', 'base_indicator_id'], relation_alias='c') }}
        || case c.compared_with when 'baseline_year' then '|' || {{ plan_parameter('baseline_year', 'string') }}
            else '' end
        || '|of|' || r.rule as rule
    from {{ ref('rule_indicator_change') }} as c
    inner join ratio_rule as r on c.base_indicator_id = r.indicator_id
),

addend as (
    select
        v.indicator_id,
        v.period,
        v.value,
        'ratio' as result,
        'enterprise_ratio|' || r.rule as rule,
        r.factor,
        v.numerator,
        v.denominator,
        v.rolling12_numerator,
        v.rolling12_denominator,
        {{ nothing }} as earlier_numerator,
        {{ nothing }} as earlier_denominator,
        v.n_enterprises,
        v.n_in_scope,
        v.weight,
        v.weight_in_scope,
        case when r.has_estimated_share then v.tce end as tce,
        case when r.has_estimated_share then v.tce_estimated end as tce_estimated
    from {{ ref('int_indicator_ratio') }} as v
    inner join ratio_rule as r on v.indicator_id = r.indicator_id
    where v.is_published and v.breakdown = 'county'

    union all

    select
        v.indicator_id,
        v.period,
        v.value,
        'change' as result,
        'indicator_change|' || r.rule as rule,
        r.factor,
        v.changed_numerator as numerator,
        v.changed_denominator as denominator,
        {{ nothing }} as rolling12_numerator,
        {{ nothing }} as rolling12_denominator,
        v.compared_numerator as earlier_numerator,
        v.compared_denominator as earlier_denominator,
        case when r.has_coverage then v.n_enterprises end as n_enterprises,
        case when r.has_coverage then v.n_in_scope end as n_in_scope,
        case when r.has_coverage then v.weight end as weight,
        case when r.has_coverage then v.weight_in_scope end as weight_in_scope,
        case when r.has_coverage then v.tce end as tce,
        case when r.has_coverage then v.tce_estimated end as tce_estimated
    from {{ ref('int_indicator_change') }} as v
    inner join change_rule as r on v.indicator_id = r.indicator_id
    where v.breakdown = 'county'

    {#- kind: result, factor, numerator, denominator, earlier numerator, what else its months depend on -#}
    {%- set kinds = {
        'project': (
            "case when r.result in ('count', 'sum') then 'sum' else r.result end",
            "case when r.result in ('count', 'sum') then 1 else r.factor end",
            "case r.result when 'ratio' then v.numerator when 'growth' then v.this_year_sum else v.value end",
            "v.denominator", "v.prior_year_sum", "case r.time_window when 'plan' then " ~ window_start ~ " else '' end"
        ),
        'patent_stock': (
            "'ratio'", "1", "v.numerator", "v.denominator", nothing,
            "'|' || " ~ plan_parameter('pledge_minimum_wan', 'string')
            ~ " || '|' || " ~ plan_parameter('patent_kept_years', 'string')
        ),
        'title': (
            "case r.result when 'stock_share' then 'ratio' else 'sum' end",
            "case r.result when 'stock_share' then 100 else 1 end",
            "case r.result when 'stock_share' then v.numerator else v.value end", "v.denominator", nothing,
            "case r.result when 'new' then " ~ window_start ~ " else '' end"
        ),
        'remediation': ("'sum'", "1", "v.value", nothing, nothing, window_start),
        'achievement': (
            "case when r.result in ('register_share', 'backbone_share') then 'ratio'"
            ~ " when r.result = 'latest' then 'latest' else 'sum' end",
            "case when r.result in ('register_share', 'backbone_share') then 100 else 1 end",
            "case when r.result in ('register_share', 'backbone_share') then v.numerator else v.value end",
            "v.denominator", nothing, "case r.time_window when 'plan' then " ~ window_start ~ " else '' end"
        ),
        'land_transfer': ("'ratio'", "100", "v.numerator", "v.denominator", nothing, "''"),
        'finance': ("'ratio'", "100", "v.numerator", "v.denominator", nothing, "''"),
        'observation': (
            "case when r.result in ('count', 'sum') then 'sum' else r.result end",
            "case when r.result in ('count', 'sum') then 1 else r.factor end",
            "case r.result when 'ratio' then v.numerator when 'growth' then v.this_sum else v.value end",
            "v.denominator", "v.earlier_sum", "case r.time_window when 'plan' then " ~ window_start ~ " else '' end"
        )
    } -%}
    {%- set computed_by = {'patent_stock': 'patent', 'land_transfer': 'land_money', 'finance': 'land_money'} -%}
    {%- for kind, (result, factor, numerator, denominator, earlier, months) in kinds.items() %}

    union all

    select
        v.indicator_id,
        v.period,
        v.value,
        {{ result }} as result,
        '{{ kind }}|' || {{ row_text(ref('rule_' ~ kind), except=['indicator_id'], relation_alias='r') }}
        || {{ months }} as rule,
        {{ factor }} as factor,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator,
        {{ nothing }} as rolling12_numerator,
        {{ nothing }} as rolling12_denominator,
        {{ earlier }} as earlier_numerator,
        {{ nothing }} as earlier_denominator,
        {{ nothing }} as n_enterprises,
        {{ nothing }} as n_in_scope,
        {{ nothing }} as weight,
        {{ nothing }} as weight_in_scope,
        {{ nothing }} as tce,
        {{ nothing }} as tce_estimated
    from {{ ref('int_indicator_' ~ computed_by.get(kind, kind)) }} as v
    inner join {{ ref('rule_' ~ kind) }} as r on v.indicator_id = r.indicator_id
    where v.breakdown = 'county'
    {%- endfor %}
)

select
    cast(c.code as string) as county_code,
    cast(a.indicator_id as string) as indicator_id,
    cast(a.period as string) as period,
    cast(a.result as string) as result,
    cast(a.rule as string) as rule,
    cast(a.factor as double) as factor,
    a.value is not null as is_known,
    {%- for side in sides %}
    cast(a.{{ side }} as double) as {{ side }}{{ "," if not loop.last }}
    {%- endfor %}
from addend as a
cross join {{ ref('area') }} as c
where c.area_type = 'county'
order by a.indicator_id nulls last, a.period nulls last
