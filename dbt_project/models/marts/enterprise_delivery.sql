{#- Where the rows of an enterprise came from: its accepted rows in the deliveries in force, one row an enterprise, source
    and year of the files, with the periods of those files (source and period name one file of audit.delivery). -#}
{%- set sources = [
    'register', 'industry', 'rd', 'tax', 'electricity', 'fuel', 'land', 'title', 'remediation', 'achievement', 'patent'
] -%}
{#- One source after the other: the lists of periods of all of them together do not fit into memory in a nation. -#}
{%- for source in sources %}
select
    cast(s.enterprise_code as string) as credit_code,
    cast(d.source as string) as source,
    -- a list that was pulled carries no date
    cast(substr(coalesce(d.period, ''), 1, 4) as string) as year,
    cast(count(*) as integer) as n_files,
    cast(sum(s.n_rows) as integer) as n_rows,
    cast({{ joined_sorted("coalesce(d.period, '')", ';') }} as string) as periods
from (
    select enterprise_code, delivery_id, count(*) as n_rows
    from {{ ref('stg_' ~ source) }}
    where enterprise_code is not null
    group by enterprise_code, delivery_id
) as s
inner join {{ ref('stg_delivery') }} as d on s.delivery_id = d.delivery_id
group by s.enterprise_code, d.source, substr(coalesce(d.period, ''), 1, 4)
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
