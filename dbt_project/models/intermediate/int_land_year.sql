{#- Land of an enterprise in a year: own + leased in - leased out; 0 or less is unknown. Old parks count own land. -#}
with

parcels as (
    select
        *,
        tenure = '自有' and old_park is not null as is_old_park
    from {{ ref('stg_land') }}
)

select
    enterprise_code,
    year,
    case when
        sum(case when tenure = '租出' then -area_mu else area_mu end) > 0
        then cast(sum(case when tenure = '租出' then -area_mu else area_mu end) as decimal(18, 8))
    end as land_in_use_mu,
    cast(sum(case when is_old_park then area_mu end) as decimal(18, 8)) as old_park_land_mu,
    cast(sum(case when is_old_park then area_m2 end) as decimal(18, 8)) as old_park_site_area_m2,
    cast(sum(case when is_old_park then floor_area_m2 end) as decimal(18, 8)) as old_park_floor_area_m2
from parcels
where enterprise_code is not null
group by enterprise_code, year
