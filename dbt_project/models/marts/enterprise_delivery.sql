{#- Where the rows of an enterprise came from: its accepted rows in the deliveries in force, one row an enterprise, source
    and year of the files, with the periods of those files (source and period name one file of audit.delivery). -#}
{%- set sources = [
    'register', 'industry', 'rd', 'tax', 'electricity', 'fuel', 'land', 'title', 'remediation', 'achievement', 'patent'
] -%}
with

held as (
    {%- for source in sources %}
    select enterprise_code, delivery_id, count(*) as n_rows
    from {{ ref('stg_' ~ source) }}
    where enterprise_code is not null
    group by enterprise_code, delivery_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

dated as (
    select
        h.enterprise_code,
        d.source,
        -- a list that was pulled carries no date
        coalesce(d.period, '') as period,
        h.n_rows
    from held as h
    inner join {{ ref('stg_delivery') }} as d on h.delivery_id = d.delivery_id
)

select
    cast(enterprise_code as string) as credit_code,
    cast(source as string) as source,
    cast(substr(period, 1, 4) as string) as year,
    cast(count(*) as integer) as n_files,
    cast(sum(n_rows) as integer) as n_rows,
    cast({{ joined_sorted('period', ';') }} as string) as periods
from dated
group by enterprise_code, source, substr(period, 1, 4)
