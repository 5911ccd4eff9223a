{#- High-value invention patents, one row each however many criteria it meets, with the days from which and until which
    it counts: from the grant, or from the day after the years it must be kept where it meets no other criterion. -#}
with

inventions as (
    select
        patent_no,
        town_code,
        granted_on,
        expires_on,
        coalesce(is_strategic_emerging, false)
        or coalesce(has_overseas_family, false)
        or coalesce(pledge_amount_wan >= {{ plan_parameter('pledge_minimum_wan', 'decimal(18, 6)') }}, false)
        or award is not null as is_high_value_from_grant,
        cast(applied_on + interval '1 year' * {{ plan_parameter('patent_kept_years', 'integer') }} as date)
            as kept_years_end_on
    from {{ ref('stg_patent') }}
    where kind = '发明' and granted_on is not null
)

select distinct
    i.patent_no,
    a.code as town_code,
    case
        when i.is_high_value_from_grant then i.granted_on
        when i.kept_years_end_on >= i.granted_on then cast(i.kept_years_end_on + interval '1 day' as date)
        else i.granted_on
    end as counts_from,
    i.expires_on as counts_until
from inventions as i
left join {{ ref('area_alias') }} as alias on i.town_code = alias.alias_code
left join {{ ref('area') }} as a on coalesce(alias.area_code, i.town_code) = a.code and a.area_type <> 'county'
where i.is_high_value_from_grant or i.kept_years_end_on is not null
