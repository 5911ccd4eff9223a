{#- The above-scale scope: one row an enterprise of that year's register, under its current code. Where the register
    names it under a former and the current code, the row of the current code holds. -#}
with

registered as (
    select *
    from {{ ref('stg_register') }}
    qualify row_number() over (
        partition by year, enterprise_code
        order by case when credit_code = enterprise_code then 0 else 1 end nulls last, row_number nulls last
    ) = 1
)

select
    r.enterprise_code,
    r.year,
    r.enterprise_name,
    r.former_names,
    r.former_codes,
    r.industry_code,
    a.code as town_code,
    p.platform_code,
    d.division,
    coalesce(d.is_manufacturing, false) as is_manufacturing,
    r.is_hightech,
    r.is_backbone,
    r.production_started_on,
    l.land_in_use_mu,
    l.old_park_land_mu,
    l.old_park_site_area_m2,
    l.old_park_floor_area_m2,
    rd.rd_expenditure_wan,
    case when rd.has_rd_activity then 1 when not rd.has_rd_activity then 0 end as rd_active,
    case when rd.has_rd_institution then 1 when not rd.has_rd_institution then 0 end as rd_institution,
    case when rd.enterprise_code is not null then 1 end as rd_reported
from registered as r
left join {{ ref('area_alias') }} as alias on r.town_code = alias.alias_code
left join {{ ref('area') }} as a on coalesce(alias.area_code, r.town_code) = a.code and a.area_type <> 'county'
left join {{ ref('platform') }} as p on r.platform = p.delivered_name
left join {{ ref('industry_division') }} as d on substr(r.industry_code, 1, 2) = d.division
left join {{ ref('int_land_year') }} as l on r.enterprise_code = l.enterprise_code and r.year = l.year
left join {{ ref('stg_rd') }} as rd on r.enterprise_code = rd.enterprise_code and r.year = rd.year
