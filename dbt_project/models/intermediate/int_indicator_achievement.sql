{#- Targets that only the ledgers of achievements serve, one row of the seed rule_achievement each: distinct holders,
    rows, a sum or the latest reported quantity, from the first of the year, of the plan, or ever, to the end of the
    month; or the share of the year's register that is named. A delivered quarter without rows is a true 0; a month
    whose quarter was not delivered is unknown. -#}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

{{ achievement_contribution_ctes() }},

area_sums as (
    select
        m.indicator_id,
        m.period,
        'county' as breakdown,
        c.code as breakdown_code,
        count(distinct h.holder) as n_holders,
        count(h.indicator_id) as n_rows,
        coalesce(sum(h.quantity), 0) as quantity,
        max(case when h.is_latest then h.quantity end) as latest
    from rule_month as m
    cross join county as c
    left join happened as h on m.indicator_id = h.indicator_id and m.period = h.period
    group by m.indicator_id, m.period, c.code
    {%- for breakdown, code in breakdowns().items() %}
    union all
    select
        indicator_id,
        period,
        '{{ breakdown }}' as breakdown,
        {{ code }} as breakdown_code,
        count(distinct holder) as n_holders,
        count(*) as n_rows,
        sum(quantity) as quantity,
        cast(null as decimal(18, 6)) as latest
    from happened
    where {{ code }} is not null and result in ('holders', 'rows', 'sum')
    group by indicator_id, period, {{ code }}
    {%- endfor %}
),

named as (
    select distinct indicator_id, period, enterprise_code from happened
),

register_share as (
    select
        m.indicator_id,
        m.period,
        count(e.enterprise_code) as denominator,
        count(h.enterprise_code) as numerator
    from rule_month as m
    left join {{ ref('int_enterprise_year') }} as e
        on m.year = e.year and (m.result = 'register_share' or e.is_backbone)
    left join named as h
        on m.indicator_id = h.indicator_id and m.period = h.period and e.enterprise_code = h.enterprise_code
    where m.result in ('register_share', 'backbone_share')
    group by m.indicator_id, m.period
),

figures as (
    select
        a.*,
        m.result,
        cast(s.numerator as double) as numerator,
        cast(s.denominator as double) as denominator,
        case
            when not m.is_known then null
            when m.result = 'holders' then a.n_holders
            when m.result = 'rows' then a.n_rows
            when m.result = 'sum' then cast(a.quantity as double)
            when m.result = 'latest' then cast(a.latest as double)
            else cast(s.numerator as double) / nullif(cast(s.denominator as double), 0) * 100
        end as value
    from area_sums as a
    inner join rule_month as m on a.indicator_id = m.indicator_id and a.period = m.period
    left join register_share as s on a.indicator_id = s.indicator_id and a.period = s.period
)

select
    indicator_id,
    period,
    breakdown,
    breakdown_code,
    value,
    case when value is not null then numerator end as numerator,
    case when value is not null then denominator end as denominator,
    {{ no_coverage() }}
from figures
