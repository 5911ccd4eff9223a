{{ config(materialized='view') }}
{#- Everything that adds up to every figure, each kind of rule in one model with these columns. A published figure sums
    its contributions: of the county those that serve it, of an area those in it. -#}
with

contributions as (
    select * from {{ ref('int_contribution_ratio') }}
    union all
    select * from {{ ref('int_contribution_change') }}
    union all
    select * from {{ ref('int_contribution_project') }}
    union all
    select * from {{ ref('int_contribution_patent') }}
    union all
    select * from {{ ref('int_contribution_title') }}
    union all
    select * from {{ ref('int_contribution_remediation') }}
    union all
    select * from {{ ref('int_contribution_achievement') }}
    union all
    select * from {{ ref('int_contribution_land_money') }}
    union all
    select * from {{ ref('int_contribution_observation') }}
)

select c.*
from contributions as c
inner join {{ ref('int_formula') }} as f on c.indicator_id = f.indicator_id and f.is_published
