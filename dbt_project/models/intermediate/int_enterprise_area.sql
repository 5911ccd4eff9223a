{#- Where an enterprise belongs: town, platform and division of the newest register that names it. Ledgers and lists
    carry areas through it. -#}
select
    enterprise_code,
    town_code,
    platform_code,
    division
from {{ ref('int_enterprise_year') }}
qualify row_number() over (partition by enterprise_code order by year desc) = 1
