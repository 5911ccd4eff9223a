{#- Every code of a breakdown with its names. -#}
with

code as (
    select
        case area_type when 'county' then 'county' else 'town' end as breakdown,
        code as breakdown_code,
        name_zh,
        name_en
    from {{ ref('area') }}
    union all
    select 'platform' as breakdown, platform_code as breakdown_code, name_zh, name_en from {{ ref('platform') }}
    union all
    select 'industry' as breakdown, division as breakdown_code, name_zh, name_en from {{ ref('industry_division') }}
)

select
    cast(breakdown as string) as breakdown,
    cast(breakdown_code as string) as breakdown_code,
    cast(name_zh as string) as name_zh,
    cast(name_en as string) as name_en
from code
