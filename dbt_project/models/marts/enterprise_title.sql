{#- Awards of titles (资质) in the newest list, one row a holder, title and date of award, and how the title stands at the
    data date: not_yet awarded, expired, or held; entering where the first award lies within the year up to it, expiring
    where it ends within the year after it. -#}
with

newest as (
    select max(year) as year from {{ ref('stg_title') }}
),

horizon as (
    select
        max(last_day) as data_date,
        last_day(make_date(year(max(last_day)) - 1, month(max(last_day)), 1)) as year_before,
        last_day(make_date(year(max(last_day)) + 1, month(max(last_day)), 1)) as year_after
    from {{ ref('int_period') }}
    where is_reported
),

award as (
    select
        t.holder,
        t.enterprise_code,
        t.enterprise_name,
        t.title,
        t.awarded_on,
        t.valid_until,
        p.platform_code,
        h.year_before,
        h.data_date,
        h.year_after,
        t.awarded_on <= h.data_date and (t.valid_until is null or t.valid_until >= h.data_date) as is_in_force,
        min(t.awarded_on) over (partition by t.holder, t.title) as first_awarded_on
    from {{ ref('stg_title') }} as t
    inner join newest as n on t.year = n.year
    cross join horizon as h
    left join {{ ref('platform') }} as p on t.platform = p.delivered_name
    -- an award without a title or a date can stand nowhere
    where t.title is not null and t.awarded_on is not null
),

standing as (
    select
        *,
        max(case when is_in_force then 1 else 0 end) over (partition by holder, title) = 1 as is_held,
        -- held without an end where one award in force has none
        max(case when is_in_force then coalesce(valid_until, make_date(9999, 12, 31)) end)
            over (partition by holder, title) as held_until
    from award
),

named as (
    select
        credit_code,
        enterprise_name
    from {{ ref('enterprise_year') }}
    qualify row_number() over (partition by credit_code order by year desc) = 1
)

select
    cast(s.holder as string) as holder,
    cast(s.enterprise_code as string) as credit_code,
    cast(coalesce(n.enterprise_name, s.enterprise_name) as string) as enterprise_name,
    cast(s.title as string) as title,
    cast(l.rung as integer) as rung,
    s.awarded_on,
    s.valid_until,
    s.first_awarded_on,
    cast(s.platform_code as string) as platform_code,
    s.is_in_force,
    s.is_held,
    s.is_held and s.first_awarded_on > s.year_before as is_entering,
    coalesce(s.is_held and s.held_until <= s.year_after, false) as is_expiring,
    case
        when s.is_held then 'held'
        when s.first_awarded_on > s.data_date then 'not_yet'
        else 'expired'
    end as standing
from standing as s
left join named as n on s.enterprise_code = n.credit_code
left join {{ ref('title_ladder') }} as l on s.title = l.title
