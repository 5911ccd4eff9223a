-- The public tables, from internal.duckdb (attached as `internal`) and what disclosure control decided: `status`
-- (KEY, conf_status of hidden rows) and `rolling` (KEY of free rows whose rolling value is hidden). One statement a
-- table; the tables appear in `marts` as they are ordered here.

-- what a target is judged on is hidden with its row, and where it is a rolling value, with that
create temp table judged as
select * from status
union all
select r.*, 'D' as conf_status
from rolling as r
semi join internal.marts.indicator_value as v
    on r.indicator_id = v.indicator_id and v.rolling12_value is not null;

create table marts.indicator as select * from internal.marts.indicator order by target_id;

create table marts.campaign as select * from internal.marts.campaign order by target_id;

create table marts.dimension as select * from internal.marts.dimension order by breakdown, breakdown_code;

create table marts.indicator_value as
select v.* replace (
    case when s.conf_status is null then v.value end as value,
    case when s.conf_status is null then v.numerator end as numerator,
    case when s.conf_status is null then v.denominator end as denominator,
    case when s.conf_status is null then v.coverage end as coverage,
    case when s.conf_status is null then v.coverage_weighted end as coverage_weighted,
    case when s.conf_status is null then v.estimated_share end as estimated_share,
    case when s.conf_status is null and r.indicator_id is null then v.rolling12_value end as rolling12_value,
    case when s.conf_status is null then v.n_enterprises end as n_enterprises
), coalesce(s.conf_status, 'F') as conf_status
from internal.marts.indicator_value as v
left join status as s using (indicator_id, period, breakdown, breakdown_code)
left join rolling as r using (indicator_id, period, breakdown, breakdown_code)
order by indicator_id, period, breakdown, breakdown_code;

-- a status, a light and a share of the target would each bound the figure
create temp table judged_progress as
select p.target_id, p.period, p.breakdown, p.breakdown_code, coalesce(j.conf_status, b.conf_status) as conf_status
from (
    select target_id, period, 'county' as breakdown, (
        select breakdown_code from internal.marts.dimension where breakdown = 'county'
    ) as breakdown_code, baseline
    from internal.marts.indicator_progress
    union all
    select target_id, period, breakdown, breakdown_code, baseline from internal.marts.area_progress
) as p
left join judged as j
    on p.target_id = j.indicator_id and p.period = j.period and p.breakdown = j.breakdown
    and p.breakdown_code = j.breakdown_code
left join judged as b
    on p.target_id = b.indicator_id and b.period = (select baseline_year from plan) || '-12'
    and p.baseline is not null and p.breakdown = b.breakdown and p.breakdown_code = b.breakdown_code
where coalesce(j.conf_status, b.conf_status) is not null;

create table marts.indicator_progress as
select p.* replace (
    case when j.conf_status is null then p.value end as value,
    case when j.conf_status is null then p.baseline end as baseline,
    case when j.conf_status is null then p.achieved_share end as achieved_share,
    case when j.conf_status is null then p.status end as status,
    case when j.conf_status is null then p.light end as light
), coalesce(j.conf_status, 'F') as conf_status
from internal.marts.indicator_progress as p
left join judged_progress as j
    on p.target_id = j.target_id and p.period = j.period and j.breakdown = 'county'
order by p.target_id, p.period;

create table marts.area_progress as
select p.* replace (
    case when j.conf_status is null then p.value end as value,
    case when j.conf_status is null then p.baseline end as baseline,
    case when j.conf_status is null then p.achieved_share end as achieved_share,
    case when j.conf_status is null then p.status end as status,
    case when j.conf_status is null then p.light end as light
), coalesce(j.conf_status, 'F') as conf_status
from internal.marts.area_progress as p
left join judged_progress as j using (target_id, period, breakdown, breakdown_code)
order by target_id, period, breakdown, breakdown_code;

-- a place is withheld from the whole list where a hidden area holds one: the gap would bound its figure
create temp table closed_list as
select distinct r.indicator_id, r.period, r.breakdown
from internal.marts.area_ranking as r
semi join status as s using (indicator_id, period, breakdown, breakdown_code)
where r.rank is not null;

create table marts.area_ranking as
select r.* replace (
    case
        when s.conf_status is not null then null
        when r.indicator_id = 'composite' and c.period is not null then null
        else r.value
    end as value,
    case when s.conf_status is null and c.period is null then r.rank end as rank,
    case when s.conf_status is null and c.period is null then r.score end as score
), coalesce(s.conf_status, case when r.indicator_id = 'composite' and c.period is not null then 'D' end, 'F')
    as conf_status
from internal.marts.area_ranking as r
left join status as s using (indicator_id, period, breakdown, breakdown_code)
left join (
    select * from closed_list
    union
    select 'composite' as indicator_id, period, breakdown from closed_list
) as c using (indicator_id, period, breakdown)
order by indicator_id, period, breakdown, breakdown_code;

-- only targets that are not met have a row here: a row of a hidden figure would say so
create table marts.indicator_need as
select n.*, 'F' as conf_status
from internal.marts.indicator_need as n
anti join judged_progress as j using (target_id, period, breakdown, breakdown_code)
order by target_id, period, breakdown, breakdown_code;

create table marts.indicator_forecast as
select f.*, 'F' as conf_status
from internal.marts.indicator_forecast as f
anti join judged as j on f.target_id = j.indicator_id and j.breakdown = 'county' and j.period <= f.period
anti join judged_progress as p on f.target_id = p.target_id and f.period = p.period and p.breakdown = 'county'
order by target_id;

create table marts.official_value as
select o.* replace (
    case when s.conf_status is null then o.computed_value end as computed_value,
    case when s.conf_status is null then o.difference end as difference
), coalesce(s.conf_status, 'F') as conf_status
from internal.marts.official_value as o
left join status as s using (indicator_id, period, breakdown, breakdown_code)
order by indicator_id, period, breakdown, breakdown_code;

create table audit.disclosure_audit as
with

row_counts as (
    select
        v.indicator_id,
        substr(v.period, 1, 4) as year,
        v.breakdown,
        count(*) as n_rows,
        count(*) filter (where s.conf_status is null) as n_free,
        count(*) filter (where s.conf_status = 'A') as n_small_count,
        count(*) filter (where s.conf_status in ('O', 'T')) as n_dominance,
        count(*) filter (where s.conf_status = 'D') as n_secondary
    from internal.marts.indicator_value as v
    left join status as s using (indicator_id, period, breakdown, breakdown_code)
    group by all
),

sums as (
    select
        indicator_id,
        substr(period, 1, 4) as year,
        breakdown,
        count(*) as n_sums,
        count(*) filter (where is_already_public) as n_already_public,
        bool_and(is_protected or is_already_public) as is_protected
    from audited
    group by all
)

select
    r.indicator_id,
    r.year,
    r.breakdown,
    cast(r.n_rows as integer) as n_rows,
    cast(r.n_free as integer) as n_free,
    cast(r.n_small_count as integer) as n_small_count,
    cast(r.n_dominance as integer) as n_dominance,
    cast(r.n_secondary as integer) as n_secondary,
    cast(coalesce(c.n_sums, 0) as integer) as n_audited,
    cast(coalesce(c.n_already_public, 0) as integer) as n_already_public,
    coalesce(c.is_protected, true) as is_protected
from row_counts as r
left join sums as c using (indicator_id, year, breakdown)
order by r.indicator_id, r.year, r.breakdown;
