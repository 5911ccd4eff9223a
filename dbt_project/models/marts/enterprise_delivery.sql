{#- Where the rows of an enterprise came from: its accepted rows in the deliveries in force, one row an enterprise, source
    and year of the files, with the periods of those files (source and period name one file of audit.delivery). -#}
{%- set sources = [
    'register', 'industry', 'rd', 'tax', 'electricity', 'fuel', 'land', 'title', 'remediation', 'achievement', 'patent'
] -%}
with

-- a list that was pulled carries no date
dated as (
    select
        delivery_id,
        source,
        coalesce(period, '') as period,
        substr(coalesce(period, ''), 1, 4) as year
    from {{ ref('stg_delivery') }}
    where is_in_force
),

-- A bit a file: files of a year are few (a month has one), and sets of them fewer than enterprises, whose lists of
-- periods do not fit into memory in a nation.
file as (
    select
        *,
        cast(pow(2, row_number() over (partition by source, year order by period nulls last) - 1) as bigint) as bit
    from dated
),

standing as (
    {%- for source in sources %}
    select
        s.enterprise_code,
        f.source,
        f.year,
        count(*) as n_rows,
        bit_or(f.bit) as files
    from {{ ref('stg_' ~ source) }} as s
    inner join file as f on s.delivery_id = f.delivery_id
    where s.enterprise_code is not null
    group by s.enterprise_code, f.source, f.year
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

named as (
    select
        s.source,
        s.year,
        s.files,
        count(*) as n_files,
        {{ joined_sorted('f.period', ';') }} as periods
    from (select distinct source, year, files from standing) as s
    inner join file as f on s.source = f.source and s.year = f.year and (s.files & f.bit) <> 0
    group by s.source, s.year, s.files
)

select
    cast(s.enterprise_code as string) as credit_code,
    cast(s.source as string) as source,
    cast(s.year as string) as year,
    cast(n.n_files as integer) as n_files,
    cast(s.n_rows as integer) as n_rows,
    cast(n.periods as string) as periods
from standing as s
inner join named as n on s.source = n.source and s.year = n.year and s.files = n.files
