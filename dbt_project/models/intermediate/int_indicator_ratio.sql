{#- Ratios of sums over above-scale enterprises, one row of the seed rule_enterprise_ratio each: sum of the numerator
    over sum of the denominator, over the enterprises in scope for which both are known. -#}
{%- set sums = [
    'n_in_scope', 'n_enterprises', 'numerator', 'denominator', 'rolling12_numerator', 'rolling12_denominator',
    'weight_in_scope', 'weight', 'tce', 'tce_estimated'
] -%}
with

rule as (
    select * from {{ ref('rule_enterprise_ratio') }}
),

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

picked as (
    {{ ratio_contribution() }}
),

-- one row a rule, month and combination of town, platform and division: every figure below is a sum of these
cell as (
    select
        indicator_id,
        period,
        town_code,
        platform_code,
        division,
        count(*) as n_in_scope,
        count_if(is_known) as n_enterprises,
        sum(numerator) filter (where is_known) as numerator,
        sum(denominator) filter (where is_known) as denominator,
        sum(rolling12) filter (where is_known) as rolling12_numerator,
        sum(denominator) filter (where is_known and rolling12 is not null) as rolling12_denominator,
        sum(weight) as weight_in_scope,
        sum(weight) filter (where is_known) as weight,
        sum(tce) filter (where is_known) as tce,
        sum(tce_estimated) filter (where is_known) as tce_estimated
    from (select *, numerator is not null and denominator is not null as is_known from picked) as p
    group by indicator_id, period, town_code, platform_code, division
),

grid as (
    select r.indicator_id, t.period, c.code
    from rule as r
    cross join {{ ref('int_period') }} as t
    cross join county as c
    where t.month >= r.first_month and (t.is_reported or r.first_month = 12)
),

area_sums as (
    select
        g.indicator_id,
        g.period,
        'county' as breakdown,
        g.code as breakdown_code,
        {%- for column in sums %}
        sum(c.{{ column }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from grid as g
    left join cell as c on g.indicator_id = c.indicator_id and g.period = c.period
    group by g.indicator_id, g.period, g.code
    {%- for breakdown, code in breakdowns().items() %}
    union all
    select
        c.indicator_id,
        c.period,
        '{{ breakdown }}' as breakdown,
        c.{{ code }} as breakdown_code,
        {%- for column in sums %}
        sum(c.{{ column }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from cell as c
    inner join rule as r on c.indicator_id = r.indicator_id and not r.is_county_only
    where c.{{ code }} is not null
    group by c.indicator_id, c.period, c.{{ code }}
    {%- endfor %}
),

-- comparable prices: current price / index x 100; the index of the base year is 100
figures as (
    select
        a.*,
        r.is_published,
        r.factor,
        r.has_estimated_share,
        case when r.is_denominator_comparable_price then
            100 / coalesce(
                cast(x.deflator as double),
                case when t.year = {{ plan_parameter('comparable_price_base_year', 'integer') }} then 100 end
            )
        else 1 end as price_factor
    from area_sums as a
    inner join rule as r on a.indicator_id = r.indicator_id
    inner join {{ ref('int_period') }} as t on a.period = t.period
    left join {{ ref('stg_price_index') }} as x on t.year = x.year
)

select
    indicator_id,
    is_published,
    period,
    breakdown,
    breakdown_code,
    cast(numerator as double) / nullif(cast(denominator as double) * price_factor, 0) * factor as value,
    cast(numerator as double) as numerator,
    cast(denominator as double) * price_factor as denominator,
    cast(coalesce(n_enterprises, 0) as double) / nullif(n_in_scope, 0) as coverage,
    cast(coalesce(weight, 0) as double) / nullif(cast(weight_in_scope as double), 0) as coverage_weighted,
    case when has_estimated_share then cast(tce_estimated as double) / nullif(cast(tce as double), 0) end
        as estimated_share,
    cast(rolling12_numerator as double) / nullif(cast(rolling12_denominator as double), 0) * factor as rolling12_value,
    cast(rolling12_numerator as double) as rolling12_numerator,
    cast(rolling12_denominator as double) as rolling12_denominator,
    cast(coalesce(n_enterprises, 0) as integer) as n_enterprises,
    cast(coalesce(n_in_scope, 0) as integer) as n_in_scope,
    cast(weight as double) as weight,
    cast(weight_in_scope as double) as weight_in_scope,
    cast(tce as double) as tce,
    cast(tce_estimated as double) as tce_estimated
from figures
where breakdown = 'county' or n_enterprises > 0
