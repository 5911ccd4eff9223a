{#- The campaign (攻坚行动) each registry row belongs to, by its clause. -#}
select
    cast(i.target_id as string) as target_id,
    cast(c.campaign_id as string) as campaign_id,
    cast(c.name_zh as string) as name_zh,
    cast(c.name_en as string) as name_en,
    cast(c.sort_order as integer) as sort_order
from {{ ref('indicator') }} as i
inner join {{ ref('campaign_clause') }} as c on i.clause = c.clause
order by target_id nulls last
