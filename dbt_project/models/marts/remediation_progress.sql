{#- The closed loop of remediation (整治闭环) in the newest ledger, by county, town and industry division: enterprises by
    state, and land, energy and CO2 planned (every action of the ledger) and done (completed ones). -#}
{%- set amounts = {
    'land_freed_mu': ('land', 'mu'), 'energy_freed_tce': ('energy', 'tce'), 'co2_reduced_t': ('co2', 't')
} -%}
{%- set states = {'listed': '在册', 'under_way': '整治中', 'struck_off': '已销号', 'left': '退出清单'} -%}
with

county as (
    select code from {{ ref('area') }} where area_type = 'county'
),

action as (
    select a.*, s.row_number is not null as is_latest
    from {{ ref('int_remediation') }} as a
    left join {{ ref('int_remediation_state') }} as s
        on a.enterprise_code = s.enterprise_code and a.row_number = s.row_number
),

placed as (
    select 'county' as breakdown, c.code as breakdown_code, t.*
    from action as t
    cross join county as c
    union all
    select 'town' as breakdown, town_code as breakdown_code, t.*
    from action as t
    where town_code is not null
    union all
    select 'industry' as breakdown, division as breakdown_code, t.*
    from action as t
    where division is not null
)

select
    cast(period as string) as period,
    cast(breakdown as string) as breakdown,
    cast(breakdown_code as string) as breakdown_code,
    cast(count(*) as integer) as n_actions,
    cast(count(distinct enterprise_code) as integer) as n_enterprises,
    {%- for name, state in states.items() %}
    cast(sum(case when is_latest and state = '{{ state }}' then 1 else 0 end) as integer) as n_{{ name }},
    {%- endfor %}
    {%- for amount, (name, unit) in amounts.items() %}
    cast(sum({{ amount }}) as decimal(18, 6)) as {{ name }}_planned_{{ unit }},
    cast(sum(case when is_completed then {{ amount }} else 0 end) as decimal(18, 6)) as {{ name }}_done_{{ unit }}
    {{- "," if not loop.last }}
    {%- endfor %}
from placed
group by period, breakdown, breakdown_code
