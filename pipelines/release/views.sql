-- Friendly views of a release, for people who type SQL. Every statement stands alone; the tables lie in `marts`.
create view scoreboard as
select
    c.name_zh as campaign, i.name_zh as target, p.light, p.value, i.comparator, p.target_value, i.unit,
    p.achieved_share, p.elapsed_share, p.status, n.gap_per_month, f.forecast, f.backtest_error, p.period, i.lead_unit,
    i.binding, i.caveat, p.target_id
from marts.indicator_progress as p
inner join marts.indicator as i on p.target_id = i.target_id
inner join marts.campaign as c on p.target_id = c.target_id
left join marts.indicator_need as n
    on p.target_id = n.target_id and p.period = n.period and n.breakdown = 'county'
left join marts.indicator_forecast as f on p.target_id = f.target_id and p.period = f.period
qualify row_number() over (partition by p.target_id order by p.period desc) = 1
order by c.sort_order, p.target_id;
comment on view scoreboard is '目标进度：每个目标最近一期 / Every target at its latest month, by campaign';

create view latest as
select v.indicator_id, i.name_zh, v.value, i.unit, v.period, v.rolling12_value, v.coverage
from marts.indicator_value as v
inner join marts.indicator as i on v.indicator_id = i.target_id
where v.breakdown = 'county' and v.value is not null
qualify row_number() over (partition by v.indicator_id order by v.period desc) = 1
order by v.indicator_id;
comment on view latest is '全县各指标最近已知数值 / The latest known county value of every indicator';

create view by_town as
select v.indicator_id, v.period, d.name_zh as town, v.value, r.rank, v.n_enterprises, v.breakdown_code as town_code
from marts.indicator_value as v
inner join marts.dimension as d on v.breakdown = d.breakdown and v.breakdown_code = d.breakdown_code
left join marts.area_ranking as r
    on v.indicator_id = r.indicator_id and v.period = r.period
    and v.breakdown = r.breakdown and v.breakdown_code = r.breakdown_code
where v.breakdown = 'town'
order by v.indicator_id, v.period, v.breakdown_code;
comment on view by_town is '乡镇数值与名次 / Values of the towns with their names and ranks';

create view by_industry as
select v.indicator_id, v.period, d.name_zh as division, v.value, v.n_enterprises, v.breakdown_code as division_code
from marts.indicator_value as v
inner join marts.dimension as d on v.breakdown = d.breakdown and v.breakdown_code = d.breakdown_code
where v.breakdown = 'industry'
order by v.indicator_id, v.period, v.breakdown_code;
comment on view by_industry is '行业大类数值 / Values of the industry divisions with their names';

-- Twelve hexadecimal digits that name a figure: of what it is alone, so the same in every release.
create macro passport_id(indicator_id, period, breakdown, breakdown_code) as
substr(sha256(concat_ws('|', indicator_id, period, breakdown, breakdown_code)), 1, 12);
comment on macro passport_id is '数字护照编号 / Id of a figure, the name of its passport';
