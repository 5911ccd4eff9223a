{#- The ladder of champions (企业梯度培育), one row a holder of any title: what it holds, gains and is about to lose at the
    data date, its highest rung, and the title one rung up. -#}
with

title as (
    select
        holder,
        credit_code,
        title,
        rung,
        is_held,
        is_entering,
        is_expiring,
        standing,
        -- titles off the ladder come last
        coalesce(rung, 99) as place,
        max(enterprise_name) as enterprise_name,
        min(case when is_in_force then valid_until end) as ends_on
    from {{ ref('enterprise_title') }}
    group by holder, credit_code, title, rung, is_held, is_entering, is_expiring, standing
),

holder as (
    select
        holder,
        max(credit_code) as credit_code,
        max(enterprise_name) as enterprise_name,
        cast(sum(case when is_held then 1 else 0 end) as integer) as n_held,
        max(case when is_held then rung end) as rung,
        {%- for name, flag in {'held': 'is_held', 'entering': 'is_entering', 'expiring': 'is_expiring'}.items() %}
        {{ joined('case when ' ~ flag ~ ' then title end', ';', ['place', 'title']) }} as titles_{{ name }},
        {%- endfor %}
        {{ joined("case when standing = 'expired' then title end", ';', ['place', 'title']) }} as titles_expired,
        min(case when is_expiring then ends_on end) as first_expiry_on
    from title
    group by holder
)

select
    cast(h.holder as string) as holder,
    cast(h.credit_code as string) as credit_code,
    cast(h.enterprise_name as string) as enterprise_name,
    cast(e.town_code as string) as town_code,
    cast(e.platform_code as string) as platform_code,
    cast(e.division as string) as division,
    e.enterprise_code is not null as is_above_scale_ever,
    h.n_held,
    cast(h.titles_held as string) as titles_held,
    cast(h.titles_entering as string) as titles_entering,
    cast(h.titles_expiring as string) as titles_expiring,
    h.first_expiry_on,
    cast(h.titles_expired as string) as titles_expired,
    cast(h.rung as integer) as rung,
    cast(l.title as string) as rung_title,
    cast(n.title as string) as next_title
from holder as h
left join {{ ref('int_enterprise_area') }} as e on h.credit_code = e.enterprise_code
left join {{ ref('title_ladder') }} as l on h.rung = l.rung
left join {{ ref('title_ladder') }} as n on coalesce(h.rung, 0) + 1 = n.rung
