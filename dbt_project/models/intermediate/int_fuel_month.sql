{#- Fuels of an enterprise, year to date. Where it has accepted rows in the year but none for a month whose file is in
    force, each fuel is interpolated linearly in the month number between the nearest accepted months ((0, 0) stands at
    month 0); after the last accepted month k it is YTD(k) x m / k. -#}
with

accepted as (
    select
        s.*,
        p.year,
        p.month
    from {{ ref('stg_fuel') }} as s
    inner join {{ ref('int_period') }} as p on s.period = p.period
),

enterprise_years as (
    select enterprise_code, year, count(*) as n_months
    from accepted
    group by enterprise_code, year
),

files as (
    select year, month, period, count(*) over (partition by year) as n_files
    from {{ ref('int_period') }}
    where has_fuel_file
),

gaps as (
    select e.enterprise_code, e.year, f.month, f.period
    from enterprise_years as e
    inner join files as f on e.year = f.year and e.n_months < f.n_files
    left join accepted as a on e.enterprise_code = a.enterprise_code and f.period = a.period
    where a.enterprise_code is null
),

neighbours as (
    select
        g.enterprise_code,
        g.year,
        g.month,
        g.period,
        max(case when a.month < g.month then a.month end) as month_before,
        min(case when a.month > g.month then a.month end) as month_after
    from gaps as g
    inner join accepted as a on g.enterprise_code = a.enterprise_code and g.year = a.year
    group by g.enterprise_code, g.year, g.month, g.period
),

estimated as (
    select
        n.enterprise_code,
        n.period,
        {%- for column in fuel_columns() %}
        case
            when coalesce(b.{{ column }}, a.{{ column }}) is null then null
            when n.month_after is null
                then {{ decimal_of('cast(b.' ~ column ~ ' as double) * n.month / n.month_before', 'decimal(18, 8)') }}
            else {{ decimal_of(
                'cast(coalesce(b.' ~ column ~ ', 0) as double)'
                ~ ' + cast(coalesce(a.' ~ column ~ ', 0) - coalesce(b.' ~ column ~ ', 0) as double)'
                ~ ' * (n.month - coalesce(n.month_before, 0)) / (n.month_after - coalesce(n.month_before, 0))',
                'decimal(18, 8)'
            ) }}
        end as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from neighbours as n
    left join accepted as b
        on n.enterprise_code = b.enterprise_code and n.year = b.year and n.month_before = b.month
    left join accepted as a
        on n.enterprise_code = a.enterprise_code and n.year = a.year and n.month_after = a.month
)

select
    enterprise_code,
    period,
    {{ fuel_columns() | join(',\n    ') }},
    false as is_estimated
from accepted
where enterprise_code is not null
union all
select
    enterprise_code,
    period,
    {{ fuel_columns() | join(',\n    ') }},
    true as is_estimated
from estimated
where enterprise_code is not null
